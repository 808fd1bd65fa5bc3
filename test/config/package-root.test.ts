import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { findPackageRoot, isInstalled } from '../../src/config/package-root.ts';
import { MendwatchError } from '../../src/errors.ts';
import { machine } from './rig.ts';

test('the package root is found from here, from src/ and from dist/src/, past other packages', async () => {
  expect(findPackageRoot()).toBe(resolve(import.meta.dirname, '../..'));
  const { write, clone } = await machine();
  await write('clone/package.json', '{"name":"mendwatch"}');
  await write('clone/dist/package.json', '{"type":"module"}');
  for (const inner of ['src/config', 'dist/src/config']) {
    await mkdir(join(clone, inner), { recursive: true });
    expect(findPackageRoot(join(clone, inner))).toBe(clone);
  }
});

test('outside of any package of ours there is a clear error', async () => {
  const { write, home } = await machine();
  await write('home/package.json', 'not json');
  expect(() => findPackageRoot(home)).toThrow(MendwatchError);
});

test.each([
  ['/home/me/mendwatch', false],
  ['/home/me/shop/node_modules/mendwatch', true],
  ['/usr/lib/node_modules/mendwatch', true],
  ['/home/me/my_node_modules/mendwatch', false],
])('%s is installed: %s', (folder, installed) => {
  expect(isInstalled(folder)).toBe(installed);
});
