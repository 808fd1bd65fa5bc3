import { expect, test } from 'vitest';
import { rig } from './rig.ts';

test('F24: tells a switch from a commit, and what HEAD holds after it', async () => {
  const project = await rig({ 'a.txt': 'a', 'sub/b.txt': 'b' });
  const { git } = project;
  const workspace = await project.open();
  const first = (await workspace.head()) ?? '';

  git('commit', '-q', '--allow-empty', '-m', 'checkout: only a subject that looks like one');
  const second = (await workspace.head()) ?? '';
  expect(await workspace.headMove(first, second)).toEqual({ isSwitch: false, blobs: new Map() });

  git('checkout', '-q', '-b', 'other');
  project.write({ 'a.txt': 'changed' });
  git('rm', '-q', 'sub/b.txt');
  git('commit', '-q', '-a', '-m', 'two');
  const third = (await workspace.head()) ?? '';
  git('checkout', '-q', 'main');
  git('merge', '-q', '--ff-only', 'other');
  expect(await workspace.head()).toBe(third);
  const move = await workspace.headMove(second, third);
  expect(move?.isSwitch).toBe(true);
  expect(move?.blobs.get('a.txt')).toBe(workspace.blobId(Buffer.from('changed')));
  expect(move?.blobs.has('sub/b.txt')).toBe(false);

  expect(await workspace.headMove('1'.repeat(40), third)).toBeUndefined();
});
