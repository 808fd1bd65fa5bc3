import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { findProject } from '../../src/config/find-project.ts';
import { scratch } from '../rig/scratch.ts';

/** A home with these files and folders (which end in `/`); gives what is found from a folder in it. */
async function home(...paths: readonly (string | readonly [path: string, json: object])[]) {
  const folder = await scratch('find');
  for (const each of paths) {
    const [path, json] = typeof each === 'string' ? [each, {}] : each;
    await mkdir(join(folder, path.endsWith('/') ? path : dirname(path)), { recursive: true });
    if (!path.endsWith('/')) await writeFile(join(folder, path), JSON.stringify(json));
  }
  return (from: string): string | undefined => {
    const found = findProject(join(folder, from), folder);
    return found?.replace(`${folder}/`, '');
  };
}

test('from a folder of a package, that package; a settings file further up wins', async () => {
  const find = await home('shop/package.json', 'shop/src/deep/', 'all/.env.mendwatch', 'all/shop/package.json');
  expect(find('shop/src/deep')).toBe('shop');
  expect(find('all/shop')).toBe('all');
});

test('a package of a workspace belongs to the whole; another package in the same repository does not', async () => {
  const workspaces = { workspaces: ['packages/*', '!packages/old'] };
  const find = await home(
    'npm/.git/',
    ['npm/package.json', workspaces],
    ...['packages/a', 'packages/old', 'examples/b'].map((name) => `npm/${name}/package.json`),
    ['yarn/package.json', { workspaces: { packages: ['./libs/**/'] } }],
    ...['yarn/libs/deep/c/package.json', 'yarn/libs/deep/c/src/'],
    ...['pnpm/package.json', 'pnpm/pnpm-workspace.yaml', 'pnpm/apps/d/package.json'],
  );
  expect(find('npm/packages/a')).toBe('npm');
  expect(find('npm/packages/old')).toBe('npm/packages/old');
  expect(find('npm/examples/b')).toBe('npm/examples/b');
  expect(find('yarn/libs/deep/c/src')).toBe('yarn');
  expect(find('pnpm/apps/d')).toBe('pnpm');
});

test('other manifests count, too, and without any the repository', async () => {
  const find = await home(
    'mixed/.git/',
    'mixed/service/pyproject.toml',
    'mixed/service/tests/',
    'plain/.git/',
    'plain/x/',
  );
  expect(find('mixed/service/tests')).toBe('mixed/service');
  expect(find('plain/x')).toBe('plain');
});

test('a stray package.json around the repository or in the home folder makes nothing a project', async () => {
  const find = await home(
    'package.json',
    '.env.mendwatch',
    'work/package.json',
    'work/shop/.git/',
    'work/shop/src/',
    'notes/',
  );
  expect(find('work/shop/src')).toBe('work/shop');
  expect(find('notes')).toBeUndefined();
});
