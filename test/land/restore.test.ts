import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryName } from '../../src/land/files.ts';
import { type Restored, type RestoreInput, restore } from '../../src/land/restore.ts';
import { mergeFile } from '../../src/workspace/merge-file.ts';
import { scratch } from '../rig/scratch.ts';
import { type Both, keep, tree, write } from './rig.ts';

const merge: RestoreInput['merge'] = (versions) => mergeFile({ PATH: process.env.PATH ?? '' }, versions);

interface Bench {
  readonly root: string;
  undo(): Promise<Restored>;
  apply(): Promise<Restored>;
}

/** A project before a patch, with both sides of the patch kept. */
async function bench(files: readonly Both[], act: (root: string) => void = () => undefined): Promise<Bench> {
  const folder = await scratch('restore');
  const root = join(folder, 'project');
  mkdirSync(root);
  for (const { path, before } of files) if (before !== undefined) write(root, path, before);
  act(root);
  await keep(root, join(folder, 'kept'), files);
  const move = (direction: 'undo' | 'apply') => restore({ root, folder: join(folder, 'kept'), direction, merge });
  return { root, undo: () => move('undo'), apply: () => move('apply') };
}

const restored = (files: readonly string[], merged: readonly string[] = []): unknown => ({
  kind: 'restored',
  files,
  merged,
});
const lines = (...all: readonly string[]): string => all.map((line) => `${line}\n`).join('');
const modeOf = (root: string, path: string): number => statSync(join(root, path)).mode & 0o7777;
const bytes = Buffer.from([0, 255, 254, 13, 10, 0, 128]);

describe('LAND-2 LAND-3: apply and undo of what was kept', () => {
  const patches: readonly (readonly [string, readonly Both[]])[] = [
    ['a file that is changed', [{ path: 'a.ts', before: 'old\n', after: 'new\n' }]],
    ['a file that is added', [{ path: 'a.ts', after: 'new\n' }]],
    ['a file that is deleted', [{ path: 'x/a.ts', before: 'old\n' }]],
    [
      'several at once, two of them with the same content',
      [
        { path: 'a.ts', before: 'same\n', after: 'new\n' },
        { path: 'b.ts', before: 'same\n', after: 'other\n' },
        { path: 'dir/c.ts', after: 'same\n' },
        { path: 'd.ts', before: 'same\n' },
      ],
    ],
    ['line ends of Windows', [{ path: 'a.ts', before: 'one\r\ntwo\r\n', after: 'one\r\n2\r\n' }]],
    ['no line end at the end', [{ path: 'a.ts', before: 'one\ntwo', after: 'one\ntwo\n' }]],
    ['bytes that are no text', [{ path: 'a.bin', before: bytes, after: Buffer.concat([bytes, bytes]) }]],
    ['an empty file', [{ path: 'a.ts', before: '', after: 'x' }]],
    ['a file that becomes empty', [{ path: 'a.ts', before: 'x', after: '' }]],
  ];
  test.each(patches)('%s: there and back again, byte by byte', async (_, files) => {
    const on = await bench(files, (root) => write(root, 'dir/other.ts', 'mine'));
    const sides = (side: 'before' | 'after'): void => {
      for (const file of files) {
        const content = file[side];
        const here = Object.hasOwn(tree(on.root), file.path) ? readFileSync(join(on.root, file.path)) : undefined;
        expect(here, file.path).toEqual(content === undefined ? undefined : Buffer.from(content));
      }
      expect(tree(on.root)['dir/other.ts']).toBe('mine');
      expect(Object.keys(tree(on.root)).filter((path) => temporaryName.test(path))).toEqual([]);
    };
    const paths = files.map(({ path }) => path);
    expect(await on.apply()).toEqual(restored(paths));
    sides('after');
    expect(await on.apply()).toEqual(restored([]));
    expect(await on.undo()).toEqual(restored(paths));
    sides('before');
    expect(await on.undo()).toEqual(restored([]));
  });

  test('modes: of a changed file its own, of a deleted one what it was, of an added one the patch’s', async () => {
    const files: readonly Both[] = [
      { path: 'changed.sh', before: 'old', after: 'new' },
      { path: 'deleted.sh', before: 'old' },
      { path: 'added.sh', after: 'new', newMode: '100755' },
    ];
    const on = await bench(files, (root) => {
      chmodSync(join(root, 'changed.sh'), 0o640);
      chmodSync(join(root, 'deleted.sh'), 0o711);
    });
    await on.apply();
    expect([modeOf(on.root, 'changed.sh'), modeOf(on.root, 'added.sh')]).toEqual([0o640, 0o755]);
    await on.undo();
    expect([modeOf(on.root, 'changed.sh'), modeOf(on.root, 'deleted.sh')]).toEqual([0o640, 0o711]);
  });
});

describe('LAND-2: undo after the person went on', () => {
  const before = lines('one', 'two', 'three', 'four', 'five');
  const after = before.replace('two', 'TWO');
  const one: readonly Both[] = [{ path: 'a.ts', before, after }];

  test('in other lines: both sides are there', async () => {
    const on = await bench(one);
    write(on.root, 'a.ts', after.replace('five', 'mine'));
    expect(await on.undo()).toEqual(restored(['a.ts'], ['a.ts']));
    expect(tree(on.root)).toEqual({ 'a.ts': before.replace('five', 'mine') });
  });

  test('in other lines, with line ends of Windows and none at the end', async () => {
    const windows = (text: string): string => text.replaceAll('\n', '\r\n').trimEnd();
    const on = await bench([{ path: 'a.ts', before: windows(before), after: windows(after) }]);
    write(on.root, 'a.ts', windows(after.replace('five', 'mine')));
    expect(await on.undo()).toEqual(restored(['a.ts'], ['a.ts']));
    expect(tree(on.root)).toEqual({ 'a.ts': windows(before.replace('five', 'mine')) });
  });

  test('in a part of the files: those that are as before already are not touched', async () => {
    const on = await bench([...one, { path: 'b.ts', before: 'old', after: 'new' }]);
    write(on.root, 'a.ts', after);
    expect(await on.undo()).toEqual(restored(['a.ts']));
    expect(tree(on.root)).toEqual({ 'a.ts': before, 'b.ts': 'old' });
  });

  const clashes: readonly (readonly [string, (root: string) => void, unknown])[] = [
    ['in the same lines', (root) => write(root, 'a.ts', after.replace('TWO', 'mine')), after.replace('TWO', 'mine')],
    ['with bytes that are no text', (root) => write(root, 'a.ts', Buffer.concat([bytes, bytes])), expect.anything()],
    ['and deleted the file', (root) => rmSync(join(root, 'a.ts')), undefined],
    [
      'and made a link of the file',
      (root) => {
        rmSync(join(root, 'a.ts'));
        symlinkSync('b.ts', join(root, 'a.ts'));
      },
      'link to b.ts',
    ],
  ];
  test.each(clashes)('%s: a conflict, and no file is touched', async (_, act, left) => {
    const on = await bench([...one, { path: 'b.ts', before: 'old', after: 'new' }]);
    await on.apply();
    act(on.root);
    expect(await on.undo()).toEqual({ kind: 'conflict', paths: ['a.ts'] });
    expect(tree(on.root)['a.ts']).toEqual(left);
    expect(tree(on.root)['b.ts']).toBe('new');
  });

  test('in a file that the patch had added or deleted: a conflict', async () => {
    const on = await bench([
      { path: 'added.ts', after: 'new' },
      { path: 'deleted.ts', before: 'old' },
    ]);
    write(on.root, 'added.ts', 'new, and mine');
    write(on.root, 'deleted.ts', 'mine');
    expect(await on.undo()).toEqual({ kind: 'conflict', paths: ['added.ts', 'deleted.ts'] });
    expect(tree(on.root)).toEqual({ 'added.ts': 'new, and mine', 'deleted.ts': 'mine' });
  });

  test('F22: who saves in the very moment wins; the next try merges, and the third gives up', async () => {
    for (const [saves, expected] of [
      [1, restored(['a.ts'], ['a.ts'])],
      [9, { kind: 'conflict', paths: ['a.ts'] }],
    ] as const) {
      const folder = await scratch('restore');
      const root = join(folder, 'project');
      write(root, 'a.ts', after);
      await keep(root, join(folder, 'kept'), one);
      let saved = 0;
      const save = (): string => {
        const text = after.replace('five', `mine ${saved}`);
        write(root, 'a.ts', text);
        return text;
      };
      let last = save();
      const racing: RestoreInput['merge'] = async (versions) => {
        const merged = await merge(versions);
        if (saved++ < saves) last = save();
        return merged;
      };
      expect(await restore({ root, folder: join(folder, 'kept'), direction: 'undo', merge: racing })).toEqual(expected);
      expect(tree(root)['a.ts']).toBe(saves === 1 ? last.replace('TWO', 'two') : last);
    }
  });
});

test('nothing was kept: nothing is done, and it is said', async () => {
  const root = await scratch('restore');
  write(root, 'a.ts', 'mine');
  await expect(restore({ root, folder: join(root, 'nowhere'), direction: 'undo', merge })).rejects.toThrow('ENOENT');
  expect(tree(root)).toEqual({ 'a.ts': 'mine' });
});
