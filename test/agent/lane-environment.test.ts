import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { laneEnvironment } from '../../src/agent/lane-environment.ts';
import { READ_ONLY } from '../../src/process/read-only.ts';
import { editableFolders } from '../../src/runners/pytest/editable.ts';
import { scratch } from '../rig/scratch.ts';

const around = {
  projectRoot: '/work/shop',
  lane: { root: '/lanes/fix', linkedFrom: ['/work/shop/node_modules', '/usr'] },
  canGuard: false,
  modules: [],
};

test('what tools keep in the project they keep in the lane; what lies elsewhere stays', () => {
  const env = {
    CARGO_TARGET_DIR: '/work/shop/target',
    COVERAGE_FILE: '/work/shop-of-mine/.coverage',
    GOCACHE: '/home/me/.cache/go-build',
    TMPDIR: '/work/shop/tmp',
    VIRTUAL_ENV: '/work/shop/.venv',
  };
  expect(laneEnvironment(env, around)).toEqual({
    CARGO_TARGET_DIR: '/lanes/fix/target',
    COVERAGE_FILE: '/work/shop-of-mine/.coverage',
    GOCACHE: '/home/me/.cache/go-build',
    VIRTUAL_ENV: '/work/shop/.venv',
    PYTHONDONTWRITEBYTECODE: '1',
  });
});

test('the project, packages above it and an environment elsewhere are read-only; modules of the lane come first', () => {
  const env = { PYTHONPATH: '/home/me/lib', VIRTUAL_ENV: '/opt' };
  const made = laneEnvironment(env, { ...around, canGuard: true, modules: ['src', ''] });
  expect(made[READ_ONLY]?.split('\n')).toEqual(['/work/shop', '/usr', '/opt']);
  expect(made.PYTHONPATH).toBe('/lanes/fix/src:/lanes/fix:/home/me/lib');
});

test('folders of editable installations are found in .pth files and in the finders of setuptools', async () => {
  const root = await scratch('editable');
  const site = '.venv/lib/python3.11/site-packages';
  const files = {
    [`${site}/one.pth`]: `import os; os.getcwd()\n${root}/src/\n/elsewhere/src\n`,
    [`${site}/__editable___two_finder.py`]: `MAPPING = {'two': '${root}/libs/two', "three": "${root}/three.py"}\nNAMESPACES = {}\n`,
    [`${site}/own.pth`]: `${root}/${site}/own\n`,
    'venv/lib/python3.9/site-packages/x.pth': `${root}\n`,
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  expect(await editableFolders(root, undefined)).toEqual(['', 'libs', 'src']);
  expect(await editableFolders(join(root, 'none'), undefined)).toEqual([]);
});
