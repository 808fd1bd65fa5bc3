import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { changesBetween, lookAtTree } from '../../src/executor/tree.ts';
import { scratch } from '../rig/scratch.ts';

test('what was created, changed and deleted is seen; git, packages and the own folders are not looked at', async () => {
  const root = await scratch('tree');
  const put = async (path: string, text: string): Promise<void> => {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), text);
  };
  for (const path of ['kept', 'src/a.ts', 'src/gone.ts', '.git/HEAD', 'node_modules/p/i.js', 'own/log'])
    await put(path, '1');
  const before = await lookAtTree(root, [join(root, 'own')]);
  for (const path of ['src/a.ts', 'src/new/b.ts', '.git/HEAD', 'node_modules/p/i.js', 'own/log'])
    await put(path, 'more');
  await rm(join(root, 'src/gone.ts'));
  await symlink('kept', join(root, 'link'));
  expect(changesBetween(before, await lookAtTree(root, [join(root, 'own')]))).toEqual({
    created: ['link', 'src/new/b.ts'],
    changed: ['src/a.ts'],
    deleted: ['src/gone.ts'],
    isComplete: true,
  });
});
