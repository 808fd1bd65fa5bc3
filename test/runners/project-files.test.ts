import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { projectFiles } from '../../src/runners/project-files.ts';
import { scratch } from '../rig/scratch.ts';

async function tree(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await scratch('files');
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}
const own = async (root: string) => (await projectFiles(root)).filter((path) => path.endsWith('.x'));

test('folders with names of build results are the project’s own unless git ignores them', async () => {
  const root = await tree({
    ...{ '.gitignore': '/dist/\nout\n', 'lib/.gitignore': '!out/\nbuild/\n' },
    ...{ 'dist/a.x': '', 'build/a.x': '', 'out/a.x': '', 'env/a.x': '', 'lib/dist/a.x': '' },
    ...{ 'lib/out/a.x': '', 'lib/build/a.x': '', 'target/a.x': '', 'src/tmp/out/a.x': '' },
  });
  expect(await own(root)).toEqual(['build/a.x', 'env/a.x', 'target/a.x', 'lib/dist/a.x', 'lib/out/a.x']);
});

test('installed packages, environments and caches of tools are not, whatever git says', async () => {
  const root = await tree({
    ...{ '.gitignore': 'nothing\n', 'a.x': '', 'node_modules/a.x': '', 'vendor/a.x': '', 'p/__pycache__/a.x': '' },
    ...{ 'env/pyvenv.cfg': '', 'env/a.x': '', 'target/CACHEDIR.TAG': '', 'target/a.x': '', '.cache/a.x': '' },
    ...{ 'build/.gitignore': '*\n', 'build/a.x': '' },
  });
  expect(await own(root)).toEqual(['a.x']);
});

test('without rules of git the name decides; a folder of a repository has the rules above it', async () => {
  const root = await tree({
    'a.x': '',
    'build/a.x': '',
    'app/b.x': '',
    'app/build/a.x': '',
    'app/.gitignore': 'log\n',
  });
  expect(await own(root)).toEqual(['a.x', 'app/b.x', 'app/build/a.x']);
  await writeFile(join(root, '.gitignore'), 'build\n');
  expect(await own(join(root, 'app'))).toEqual(['b.x', 'build/a.x']);
  await mkdir(join(root, '.git'));
  expect(await own(join(root, 'app'))).toEqual(['b.x']);
  await writeFile(join(root, '.gitignore'), '/app/build/\n');
  expect(await own(join(root, 'app'))).toEqual(['b.x']);
  await writeFile(join(root, '.gitignore'), '/app/\nbuild\n');
  expect(await own(join(root, 'app'))).toEqual(['b.x', 'build/a.x']);
});

test('rules that are kept beside the history count as well, also in a worktree; git’s empty ones say nothing', async () => {
  const root = await tree({
    ...{ '.git/info/exclude': '# none\n', '.git/worktrees/one/commondir': '../..\n' },
    ...{ 'a.x': '', 'build/a.x': '', 'app/build/a.x': '', 'app/b.x': '', 'one/build/a.x': '', 'one/b.x': '' },
  });
  expect(await own(root)).toEqual(['a.x', 'app/b.x', 'one/b.x']);
  await writeFile(join(root, '.gitignore'), 'log\n');
  expect((await own(root)).length).toBe(6);
  await writeFile(join(root, '.git/info/exclude'), '/build\n');
  expect(await own(root)).toEqual(['a.x', 'app/b.x', 'one/b.x', 'app/build/a.x', 'one/build/a.x']);
  await writeFile(join(root, '.git/info/exclude'), 'app/build\n');
  expect(await own(join(root, 'app'))).toEqual(['b.x']);
  await writeFile(join(root, 'one/.git'), `gitdir: ${join(root, '.git/worktrees/one')}\n`);
  await writeFile(join(root, 'one/.gitignore'), 'log\n');
  expect(await own(join(root, 'one'))).toEqual(['b.x', 'build/a.x']);
  await writeFile(join(root, '.git/info/exclude'), '/build\n');
  expect(await own(join(root, 'one'))).toEqual(['b.x']);
});
