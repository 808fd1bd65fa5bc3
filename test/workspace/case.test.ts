import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isAtOrIn, isWithin, relativeTo } from '../../src/workspace/paths.ts';
import { contents, rig, writeFiles } from './rig.ts';

test('F31: names that differ in case alone are two names', () => {
  expect(isWithin('src/A.ts', 'SRC')).toBe(false);
  expect(isAtOrIn('src/a.ts', new Set(['Src', 'src/A.ts']))).toBe(false);
  expect(relativeTo('/project', '/Project/a.ts')).toBeUndefined();
});

test('F31: a rename by case alone is a deletion and an addition, in the tree, in a patch and in a replay', async () => {
  const project = await rig({ 'src/Shop.ts': 'one\ntwo\nthree\n', 'src/other.ts': 'o' });
  const workspace = await project.open();
  const first = await workspace.snapshot();
  renameSync(join(project.root, 'src/Shop.ts'), join(project.root, 'src/shop.ts'));
  const second = await workspace.snapshot(['src/Shop.ts', 'src/shop.ts']);
  const kinds = (changes: readonly { path: string; kind: string }[]) => changes.map(({ path, kind }) => [kind, path]);
  const renamed = [
    ['deleted', 'src/Shop.ts'],
    ['added', 'src/shop.ts'],
  ];
  expect(kinds(await workspace.changes(first.tree, second.tree))).toEqual(renamed);
  expect(second.tree).toBe((await workspace.snapshot()).tree);
  const lane = workspace.lane('fix');
  await lane.move(first);
  await lane.move(second);
  expect(contents(lane.root)).toEqual(contents(project.root));

  await lane.move(first);
  renameSync(join(lane.root, 'src/Shop.ts'), join(lane.root, 'src/SHOP.ts'));
  const patch = await lane.takePatch(first);
  expect(kinds(patch?.changes ?? [])).toEqual([
    ['added', 'src/SHOP.ts'],
    ['deleted', 'src/Shop.ts'],
  ]);
  writeFiles(project.root, { 'src/Shop.ts': 'one\ntwo\nthree\n', 'src/other.ts': 'changed' });
  project.remove('src/shop.ts');
  const replayed = patch && (await workspace.replay(patch, await workspace.snapshot()));
  expect(replayed).toMatchObject({ kind: 'replayed', patch: { changes: [{ kind: 'added' }, { kind: 'deleted' }] } });
  expect(readFileSync(join(project.root, 'src/Shop.ts'), 'utf8')).toContain('two');
});
