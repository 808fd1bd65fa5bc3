import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { detectRunner } from '../../src/runners/detect.ts';
import { writeProject } from '../rig/sample-project.ts';
import { scratch } from '../rig/scratch.ts';
import { sampleEnv } from './vitest-sample.ts';

/** What a test sees of its process. */
interface Seen {
  readonly argv: readonly string[];
  readonly execArgv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly umask: number;
  /** Vitest puts its own in the place of this. */
  readonly emit: string;
  readonly pid: number;
}

const tell = `
import { writeFileSync } from 'node:fs';
import { test } from 'vitest';
test('tells', () => {
  const { argv, execArgv, env, pid } = process;
  const [cwd, umask, emit] = [process.cwd(), process.umask(), String(process.emit)];
  writeFileSync(env.TELL, JSON.stringify({ argv, execArgv, env: { ...env }, cwd, umask, emit, pid }));
});
`;
/** The processes that were started ahead in a folder. */
function waitingIn(root: string): number[] {
  const found = readdirSync('/proc').filter((pid) => {
    try {
      return (
        readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('fork-boot.mjs') &&
        readlinkSync(`/proc/${pid}/cwd`) === root
      );
    } catch {
      return false;
    }
  });
  return found.map(Number);
}

async function open(name: string, settings: string, more: Readonly<Record<string, string>> = {}) {
  const folder = await scratch(name);
  const root = await writeProject(join(folder, 'project'), {
    'tell.test.js': tell,
    'vitest.config.js': `export default { test: ${settings} };`,
    ...more,
  });
  const file = join(folder, 'told.json');
  const env = { ...sampleEnv, TELL: file };
  const found = await detectRunner({ root, env });
  if (found.kind !== 'found') throw new Error(found.reason);
  const { runner } = found;
  onTestFinished(() => runner.close());
  const reportFolder = join(folder, 'report');
  await mkdir(reportFolder);
  const request = { root, env, reportFolder, timeoutMs: 60_000, signal: new AbortController().signal };
  const run = async (): Promise<{ seen: Seen; isAhead: boolean }> => {
    await writeFile(file, '');
    const ahead = waitingIn(root);
    const outcome = await runner.run({ ...request, scope: { kind: 'all' } });
    expect(outcome).toMatchObject({ kind: 'report', report: { tests: [{ status: 'passed' }] } });
    const seen: Seen = JSON.parse(await readFile(file, 'utf8'));
    return { seen, isAhead: ahead.includes(seen.pid) };
  };
  const prepare = (): void => runner.prepare(request, 1);
  const prepared = async (): Promise<void> => {
    prepare();
    await vi.waitFor(() => expect(waitingIn(root)).toHaveLength(2), { timeout: 20_000 });
  };
  return { run, prepare, prepared };
}

const essence = ({ pid: _pid, env, ...seen }: Seen) => {
  const { MENDWATCH_MARKER: _, ...rest } = env;
  return { ...seen, env: Object.fromEntries(Object.entries(rest).sort()) };
};

test('VERIFY-8: a process for test files that was started ahead is seen by a test as any other', async () => {
  const { run, prepared } = await open('forks-same', '{}');
  const later = await run();
  await prepared();
  const earlier = await run();
  expect([later.isAhead, earlier.isAhead]).toEqual([false, true]);
  expect(essence(earlier.seen)).toEqual(essence(later.seen));
  // Once used, it is gone: the next one is new again.
  expect((await run()).isAhead).toBe(false);
});

test('where the project gives its tests an environment of their own, none that was started ahead is used', async () => {
  const { run, prepared } = await open('forks-env', `{ env: { TZ: 'Asia/Tokyo' } }`);
  const later = await run();
  await prepared();
  const earlier = await run();
  expect([later.isAhead, earlier.isAhead, earlier.seen.env.TZ]).toEqual([false, false, 'Asia/Tokyo']);
  expect(essence(earlier.seen)).toEqual(essence(later.seen));
});

test('a folder and a mask for new files that the project sets are those of its tests', async () => {
  const setUp = 'export default () => { process.chdir("/"); process.umask(0o077); };';
  const { run, prepared } = await open('forks-place', `{ globalSetup: './set-up.js' }`, { 'set-up.js': setUp });
  const later = await run();
  await prepared();
  const earlier = await run();
  expect([later.isAhead, earlier.isAhead, earlier.seen.cwd, earlier.seen.umask]).toEqual([false, true, '/', 0o077]);
  expect(essence(earlier.seen)).toEqual(essence(later.seen));
});

test('with threads none is started ahead', async () => {
  const { run, prepare } = await open('forks-threads', `{ pool: 'threads' }`);
  const later = await run();
  prepare();
  expect(essence((await run()).seen)).toEqual(essence(later.seen));
});
