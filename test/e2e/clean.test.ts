import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { findPackageRoot } from '../../src/config/package-root.ts';
import { projectFolderName } from '../../src/config/places.ts';
import { run } from '../../src/process/process.ts';
import { type RealAgent, realAgent } from './real-agent.ts';

const files = { 'a.test.ts': "import { test } from 'vitest';\ntest('a', () => undefined);\n" };
const cacheOf = ({ env, project }: RealAgent): string => join(env.CACHE_DIR ?? '', projectFolderName(project));

async function put(path: string, text = 'text'): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

test('beside a running agent only what is safe; without one the cache goes, and what lasts only with --yes', async () => {
  const on = await realAgent(files, { settings: { SHUTDOWN_GRACE_SECONDS: '0' } });
  const agent = on.launch();
  await agent.said('1 of 1 test green');
  const refused = await on.cli('clean');
  expect(refused).toMatchObject({ end: { kind: 'exited', code: 3 }, stdout: '' });
  expect(refused.stderr).toContain('Nothing was removed, since it is in use.');
  const look = await on.cli('clean', '--dry-run');
  expect(look).toMatchObject({ end: { kind: 'exited', code: 0 } });
  expect(look.stdout).toMatch(/^ {2}lanes +\d+\.?\d* [kM]B$/m);
  expect(look.stdout).toMatch(
    /^Would be removed: lanes, private repository, the rest of the cache \(\d+\.?\d* [kM]B\)\.$/m,
  );
  expect((await on.cli('clean', '--runs', '--yes')).stdout).toContain('Nothing to remove.');
  expect((await on.cli('stop')).end).toEqual({ kind: 'exited', code: 0 });
  await agent.ended;

  await put(join(dirname(on.stateFile), 'runs', 'task_0a1b2c3d', 'report.md'));
  const cleaned = await on.cli('clean', '--json');
  expect(cleaned.end, cleaned.stderr).toEqual({ kind: 'exited', code: 0 });
  const told = JSON.parse(cleaned.stdout);
  expect(told).toMatchObject({ project: on.project, scope: 'cache', dry_run: false, failed: [], left_alone: [] });
  expect(told.freed_bytes).toBeGreaterThan(10_000);
  expect(await readdir(cacheOf(on))).toEqual([]);
  const runs = await on.cli('clean', '--runs');
  expect(runs).toMatchObject({ end: { kind: 'exited', code: 2 } });
  expect(runs.stderr).toContain('cannot be made again');
  expect((await on.cli('clean', '--runs', '--older', '1d', '--yes')).stdout).toContain('Nothing to remove.');
  const removed = await on.cli('clean', '--runs', '--yes');
  expect(removed.stdout).toMatch(/^Removed: runs \(1 task\) \(\d+ kB\)\.$/m);
  expect(existsSync(on.stateFile)).toBe(true);
});

test('what the disk refuses is told, each with the reason; the rest goes, and the exit code is 1', async () => {
  const on = await realAgent(files);
  const cache = cacheOf(on);
  for (const name of ['lanes/fix/a', 'shadow.git/HEAD', 'reports/run-1/r.json']) await put(join(cache, name));
  const script =
    'mount -t tmpfs none "$1/lanes/fix" && touch "$1/lanes/fix/b" && mount -o remount,ro "$1/lanes/fix" && shift && exec "$@"';
  const command = [process.execPath, join(findPackageRoot(), 'automation', 'mendwatch.ts'), 'clean'];
  const { stdout, end } = await run({
    command: 'unshare',
    args: ['-rm', 'sh', '-c', script, 'sh', cache, ...command],
    cwd: on.folder,
    env: on.env,
    timeoutMs: 60_000,
  });
  expect(end, stdout).toEqual({ kind: 'exited', code: 1 });
  expect(stdout).toMatch(
    /Not removed: .*lanes.*: (its disk is read-only \(EROFS\)|it is in use, or a disk is mounted there \(EBUSY\))\./,
  );
  expect(stdout).toMatch(/Freed: \d+ kB\./);
  expect((await readdir(cache)).map((name) => name.replace(/\.gone-\d+$/, ''))).toEqual(['lanes']);
  expect((await on.cli('clean')).end).toEqual({ kind: 'exited', code: 0 });
  expect(await readdir(cache)).toEqual([]);
});
