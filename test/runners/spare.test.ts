import { realpath, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { type SpareSpec, Spares } from '../../src/runners/javascript/spares.ts';
import { vitestFolder, writeProject } from '../rig/sample-project.ts';
import { scratch } from '../rig/scratch.ts';
import { edits, openPlay, shop, spareOf } from './spare-law.ts';
import { sampleEnv } from './vitest-sample.ts';

const errand = () => ({ args: ['--version'], env: {}, timeoutMs: 60_000, signal: new AbortController().signal });

async function place(name: string): Promise<{ spares: Spares; spec: SpareSpec }> {
  const root = await writeProject(join(await scratch(name), 'project'), {});
  const executable = join(await realpath(vitestFolder(5)), 'vitest.mjs');
  const spares = new Spares();
  onTestFinished(() => spares.close());
  const script = fileURLToPath(new URL('../../src/runners/vitest/spare.mjs', import.meta.url));
  const args = [script, join(dirname(executable), 'dist', 'node.js'), executable];
  return { spares, spec: { executable, command: process.execPath, args, cwd: root, env: sampleEnv } };
}

test('VERIFY-8: a spare has read nothing of the project when it is sent', async () => {
  const play = await openPlay(await scratch('spare-law'));
  onTestFinished(() => play.project.runner.close());
  for (const name of ['a configuration that turns everything red', 'an import of what is gone']) {
    await play.compare(edits[name] ?? {});
  }
});

test('a spare is used once, has no input, and is not the one that tests were not prepared for', async () => {
  const { spares, spec } = await place('spare-once');
  expect(spares.send(spec, errand())).toBeUndefined();
  spares.prepare(spec);
  expect(await spares.send(spec, errand())).toMatchObject({ end: { kind: 'exited', code: 0 }, stdout: /^vitest\/5/ });
  expect(spares.send(spec, errand())).toBeUndefined();
});

test('as many spares are kept as runs are expected, and no more', async () => {
  const { spares, spec } = await place('spare-two');
  spares.prepare(spec);
  spares.prepare(spec, 2);
  spares.prepare(spec, 2);
  const sent = [spares.send(spec, errand()), spares.send(spec, errand())];
  for (const result of await Promise.all(sent)) expect(result).toMatchObject({ end: { kind: 'exited', code: 0 } });
  expect(spares.send(spec, errand())).toBeUndefined();
});

test('a spare is not used under another environment, nor after packages were installed', async () => {
  const { spares, spec } = await place('spare-stale');
  spares.prepare(spec);
  expect(spares.send({ ...spec, env: { ...sampleEnv, MODE: 'other' } }, errand())).toBeUndefined();
  const installed = await writeProject(join(await scratch('spare-installed'), 'project'), {
    'node_modules/vitest-copy/vitest.mjs': '',
    'node_modules/vitest-copy/package.json': '{}',
    'node_modules/.package-lock.json': '{}',
  });
  const copy = { ...spec, executable: join(installed, 'node_modules', 'vitest-copy', 'vitest.mjs') };
  spares.prepare(copy);
  await writeFile(join(installed, 'node_modules', '.package-lock.json'), '{"packages":{}}');
  expect(spares.send(copy, errand())).toBeUndefined();
});

test('code of the project that Node runs before anything else keeps a spare from being started', async () => {
  const { spares, spec } = await place('spare-options');
  const eager = { ...spec, env: { ...sampleEnv, NODE_OPTIONS: '--import ./register.mjs' } };
  spares.prepare(eager);
  expect(spares.send(eager, errand())).toBeUndefined();
});

test('the time limit and a cancel hold for a spare, too', async () => {
  const { spares, spec } = await place('spare-limits');
  spares.prepare(spec);
  expect(await spares.send(spec, { ...errand(), timeoutMs: 1 })).toMatchObject({
    end: { kind: 'timed-out', limit: 'total', afterMs: 1 },
  });
  spares.prepare(spec);
  const stop = new AbortController();
  const sent = spares.send(spec, { ...errand(), signal: stop.signal });
  stop.abort('enough');
  expect(await sent).toMatchObject({ end: { kind: 'cancelled', reason: 'enough' } });
});

test('F17: an errand that was done while its caller was frozen beyond the limit is done', async () => {
  const { spares, spec } = await place('spare-frozen');
  spares.prepare(spec);
  await spareOf(spec.cwd);
  const sent = spares.send(spec, { ...errand(), timeoutMs: 500 });
  // As if by SIGSTOP.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_000);
  expect(await sent).toMatchObject({ end: { kind: 'exited', code: 0 } });
});

test('a spare that was killed while it waited costs a run nothing but time', async () => {
  const play = await openPlay(await scratch('spare-killed'), {
    'vitest.config.js': shop['vitest.config.js'] ?? '',
    'a.test.js': shop['test/kept.test.js'] ?? '',
  });
  onTestFinished(() => play.project.runner.close());
  play.project.runner.prepare({ root: play.project.root, env: sampleEnv });
  process.kill(await spareOf(play.project.root), 'SIGKILL');
  expect(await play.project.run()).toMatchObject({ kind: 'report' });
});
