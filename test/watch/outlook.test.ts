import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { SourceOptions } from '../../src/watch/source.ts';
import { watchTree } from '../../src/watch/watch-tree.ts';
import { hastyClock, start, until } from './scene.ts';

/** Tells nothing; what is found is found by asking the tree. */
const deaf: typeof watchTree = async () => ({ blind: 0, retry: async () => undefined, close: async () => undefined });

/** Sees nothing below the root until `mend` is called. */
function blindUntilMended() {
  let blind = 1;
  let retries = 0;
  const watch = async ({ onFault }: SourceOptions) => {
    onFault(Object.assign(new Error('ENOSPC: System limit for number of file watchers reached'), { code: 'ENOSPC' }));
    return {
      get blind() {
        return blind;
      },
      retry: async () => void retries++,
      close: async () => undefined,
    };
  };
  return {
    watch,
    mend: () => {
      blind = 0;
    },
    retries: () => retries,
  };
}

describe('the tree itself is asked', () => {
  test('F17: after the machine has slept, which only the wall clock knows', async () => {
    let sleptMs = 0;
    const clock = hastyClock({ now: () => Date.now() + sleptMs });
    const { write, next, watcher } = await start({ watch: deaf, clock });
    write({ 'src/a.ts': 'saved while everything slept' });
    sleptMs = 8 * 3_600_000;
    expect(await next()).toEqual(['src/a.ts']);
    expect(watcher.healthy).toBe(true);
  });

  test('F17: after the agent itself was held up', async () => {
    let heldUpMs = 0;
    const clock = hastyClock({
      now: () => Date.now() + heldUpMs,
      monotonic: () => systemClock.monotonic() + heldUpMs,
    });
    const { write, next } = await start({ watch: deaf, clock });
    write({ 'src/a.ts': 'a2' });
    heldUpMs = 30_000;
    expect(await next()).toEqual(['src/a.ts']);
  });

  test('F24: when HEAD moves', async () => {
    const { write, next, commit } = await start({ watch: deaf, clock: hastyClock(), git: true });
    write({ 'src/a.ts': 'a2' });
    commit();
    expect(await next()).toEqual(['src/a.ts']);
  });

  test('every so often, also where no event comes', async () => {
    const { write, next } = await start({ watch: deaf, clock: hastyClock(), reconcileMs: 200 });
    write({ 'src/a.ts': 'a2' });
    expect(await next()).toEqual(['src/a.ts']);
  });
});

describe('WATCH-6: a folder that cannot be watched', () => {
  test('F20: is told with the remedy, polled for, and watched when that is possible again', async () => {
    const source = blindUntilMended();
    let skippedMs = 0;
    const clock = hastyClock({
      now: () => Date.now() + skippedMs,
      monotonic: () => systemClock.monotonic() + skippedMs,
    });
    const scene = await start({ watch: source.watch, clock, pollMs: 300 });
    expect(scene.faults).toHaveLength(1);
    expect(scene.faults[0]).toMatch(/sysctl fs\.inotify\.max_user_watches=\d+.*every 0\.3 s \(WATCH_POLL_SECONDS\)/);
    expect(scene.watcher.healthy).toBe(false);
    scene.write({ 'src/a.ts': 'a2' });
    expect(await scene.next()).toEqual(['src/a.ts']);
    skippedMs = 5_000;
    await until(() => source.retries() === 1);
    source.mend();
    skippedMs = 5_000 + 10_000;
    await until(() => scene.watcher.healthy);
    expect(scene.faults).toHaveLength(1);
  });
});

describe('WATCH-6: a project folder', () => {
  test('that is renamed for a while is one fault and no change, and is watched again when it is back', async () => {
    const { root, folder, write, next, batches, faults, watcher, workspace } = await start({ clock: hastyClock() });
    renameSync(root, join(folder, 'elsewhere'));
    await until(() => faults.length > 0);
    expect(watcher.healthy).toBe(false);
    await expect(workspace.snapshot()).rejects.toThrow(`The folder ${root} is gone.`);
    await watcher.reconcile();
    renameSync(join(folder, 'elsewhere'), root);
    await until(() => watcher.healthy);
    write({ 'src/a.ts': 'a2' });
    expect(await next()).toEqual(['src/a.ts']);
    expect([batches.length, faults]).toEqual([
      1,
      [`The folder ${root} is gone. Nothing is looked at until it is back.`],
    ]);
  });

  test('that is unmounted leaves an empty one, and what changed meanwhile is found when it is back', async () => {
    const { root, folder, next, faults, remove, watcher } = await start({ clock: hastyClock() });
    const away = join(folder, 'elsewhere');
    renameSync(root, away);
    mkdirSync(root);
    await until(() => faults.length > 0);
    writeFileSync(join(away, 'src/a.ts'), 'changed on another machine');
    rmSync(root, { recursive: true });
    renameSync(away, root);
    await until(() => watcher.healthy);
    expect(await next()).toEqual(['src/a.ts']);
    remove('src/b.ts');
    expect(await next()).toEqual(['src/b.ts']);
    expect(faults).toHaveLength(1);
  });
});

test('WATCH-6: a project folder that cannot be watched at once when it is back is tried again', async () => {
  let times = 0;
  const watch: typeof watchTree = (options) =>
    ++times === 2 ? Promise.reject(new Error('not now')) : watchTree(options);
  const { root, folder, write, next, faults, watcher } = await start({ clock: hastyClock(), watch });
  renameSync(root, join(folder, 'elsewhere'));
  await until(() => faults.length > 0);
  renameSync(join(folder, 'elsewhere'), root);
  await until(() => watcher.healthy);
  write({ 'src/a.ts': 'a2' });
  expect(await next()).toEqual(['src/a.ts']);
  expect([times, faults.slice(1)]).toEqual([3, ['not now.']]);
});

test('F15: too many open files is a fault that passes', async () => {
  const { write, next, faults, watcher } = await start({ clock: hastyClock() });
  const taken: number[] = [];
  const giveBack = (): void => {
    for (const file of taken.splice(0)) closeSync(file);
  };
  onTestFinished(giveBack);
  const limited = await limitOpenFiles();
  onTestFinished(limited.lift);
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'));
  } catch {
    // Now there is none left.
  }
  const before = faults.length;
  await watcher.reconcile();
  expect(faults.length).toBeGreaterThan(before);
  expect(watcher.healthy).toBe(false);
  giveBack();
  await limited.lift();
  write({ 'src/a.ts': 'a2' });
  expect(await next()).toEqual(['src/a.ts']);
  expect(watcher.healthy).toBe(true);
});

test('F30: a file of 1 GB is left out and told once, and comes in when it is small', async () => {
  const { root, write, next, skipped, watcher } = await start();
  writeFileSync(join(root, 'src/data.bin'), '');
  truncateSync(join(root, 'src/data.bin'), 2 ** 30);
  write({ 'src/a.ts': 'a2' });
  expect(await next()).toEqual(['src/a.ts']);
  await watcher.reconcile();
  await watcher.reconcile();
  expect(skipped).toEqual([{ path: 'src/data.bin', reason: 'too large' }]);
  truncateSync(join(root, 'src/data.bin'), 10);
  expect(await next()).toEqual(['src/data.bin']);
});

test('a cache that was emptied while nobody watched: everything is looked at again', async () => {
  const since = async () => '0123456789012345678901234567890123456789';
  const { batches } = await start({ since });
  expect(batches).toEqual([['.gitignore', 'README.md', 'src/a.ts', 'src/b.ts', 'src/deep/c.ts']]);
});

async function limitOpenFiles(): Promise<{ lift: () => Promise<void> }> {
  const limit = (text: string) => execFileSync('prlimit', ['--pid', String(process.pid), `--nofile=${text}`]);
  const [before = '1024'] =
    /\d+(?=\s+\d+\s+files)/.exec(
      execFileSync('prlimit', ['--pid', String(process.pid), '--nofile'], { encoding: 'utf8' }),
    ) ?? [];
  limit('256:');
  return { lift: async () => void limit(`${before}:`) };
}
