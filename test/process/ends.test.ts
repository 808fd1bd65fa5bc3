import { chmod, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run, start } from '../../src/process/process.ts';
import { scratch } from '../rig/scratch.ts';
import { bash, isGone, runBash, startBash, until } from './until.ts';

describe('how a process ends', () => {
  test('exited, with its code and both outputs', async () => {
    const result = await runBash('echo out; echo err >&2; exit 7');
    expect(result).toMatchObject({ end: { kind: 'exited', code: 7 }, stdout: 'out\n', stderr: 'err\n' });
    expect(result).toMatchObject({ droppedBytes: 0, reaped: 0, survivors: [] });
  });

  test('signalled, when a stranger ends it', async () => {
    expect((await runBash('kill -USR1 $$')).end).toEqual({ kind: 'signalled', signal: 'SIGUSR1' });
  });

  test('timed out, in total', async () => {
    const result = await runBash('while true; do echo x; sleep 0.02; done', { timeoutMs: 150 });
    expect(result.end).toEqual({ kind: 'timed-out', limit: 'total', afterMs: 150 });
    expect(result.durationMs).toBeGreaterThan(149);
    expect(result.stdout).toMatch(/^x\n/);
  });

  test('F33: timed out, without output, and output puts it off', async () => {
    const result = await runBash('for i in 1 2 3 4 5 6; do echo $i; sleep 0.1; done; sleep 100', {
      idleTimeoutMs: 1_000,
    });
    expect(result.end).toEqual({ kind: 'timed-out', limit: 'idle', afterMs: 1_000 });
    expect(result.stdout).toBe('1\n2\n3\n4\n5\n6\n');
  });

  test('a limit longer than timers take does not fire at once', async () => {
    expect((await runBash('exit 3', { timeoutMs: 2 ** 33, idleTimeoutMs: 2 ** 33 })).end).toEqual({
      kind: 'exited',
      code: 3,
    });
  });

  test('cancelled by its signal', async () => {
    const abort = new AbortController();
    const child = startBash('echo ready; sleep 100', { signal: abort.signal, stdout: { kind: 'stream' } });
    child.stdout?.once('data', () => abort.abort(new Error('the person said stop')));
    expect((await child.result).end).toEqual({ kind: 'cancelled', reason: 'the person said stop' });
  });

  test('cancelled before it started: nothing is spawned', async () => {
    const mark = join(await scratch(), 'mark');
    const child = start(bash(`touch ${mark}`, { signal: AbortSignal.abort('too late') }));
    expect(child.pid).toBeUndefined();
    expect((await child.result).end).toEqual({ kind: 'cancelled', reason: 'too late' });
    expect(await child.cancel('again')).toEqual({ reached: 0, survivors: [] });
  });

  test('the first reason wins', async () => {
    const child = startBash('trap "" TERM; echo ready; while true; do sleep 0.1; done', {
      stdout: { kind: 'stream' },
      graceMs: 300,
      timeoutMs: 400,
    });
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    const [first, second] = [child.cancel('first'), child.cancel('second')];
    expect((await child.result).end).toEqual({ kind: 'cancelled', reason: 'first' });
    expect(await second).toEqual(await first);
  });

  test('an abort after the end changes nothing', async () => {
    const abort = new AbortController();
    const child = startBash('true', { signal: abort.signal });
    const result = await child.result;
    abort.abort();
    expect(result.end).toEqual({ kind: 'exited', code: 0 });
    expect(await child.result).toBe(result);
  });
});

describe('why a process could not start, in plain words', () => {
  const spec = { args: [], cwd: '/', env: { PATH: '/usr/bin:/bin' } };

  test.each([
    [
      'no such program in PATH',
      { ...spec, command: 'no-such-program' },
      'ENOENT',
      /not found in PATH \(\/usr\/bin:\/bin\)/,
    ],
    ['no such path', { ...spec, command: './no/such' }, 'ENOENT', /\.\/no\/such does not exist/],
    [
      'no such folder',
      { ...spec, command: 'true', cwd: '/no/such' },
      'CWD_MISSING',
      /folder \/no\/such.*does not exist/,
    ],
    ['a file as folder', { ...spec, command: 'true', cwd: '/etc/passwd' }, 'CWD_MISSING', /is not a folder/],
    ['a folder as program', { ...spec, command: '/etc' }, 'EACCES', /is a folder/],
    ['too much', { ...spec, command: 'true', args: ['x'.repeat(1 << 20)] }, 'E2BIG', /too long/],
    ['a zero byte', { ...spec, command: 'true', args: ['\0'] }, 'UNKNOWN', /could not be started.*null byte/],
  ])('%s', async (_name, broken, code, message) => {
    const child = start({ ...broken, stdin: 'open', stdout: { kind: 'stream' } });
    expect(child.pid).toBeUndefined();
    child.stdin?.write('lost quietly');
    const { end } = await child.result;
    expect(end).toMatchObject({ kind: 'could-not-start', code, message: expect.stringMatching(message) });
    expect(await child.stdout?.toArray()).toEqual([]);
    expect(await child.pause()).toEqual({ reached: 0, survivors: [] });
  });

  test('no permission, and a missing interpreter', async () => {
    const folder = await scratch();
    const script = join(folder, 'script');
    await writeFile(script, '#!/no/such/interpreter\n');
    expect((await run({ ...spec, command: script })).end).toMatchObject({ code: 'EACCES', message: /no permission/ });
    await chmod(script, 0o755);
    expect((await run({ ...spec, command: script })).end).toMatchObject({ code: 'ENOENT', message: /interpreter/ });
  });

  test('a program is looked up in the PATH that was given, not in this one', async () => {
    const folder = await scratch();
    await symlink('/bin/true', join(folder, 'only-here'));
    expect((await run({ ...spec, command: 'only-here', env: { PATH: folder } })).end).toEqual({
      kind: 'exited',
      code: 0,
    });
  });
});

test('a process that ignores TERM is killed after the grace', async () => {
  const child = startBash('trap "" TERM; echo ready; while true; do sleep 1; done', {
    stdout: { kind: 'stream' },
    graceMs: 200,
  });
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  const report = await child.cancel('enough');
  expect(report.survivors).toEqual([]);
  expect(report.reached).toBeGreaterThanOrEqual(1);
  expect((await child.result).end).toEqual({ kind: 'cancelled', reason: 'enough' });
  expect(isGone(child.pid ?? 0)).toBe(true);
});

test('a process that tidies up on TERM is given the time for it', async () => {
  const mark = join(await scratch(), 'tidied');
  const child = startBash(
    `trap "sleep 0.2; echo 1 >${mark}; exit 0" TERM; echo ready; while true; do sleep 0.05; done`,
    {
      stdout: { kind: 'stream' },
      graceMs: 10_000,
    },
  );
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  await child.cancel('enough');
  await until('it has tidied up', async () => (await runBash(`cat ${mark}`)).stdout === '1\n');
});
