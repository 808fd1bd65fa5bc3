import { mkdirSync, readFileSync, renameSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Workspace } from '../../src/workspace/types.ts';
import { runGit, writeFiles } from '../workspace/rig.ts';
import { start, until, withSnapshot } from './scene.ts';

describe('a watcher tells', () => {
  test('WATCH-2: a save, a new file, a deletion and a save by rename within the quiet period, as one batch', async () => {
    const debounce = { quietMs: 500, maxWaitMs: 20_000, maxPaths: 1_000 };
    const { root, write, remove, next, watcher, faults } = await start({ debounce });
    write({ 'src/a.ts': 'a2', 'src/new/d.ts': 'd', 'src/deep/c.ts.tmp': 'c2' });
    renameSync(join(root, 'src/deep/c.ts.tmp'), join(root, 'src/deep/c.ts'));
    remove('src/b.ts');
    expect(await next()).toEqual(['src/a.ts', 'src/b.ts', 'src/deep/c.ts', 'src/new/d.ts']);
    await watcher.reconcile();
    expect([watcher.healthy, faults]).toEqual([true, []]);
  });

  test('WATCH-4: the way back to earlier bytes, each step of it', async () => {
    const { write, next } = await start();
    for (const text of ['a2', 'a', 'a2', 'a']) {
      write({ 'src/a.ts': text });
      expect(await next()).toEqual(['src/a.ts']);
    }
  });

  test('a file that was deleted and is there again, with the same bytes', async () => {
    const { write, remove, next } = await start();
    remove('src/a.ts');
    expect(await next()).toEqual(['src/a.ts']);
    write({ 'src/a.ts': 'a' });
    expect(await next()).toEqual(['src/a.ts']);
  });

  test('a folder with everything in it', async () => {
    const { remove, untilNow } = await start();
    remove('src/deep');
    expect(await untilNow()).toEqual(['src/deep/c.ts']);
  });

  test('F1: at the start, what differs from the tree that was triaged last', async () => {
    const since = async (workspace: Workspace): Promise<string> => {
      const { tree } = await workspace.snapshot();
      writeFileSync(join(workspace.root, 'src/a.ts'), 'changed while nobody watched');
      return tree;
    };
    const { batches, untilNow } = await start({ since });
    expect(batches).toEqual([['src/a.ts']]);
    expect(await untilNow()).toEqual(['src/a.ts']);
  });

  test('what changed between the first snapshot and the moment when everything is watched', async () => {
    let isFirst = true;
    const around = (workspace: Workspace): Workspace =>
      withSnapshot(workspace, async (paths) => {
        const snapshot = await workspace.snapshot(paths);
        if (isFirst) writeFileSync(join(workspace.root, 'src/a.ts'), 'just now');
        isFirst = false;
        return snapshot;
      });
    const { batches } = await start({ around });
    expect(batches).toEqual([['src/a.ts']]);
  });

  test('F18: what came without any event, when the tree itself is asked', async () => {
    const { write, remove, watcher, batches } = await start({
      watchPaths: ['.'],
      debounce: { quietMs: 600_000, maxWaitMs: 600_000, maxPaths: 100_000 },
    });
    write({ 'src/a.ts': 'a2' });
    await watcher.reconcile();
    write({ 'src/a.ts': 'a' });
    await watcher.reconcile();
    remove('README.md');
    await watcher.reconcile();
    await watcher.reconcile();
    expect(batches).toEqual([['src/a.ts'], ['src/a.ts'], ['README.md']]);
  });

  test('QUEUE-2 F13: a batch that could not be kept, again with the next one', async () => {
    const kept: string[][] = [];
    let isDiskFull = true;
    const { write, watcher, faults } = await start({
      onBatch: async ({ files }) => {
        if (isDiskFull) throw new Error('no space left');
        kept.push([...files].sort());
      },
    });
    write({ 'src/a.ts': 'a2' });
    await until(() => faults.length > 0);
    write({ 'src/b.ts': 'b2' });
    await until(() => faults.length > 1);
    isDiskFull = false;
    await watcher.reconcile();
    expect([kept, faults[0]]).toEqual([[['src/a.ts', 'src/b.ts']], 'no space left.']);
    await watcher.reconcile();
    expect(kept).toHaveLength(1);
  });

  test('WATCH-6: a change although the workspace failed in between, and the fault', async () => {
    let faults = 0;
    const around = (workspace: Workspace): Workspace =>
      withSnapshot(workspace, (paths) =>
        paths !== undefined && faults++ === 0
          ? Promise.reject(new Error('git is not well'))
          : workspace.snapshot(paths),
      );
    const scene = await start({ around });
    scene.write({ 'src/a.ts': 'a2', 'src/new.ts': 'n' });
    expect(await scene.next()).toEqual(['src/a.ts']);
    await until(() => scene.faults.length > 0);
    expect(scene.faults).toEqual(['git is not well.']);
    await scene.watcher.reconcile();
    expect(await scene.next()).toEqual(['src/new.ts']);
  });
});

describe('a watcher does not tell', () => {
  test('WATCH-4 F21: what the agent writes itself', async () => {
    const { workspace, watcher, write, remove, untilNow } = await start();
    const noted = (path: string, text: string): void => {
      watcher.seen.note(path, workspace.blobId(Buffer.from(text)));
      write({ [path]: text });
    };
    noted('src/a.ts', 'fixed');
    noted('src/added.ts', 'by the patch');
    watcher.seen.note('src/b.ts', undefined);
    remove('src/b.ts');
    expect(await untilNow()).toEqual([]);
    await watcher.reconcile();
    // The person’s next save of the same file is theirs.
    write({ 'src/a.ts': 'fixed by hand' });
    expect(await untilNow()).toEqual(['src/a.ts']);
  });

  test('WATCH-4: a touch, a save without a change, a change that was taken back at once', async () => {
    const { root, write, untilNow } = await start();
    utimesSync(join(root, 'src/a.ts'), new Date(), new Date());
    write({ 'src/b.ts': readFileSync(join(root, 'src/b.ts')) });
    write({ 'src/deep/c.ts': 'other' });
    write({ 'src/deep/c.ts': 'c' });
    expect(await untilNow()).toEqual([]);
  });

  test('F19: what the ignore rules exclude, whether it was there at the start or not', async () => {
    const { write, untilNow, git, watcher } = await start({ git: true });
    write({ 'dist/out.js': 'x', 'src/debug.log': 'x', 'node_modules/x/index.js': 'x', 'src/node_modules/y.js': 'x' });
    git('commit', '-q', '--allow-empty', '-m', 'nothing');
    expect(await untilNow()).toEqual([]);
    write({ 'dist/out.js': 'y', 'src/debug.log': 'y' });
    expect(await untilNow()).toEqual([]);
    await watcher.reconcile();
    expect(await untilNow()).toEqual([]);
  });

  test('F27: what happens in another repository inside of this one, until that is none any more', async () => {
    let stirs = 0;
    const { write, remove, untilNow, watcher, skipped, next } = await start({
      git: true,
      onStir: () => stirs++,
      since: async (workspace) => {
        const inner = join(workspace.root, 'src/inner');
        writeFiles(inner, { 'x.ts': 'x' });
        runGit(inner, { PATH: process.env.PATH ?? '' }, ['init', '-q']);
        return (await workspace.snapshot()).tree;
      },
    });
    expect(skipped).toEqual([{ path: 'src/inner', reason: 'nested repository' }]);
    write({ 'src/inner/x.ts': 'changed', 'src/inner/deep/y.ts': 'y' });
    await watcher.reconcile();
    expect(stirs).toBe(0);
    expect(await untilNow()).toEqual([]);
    remove('src/inner/.git');
    await watcher.reconcile();
    expect(await next()).toEqual(['src/inner/deep/y.ts', 'src/inner/x.ts']);
  });

  test('WATCH-4: the agent’s own folders, wherever they are', async () => {
    const own = ['state/runs', 'state/state.json', 'src/logs'];
    const { write, untilNow, watcher } = await start({
      agentFolders: ({ root }) => own.map((path) => join(root, path)),
    });
    write({ 'state/runs/task_1/report.md': 'x', 'state/state.json': '{}', 'src/logs/agent.log': 'x' });
    expect(await untilNow()).toEqual([]);
    await watcher.reconcile();
    write({ 'state/runs/task_1/report.md': 'y', 'state/state.json': '{ }' });
    expect(await untilNow()).toEqual([]);
  });

  test('WATCH-4: what stands beside a file for a moment while it is landed', async () => {
    const { write, untilNow } = await start();
    const name = `src/.mendwatch-${'0'.repeat(16)}`;
    write({ [`${name}-old`]: 'x', [`${name}-new`]: 'x', [name]: 'x' });
    expect(await untilNow()).toEqual([]);
  });

  test('what is outside of the watched paths, also when another change makes it look at everything', async () => {
    const { write, untilNow, watcher } = await start({ watchPaths: ['src'] });
    write({ 'README.md': 'changed', 'test/x.ts': 'new', 'srcs.ts': 'not below src' });
    expect(await untilNow()).toEqual([]);
    await watcher.reconcile();
    expect(await untilNow()).toEqual([]);
    write({ 'src/.gitignore': '*.tmp\n', 'README.md': 'again' });
    expect(await untilNow()).toEqual(['src/.gitignore']);
  });

  test('F29: what lies behind a link, and the link itself only once', async () => {
    const { folder, root, untilNow } = await start();
    const outside = join(folder, 'outside');
    mkdirSync(outside);
    symlinkSync(outside, join(root, 'src/out'));
    symlinkSync('..', join(root, 'src/loop'));
    expect(await untilNow()).toEqual(['src/loop', 'src/out']);
    writeFileSync(join(outside, 'x.ts'), 'x');
    expect(await untilNow()).toEqual([]);
  });

  test('anything once it is closed', async () => {
    const { write, watcher, batches } = await start();
    write({ 'src/a.ts': 'a2' });
    await watcher.close();
    write({ 'src/b.ts': 'b2' });
    await watcher.reconcile();
    await watcher.close();
    expect([batches, watcher.healthy]).toEqual([[], false]);
  });
});

test('WATCH-5: very many files at once are one batch, all of them', async () => {
  const { write, next } = await start({ debounce: { quietMs: 800, maxWaitMs: 20_000, maxPaths: 20_000 } });
  const names = Array.from({ length: 600 }, (_, index) => `src/many/${index % 10}/${index}.ts`);
  write(Object.fromEntries(names.map((name) => [name, name])));
  expect(await next()).toEqual(names.sort());
});
