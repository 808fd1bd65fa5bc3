import { chmodSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Patch, Replay, Workspace } from '../../src/workspace/types.ts';
import { type Files, type Rig, rig, writeFiles } from './rig.ts';

const lines = (...changed: [number, string][]) =>
  Array.from({ length: 20 }, (_, number) => `${new Map(changed).get(number) ?? `line ${number}`}\n`).join('');

interface Scene {
  readonly project: Rig;
  readonly workspace: Workspace;
  readonly patch: Patch;
}

/** A patch that the model made with `edit`; the person's tree is then free to change. */
async function scene(files: Files, edit: (laneRoot: string) => void): Promise<Scene> {
  const project = await rig(files);
  const workspace = await project.open();
  const base = await workspace.snapshot();
  const lane = workspace.lane('fix');
  await lane.move(base);
  edit(lane.root);
  const patch = await lane.takePatch(base);
  if (!patch) throw new Error('no patch');
  return { project, workspace, patch };
}

async function replayed({ workspace, patch }: Scene): Promise<Replay> {
  return workspace.replay(patch, await workspace.snapshot());
}

test('nothing changed: the same patch on the same tree', async () => {
  const made = await scene({ 'a.txt': lines() }, (root) => writeFiles(root, { 'a.txt': lines([3, 'mended']) }));
  expect(await replayed(made)).toEqual({ kind: 'replayed', patch: made.patch });
});

test('other files and other lines of the same file are merged; both sides survive byte by byte', async () => {
  const made = await scene({ 'a.txt': lines(), 'b.txt': 'b\n', 'c.txt': 'c\n', 'run.sh': lines() }, (root) => {
    writeFiles(root, { 'a.txt': lines([3, 'mended\r']), 'new.txt': 'new\n', 'run.sh': lines([1, 'x']) });
    rmSync(join(root, 'c.txt'));
  });
  made.project.write({ 'a.txt': lines([15, 'typed\r']), 'b.txt': 'B\n' });
  chmodSync(join(made.project.root, 'run.sh'), 0o755);
  const onto = await made.workspace.snapshot();
  const result = await made.workspace.replay(made.patch, onto);
  if (result.kind !== 'replayed') throw new Error('conflict');
  const { patch } = result;
  expect(patch.base).toEqual(onto);
  expect(patch.changes.map(({ path }) => path)).toEqual(['a.txt', 'c.txt', 'new.txt', 'run.sh']);
  const read = async (path: string) => (await made.workspace.file(patch.result.tree, path))?.toString();
  expect(await read('a.txt')).toBe(lines([3, 'mended\r'], [15, 'typed\r']));
  expect(await read('b.txt')).toBe('B\n');
  expect(patch.changes.find(({ path }) => path === 'run.sh')).toMatchObject({ oldMode: '100755', newMode: '100755' });
  expect(patch.text).toContain('+mended');
  expect(patch.text).not.toContain('+typed');
});

test('the person made the same change: a patch without changes', async () => {
  const made = await scene({ 'a.txt': lines() }, (root) => writeFiles(root, { 'a.txt': lines([3, 'mended']) }));
  made.project.write({ 'a.txt': lines([3, 'mended']) });
  expect(await replayed(made)).toMatchObject({ kind: 'replayed', patch: { changes: [], text: '' } });
});

test('where a person has to decide it is a conflict, with the paths', async () => {
  const binary = Buffer.from([0, 1, 2, 3]);
  const files = {
    'both.txt': lines(),
    'deleted.txt': 'd\n',
    'edited.txt': 'e\n',
    'x.bin': binary,
    link: 'l',
    'clean.txt': 'c',
  };
  const made = await scene(files, (root) => {
    rmSync(join(root, 'edited.txt'));
    rmSync(join(root, 'link'));
    symlinkSync('one', join(root, 'link'));
    writeFiles(root, {
      'both.txt': lines([3, 'mended']),
      'deleted.txt': 'mended\n',
      'x.bin': Buffer.from([0, 9, 2, 3]),
      'added.txt': 'by the model\n',
      'clean.txt': 'mended',
    });
  });
  made.project.remove('deleted.txt', 'link');
  symlinkSync('two', join(made.project.root, 'link'));
  made.project.write({
    'both.txt': lines([3, 'typed']),
    'edited.txt': 'typed\n',
    'x.bin': Buffer.from([0, 1, 2, 9]),
    'added.txt': 'by the person\n',
  });
  const result = await replayed(made);
  expect(result).toEqual({
    kind: 'conflict',
    paths: ['added.txt', 'both.txt', 'deleted.txt', 'edited.txt', 'link', 'x.bin'],
  });
});

test('a file on one side, a folder on the other', async () => {
  const made = await scene({ 'a.txt': 'a' }, (root) => writeFiles(root, { thing: 'file' }));
  made.project.write({ 'thing/inner.txt': 'i' });
  expect(await replayed(made)).toMatchObject({ kind: 'conflict', paths: ['thing', 'thing/inner.txt'] });

  const other = await scene({ 'thing/inner.txt': 'i' }, (root) => writeFiles(root, { 'thing/new.txt': 'n' }));
  other.project.remove('thing');
  other.project.write({ thing: 'file' });
  expect((await replayed(other)).kind).toBe('conflict');
});
