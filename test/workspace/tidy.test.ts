import { execFileSync } from 'node:child_process';
import { readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createGit } from '../../src/workspace/git.ts';
import { Shadow } from '../../src/workspace/shadow.ts';
import { tidy } from '../../src/workspace/tidy.ts';
import { contents, rig } from './rig.ts';

const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000);

test('QUEUE-5: lanes that no worker uses any more go at a quiet moment, all lanes when there is no room', async () => {
  const project = await rig({ 'a.txt': 'a' });
  const first = await project.open();
  const snapshot = await first.snapshot();
  await Promise.all([1, 2, 3].map((worker) => first.lane('fix', worker).move(snapshot)));
  expect(first.lane('fix')).toBe(first.lane('fix', 1));
  const lanes = (): string[] => readdirSync(join(project.cache, 'lanes')).sort();
  const refs = (): string[] => readdirSync(join(project.cache, 'shadow.git/refs/mendwatch')).sort();
  expect([lanes(), refs()]).toEqual([
    ['fix', 'fix-2', 'fix-3'],
    ['fix', 'fix-2', 'fix-3', 'index', 'last'],
  ]);
  await first.close();
  const workspace = await project.open();
  await workspace.lane('fix', 2).move(await workspace.snapshot());
  await workspace.tidy();
  expect([lanes(), refs()]).toEqual([
    ['fix', 'fix-2'],
    ['fix', 'fix-2', 'index', 'last'],
  ]);
  await workspace.shrink();
  expect(lanes()).toEqual([]);
  const lane = workspace.lane('fix', 3);
  await lane.move(await workspace.snapshot());
  expect(contents(lane.root)).toEqual(contents(project.root));
});

test('what old snapshots left is removed; the last one, the lanes and all of the last day stay', async () => {
  const project = await rig({ 'src/a.txt': 'a', 'b.txt': 'b' });
  const workspace = await project.open();
  const objects = join(project.cache, 'shadow.git/objects');
  const shadow = new Shadow(createGit(project.env, join(project.cache, 'home')), project.cache);
  const looseObjects = () => readdirSync(objects).filter((name) => name.length === 2).length;
  const trees: string[] = [];
  for (let save = 0; save < 12; save++) {
    project.write({ 'src/a.txt': `save ${save}` });
    const snapshot = await workspace.snapshot();
    trees.push(snapshot.tree);
    if (save === 5) await workspace.lane('fix').move(snapshot);
    if (save !== 9) continue;
    for (const folder of readdirSync(objects)) {
      for (const name of readdirSync(join(objects, folder)))
        utimesSync(join(objects, folder, name), twoDaysAgo, twoDaysAgo);
    }
  }
  const before = looseObjects();
  expect(await tidy(shadow)).toBe(false);
  expect(await tidy(shadow, { looseObjects: 10 })).toBe(true);
  expect(looseObjects()).toBeLessThan(before);
  const isThere = await Promise.all(
    trees.map((tree) =>
      workspace.list(tree).then(
        () => true,
        () => false,
      ),
    ),
  );
  // The first is in the index, the sixth in a lane, the last is the last, and the one before was made within the day.
  expect(isThere).toEqual(trees.map((_, save) => save === 0 || save === 5 || save >= 10));
  execFileSync('git', ['fsck', '--full', '--strict'], {
    env: { ...project.env, GIT_DIR: join(project.cache, 'shadow.git') },
  });
  project.write({ 'b.txt': 'after' });
  const next = await workspace.snapshot();
  await workspace.lane('fix').move(next);
  expect(contents(workspace.lane('fix').root)).toEqual(contents(project.root));
});
