import { expect, test } from 'vitest';
import { rig } from './rig.ts';

test('the address of the origin, as the project has it written', async () => {
  const project = await rig({ 'a.txt': 'a' });
  const workspace = await project.open();
  expect(await workspace.origin()).toBeUndefined();
  project.git('remote', 'add', 'origin', 'git@github.com:me/shop.git');
  expect(await workspace.origin()).toBe('git@github.com:me/shop.git');
});

test('a project without git has none', async () => {
  const project = await rig({ 'a.txt': 'a' }, { git: false });
  expect(await (await project.open()).origin()).toBeUndefined();
});
