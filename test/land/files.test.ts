import {
  chmodSync,
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type FileChange, type Placed, placeFiles, temporaryName } from '../../src/land/files.ts';
import { scratch } from '../rig/scratch.ts';
import { change, tree, write } from './rig.ts';

async function project(files: Readonly<Record<string, string>>): Promise<string> {
  const root = join(await scratch('land'), 'project');
  mkdirSync(root);
  for (const [path, text] of Object.entries(files)) write(root, path, text);
  return root;
}

/** Places files, and lets `act` happen when the new ones are in and the originals still aside. */
async function placeAnd(root: string, changes: readonly FileChange[], act: () => void): Promise<Placed> {
  const placing = placeFiles(root, changes, 40);
  const isSwapped = (): boolean => readdirSync(root, { recursive: true }).some((name) => String(name).endsWith('-old'));
  while (!isSwapped()) await turn();
  act();
  return placing;
}

const placed = { kind: 'placed' };
/** Far longer than a test may take: where the person was first, there is nothing to wait for. */
const noWaitMs = 600_000;
const personWon = (path: string): unknown => ({ kind: 'person-won', path });

describe('LAND-1: a patch is put into the tree', () => {
  test('a file is changed, one is added in new folders, one is deleted; no other is touched', async () => {
    const root = await project({ 'a.ts': 'old', 'gone.ts': 'bye', 'other.ts': 'mine' });
    const changes = [
      change('a.ts', 'old', 'new'),
      change('x/y/b.ts', undefined, 'added'),
      change('gone.ts', 'bye', undefined),
    ];
    expect(await placeFiles(root, changes, 1)).toEqual(placed);
    expect(tree(root)).toEqual({ 'a.ts': 'new', 'other.ts': 'mine', 'x/y/b.ts': 'added' });
  });

  test('nothing is nothing', async () => {
    const root = await project({ 'a.ts': 'mine' });
    expect(await placeFiles(root, [], 1)).toEqual(placed);
    expect(tree(root)).toEqual({ 'a.ts': 'mine' });
  });

  test('the mode of a file stays, and a new one has the mode of the patch', async () => {
    const root = await project({ 'run.sh': 'old', 'private.ts': 'old' });
    chmodSync(join(root, 'run.sh'), 0o755);
    chmodSync(join(root, 'private.ts'), 0o600);
    const changes = [
      change('run.sh', 'old', 'new'),
      change('private.ts', 'old', 'new'),
      change('tool.sh', undefined, 'new', 0o755),
      change('b.ts', undefined, 'new'),
    ];
    expect(await placeFiles(root, changes, 1)).toEqual(placed);
    const mode = (path: string): number => statSync(join(root, path)).mode & 0o777;
    expect(['run.sh', 'private.ts', 'tool.sh', 'b.ts'].map(mode)).toEqual([0o755, 0o600, 0o755, 0o644]);
  });

  test('F31: names of any kind, empty files and bytes that are no text', async () => {
    const root = await project({ 'with space\n😀.ts': 'old', empty: '' });
    const changes = [
      change('with space\n😀.ts', 'old', ''),
      change('empty', '', '\0\u0001'),
      change('-rf', undefined, 'x'),
    ];
    expect(await placeFiles(root, changes, 1)).toEqual(placed);
    expect(tree(root)).toEqual({ 'with space\n😀.ts': '', empty: '\0\u0001', '-rf': 'x' });
  });
});

describe('LAND-1 F22: the person was first, and nothing of the patch is in the tree', () => {
  const edits: readonly (readonly [string, (root: string) => void, Record<string, string>])[] = [
    ['changed the file', (root) => write(root, 'b.ts', 'theirs'), { 'a.ts': 'old', 'b.ts': 'theirs' }],
    ['emptied the file', (root) => write(root, 'b.ts', ''), { 'a.ts': 'old', 'b.ts': '' }],
    [
      'replaced the file by a rename',
      (root) => {
        write(root, 'b.ts~', 'theirs');
        renameSync(join(root, 'b.ts~'), join(root, 'b.ts'));
      },
      { 'a.ts': 'old', 'b.ts': 'theirs' },
    ],
    ['deleted the file', (root) => rmSync(join(root, 'b.ts')), { 'a.ts': 'old' }],
    [
      'made a folder of it',
      (root) => {
        rmSync(join(root, 'b.ts'));
        write(root, 'b.ts/inside', 'theirs');
      },
      { 'a.ts': 'old', 'b.ts/inside': 'theirs' },
    ],
    [
      'made a link of it, to the very same content',
      (root) => {
        renameSync(join(root, 'b.ts'), join(root, 'c.ts'));
        symlinkSync('c.ts', join(root, 'b.ts'));
      },
      { 'a.ts': 'old', 'b.ts': 'link to c.ts', 'c.ts': 'old' },
    ],
  ];
  test.each(edits)('%s', async (_, edit, left) => {
    const root = await project({ 'a.ts': 'old', 'b.ts': 'old' });
    edit(root);
    const changes = [
      change('a.ts', 'old', 'new'),
      change('new/folder/c.ts', undefined, 'new'),
      change('b.ts', 'old', 'new'),
      change('d.ts', undefined, 'never reached'),
    ];
    expect(await placeFiles(root, changes, noWaitMs)).toEqual(personWon('b.ts'));
    expect(tree(root)).toEqual(left);
  });

  test('made the file that the patch adds, or a link or a folder of that name', async () => {
    const root = await project({ 'a.ts': 'old', 'b.ts': 'theirs', 'd/x': 'theirs' });
    symlinkSync('nowhere', join(root, 'link.ts'));
    for (const path of ['b.ts', 'd', 'link.ts']) {
      const changes = [change('a.ts', 'old', 'new'), change(path, undefined, 'new')];
      expect(await placeFiles(root, changes, noWaitMs)).toEqual(personWon(path));
    }
    expect(tree(root)).toEqual({ 'a.ts': 'old', 'b.ts': 'theirs', 'd/x': 'theirs', 'link.ts': 'link to nowhere' });
  });

  test('changed a file that the patch deletes', async () => {
    const root = await project({ 'a.ts': 'theirs' });
    expect(await placeFiles(root, [change('a.ts', 'old', undefined)], noWaitMs)).toEqual(personWon('a.ts'));
    expect(tree(root)).toEqual({ 'a.ts': 'theirs' });
  });

  test('deleted the folder of a file: it stays deleted', async () => {
    const root = await project({ 'a.ts': 'old' });
    expect(await placeFiles(root, [change('x/y/z.ts', 'old', 'new')], noWaitMs)).toEqual(personWon('x/y/z.ts'));
    expect(tree(root)).toEqual({ 'a.ts': 'old' });
  });
});

describe('LAND-1 F22: the person saves while the originals are still aside', () => {
  const files = { 'a.ts': 'old', 'b.ts': 'old', 'c.ts': 'old' };
  const changes = [change('a.ts', 'old', 'new'), change('b.ts', 'old', 'new'), change('c.ts', 'old', undefined)];

  test('through a descriptor that was open before: theirs stays, and all is taken back', async () => {
    const root = await project(files);
    const descriptor = openSync(join(root, 'b.ts'), 'r+');
    expect(await placeAnd(root, changes, () => writeSync(descriptor, 'theirs'))).toEqual(personWon('b.ts'));
    writeSync(descriptor, ' and more');
    closeSync(descriptor);
    expect(tree(root)).toEqual({ ...files, 'b.ts': 'theirs and more' });
  });

  test('the same into a file that the patch deletes', async () => {
    const root = await project(files);
    const descriptor = openSync(join(root, 'c.ts'), 'r+');
    expect(await placeAnd(root, changes, () => writeSync(descriptor, 'theirs'))).toEqual(personWon('c.ts'));
    closeSync(descriptor);
    expect(tree(root)).toEqual({ ...files, 'c.ts': 'theirs' });
  });

  test('anew: theirs stays, and the rest of the patch too', async () => {
    const root = await project(files);
    expect(await placeAnd(root, changes, () => write(root, 'b.ts', 'theirs'))).toEqual(placed);
    expect(tree(root)).toEqual({ 'a.ts': 'new', 'b.ts': 'theirs' });
  });

  test('one file anew and another through an old descriptor: both of theirs stay', async () => {
    const root = await project(files);
    const descriptor = openSync(join(root, 'a.ts'), 'r+');
    const act = (): void => {
      write(root, 'b.ts', 'theirs');
      write(root, 'c.ts', 'theirs again');
      writeSync(descriptor, 'late');
    };
    expect(await placeAnd(root, changes, act)).toEqual(personWon('a.ts'));
    closeSync(descriptor);
    expect(tree(root)).toEqual({ 'a.ts': 'late', 'b.ts': 'theirs', 'c.ts': 'theirs again' });
  });

  test('a new file of the patch: theirs stays when the rest is taken back', async () => {
    const root = await project({ 'a.ts': 'old' });
    const descriptor = openSync(join(root, 'a.ts'), 'r+');
    const act = (): void => {
      write(root, 'dir/new.ts', 'theirs');
      writeSync(descriptor, 'late');
    };
    const both = [
      change('a.ts', 'old', 'new'),
      change('dir/new.ts', undefined, 'new'),
      change('e/f.ts', undefined, 'x'),
    ];
    expect(await placeAnd(root, both, act)).toEqual(personWon('a.ts'));
    closeSync(descriptor);
    expect(tree(root)).toEqual({ 'a.ts': 'late', 'dir/new.ts': 'theirs' });
  });
});

describe('LAND-1: what cannot be written is taken back', () => {
  /** Root may write everywhere: then the test is somebody else. */
  function asNobody(root: string): void {
    if (process.getuid?.() !== 0) return;
    for (const folder of [process.env.TMPDIR ?? '', join(root, '..')]) chmodSync(folder, 0o711);
    chmodSync(root, 0o777);
    process.seteuid?.(65_534);
    onTestFinished(() => process.seteuid?.(0));
  }

  test('in a folder that nobody may write', async () => {
    const root = await project({ 'a.ts': 'old', 'shut/b.ts': 'old' });
    chmodSync(join(root, 'shut'), 0o555);
    onTestFinished(() => chmodSync(join(root, 'shut'), 0o755));
    asNobody(root);
    const changes = [
      change('new/c.ts', undefined, 'new'),
      change('a.ts', 'old', 'new'),
      change('shut/b.ts', 'old', 'new'),
    ];
    await expect(placeFiles(root, changes, 1)).rejects.toThrow('EACCES');
    expect(tree(root)).toEqual({ 'a.ts': 'old', 'shut/b.ts': 'old' });
  });

  test('where the file cannot be moved although its folder can be written: found only after others have been', async () => {
    const root = await project({ 'a.ts': 'old', 'sticky/b.ts': 'old' });
    chmodSync(join(root, 'sticky'), 0o1777);
    const isRoot = process.getuid?.() === 0;
    if (!isRoot) chmodSync(join(root, 'sticky'), 0o555);
    asNobody(root);
    const changes = [
      change('new/c.ts', undefined, 'new'),
      change('a.ts', 'old', 'new'),
      change('sticky/b.ts', 'old', 'new'),
    ];
    await expect(placeFiles(root, changes, 1)).rejects.toThrow(isRoot ? 'EPERM' : 'EACCES');
    expect(tree(root)).toEqual({ 'a.ts': 'old', 'sticky/b.ts': 'old' });
  });

  test('where a file is in the place of a folder', async () => {
    const root = await project({ 'a.ts': 'old', x: 'a file' });
    const changes = [change('a.ts', 'old', 'new'), change('x/b.ts', undefined, 'new')];
    await expect(placeFiles(root, changes, 1)).rejects.toThrow();
    expect(tree(root)).toEqual({ 'a.ts': 'old', x: 'a file' });
  });
});

describe('F29 F53: a folder that leads out of the project', () => {
  test('is refused, and nothing is made there', async () => {
    const root = await project({ 'a.ts': 'old' });
    const outside = join(root, '..', 'outside');
    write(outside, 'b.ts', 'old');
    symlinkSync(outside, join(root, 'out'));
    for (const path of ['out/b.ts', 'out/new/deep/c.ts']) {
      const changes = [change('a.ts', 'old', 'new'), change(path, path.endsWith('b.ts') ? 'old' : undefined, 'new')];
      await expect(placeFiles(root, changes, 1)).rejects.toThrow(`${path} leads out of the project`);
    }
    expect(tree(outside)).toEqual({ 'b.ts': 'old' });
    expect(tree(root)).toEqual({ 'a.ts': 'old', out: `link to ${outside}` });
  });

  test('also by a folder whose name begins like the project’s', async () => {
    const root = await project({});
    const beside = `${root}-two`;
    mkdirSync(beside);
    symlinkSync(beside, join(root, 'out'));
    await expect(placeFiles(root, [change('out/a.ts', undefined, 'new')], 1)).rejects.toThrow('leads out');
    expect(readdirSync(beside)).toEqual([]);
  });

  test('a project that is reached by a link itself is none', async () => {
    const root = await project({ 'a.ts': 'old' });
    symlinkSync(root, `${root}-link`);
    expect(await placeFiles(`${root}-link`, [change('a.ts', 'old', 'new')], 1)).toEqual(placed);
    expect(tree(root)).toEqual({ 'a.ts': 'new' });
  });
});

test('another name of the same file keeps what it held', async () => {
  const root = await project({ 'a.ts': 'old' });
  linkSync(join(root, 'a.ts'), join(root, 'copy.ts'));
  expect(await placeFiles(root, [change('a.ts', 'old', 'new')], 1)).toEqual(placed);
  expect(tree(root)).toEqual({ 'a.ts': 'new', 'copy.ts': 'old' });
});

test('WATCH-4: what stands beside a file for a moment has names that everybody leaves out', async () => {
  const root = await project({ 'dir/a.ts': 'old' });
  const seen = new Set<string>();
  await placeAnd(root, [change('dir/a.ts', 'old', 'new')], () => {
    for (const name of readdirSync(join(root, 'dir'))) if (name !== 'a.ts') seen.add(`dir/${name}`);
  });
  expect(seen.size).toBe(2);
  for (const name of seen) expect(name).toMatch(temporaryName);
  expect(existsSync(join(root, 'dir/a.ts'))).toBe(true);
  writeFileSync(join(root, 'dir/a.ts'), 'mine');
});
