import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createGit } from '../../src/workspace/git.ts';
import type { BytePath } from '../../src/workspace/paths.ts';
import { Shadow } from '../../src/workspace/shadow.ts';
import type { Entry } from '../../src/workspace/tree-format.ts';
import { compareTrees, entryAt, grow } from '../../src/workspace/trees.ts';
import { writeDifferences } from '../../src/workspace/write-differences.ts';
import { rig, runGit } from './rig.ts';

const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
// Names whose order depends on whether they are folders, and one that is no text.
const name = fc.constantFrom('a', 'a.b', 'a-b', 'a0', 'B', '\xff');
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((steps) => steps.join('/'));
const mode = fc.constantFrom('100644', '100755', '120000');
const content = fc.constantFrom('one', 'two', '');
const change = fc.tuple(path, fc.option(fc.record({ mode, content }), { nil: undefined, freq: 3 }));
const changes = fc.array(change, { maxLength: 12 });

async function open() {
  const project = await rig({}, { git: false });
  mkdirSync(project.cache);
  const shadow = new Shadow(createGit(project.env, join(project.cache, 'home')), project.cache);
  await shadow.open();
  const git = (...args: string[]): string => runGit(project.cache, { ...project.env, GIT_DIR: shadow.dir }, args);
  return { project, shadow, objects: shadow.objects, git };
}

type Opened = Awaited<ReturnType<typeof open>>;

async function stored(
  { objects }: Opened,
  wanted: readonly (readonly [string, { mode: string; content: string } | undefined])[],
): Promise<Map<BytePath, Entry | undefined>> {
  const found = new Map<BytePath, Entry | undefined>();
  for (const [path, entry] of wanted) {
    const id = entry && (await objects.write('blob', Buffer.from(entry.content)));
    found.set(path, entry && id !== undefined ? { mode: entry.mode, id } : undefined);
  }
  return found;
}

/** What the files of a tree are after a change, as a list by path would have it. */
function applied(files: ReadonlyMap<string, Entry>, by: ReadonlyMap<string, Entry | undefined>): Map<string, Entry> {
  const left = new Map(files);
  for (const [path, entry] of by) if (entry === undefined) left.delete(path);
  // In the order in which a file wins over what is in a folder of its name: the shorter path last.
  const come = [...by].filter(([, entry]) => entry !== undefined).sort(([a], [b]) => b.length - a.length);
  for (const [path, entry] of come) {
    for (const other of [...left.keys()]) {
      if (other.startsWith(`${path}/`) || path.startsWith(`${other}/`)) left.delete(other);
    }
    if (entry !== undefined) left.set(path, entry);
  }
  return left;
}

const lines = (output: string): string[] => output.split('\0').filter((line) => line !== '');

test('trees grow as git would write them, and differ as git says', async () => {
  const opened = await open();
  const { objects, git } = opened;
  let tree = emptyTree;
  let files = new Map<string, Entry>();
  await fc.assert(
    fc.asyncProperty(changes, async (wanted) => {
      const by = await stored(opened, wanted);
      const before = tree;
      tree = await grow(objects, tree, by);
      files = applied(files, by);
      const listed = lines(git('-c', 'core.quotePath=false', 'ls-tree', '-r', '-z', tree));
      expect(listed.map((line) => line.slice(0, line.indexOf('\t'))).sort()).toEqual(
        [...files.values()].map(({ mode, id }) => `${mode} blob ${id}`).sort(),
      );
      for (const [path, entry] of files) expect(await entryAt(objects, tree, path)).toMatchObject(entry);
      const told = lines(git('diff-tree', '-r', '-z', '--raw', '--no-abbrev', '--no-renames', before, tree));
      const found = await compareTrees(objects, before, tree);
      const none = { mode: '000000', id: '0'.repeat(40) };
      expect(
        found.map(({ before: old = none, after: now = none }) => `:${old.mode} ${now.mode} ${old.id} ${now.id}`),
      ).toEqual(told.filter((line) => line.startsWith(':')).map((line) => line.slice(0, line.lastIndexOf(' '))));
    }),
    { numRuns: 60 },
  );
  git('fsck', '--full', '--strict');
});

test('objects: read and written without a process each; what is missing or of another kind is said', async () => {
  const { objects, shadow, git } = await open();
  const bytes = Buffer.alloc(300_000, 'mend');
  const id = await objects.write('blob', bytes);
  expect(id).toBe(createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex'));
  expect(git('cat-file', '-s', id).trim()).toBe('300000');
  const small = await objects.write('blob', Buffer.from('small\n'));
  const missing = '1'.repeat(40);
  const asked = [objects.blob(id), objects.blob(missing), objects.blob(small), objects.tree(small)];
  const [large, nothing, text, noTree] = await Promise.allSettled(asked);
  expect(large).toEqual({ status: 'fulfilled', value: bytes });
  expect(nothing).toMatchObject({ reason: { name: 'GitError', message: expect.stringContaining(missing) } });
  expect(text).toEqual({ status: 'fulfilled', value: Buffer.from('small\n') });
  expect(noTree).toMatchObject({ reason: { name: 'GitError' } });
  await objects.forget();
  expect(await objects.blob(small)).toEqual(Buffer.from('small\n'));
  await objects.forget();
  rmSync(join(shadow.dir, 'objects'), { recursive: true });
  await expect(objects.write('blob', Buffer.from('lost'))).rejects.toMatchObject({ name: 'GitError' });
  expect(existsSync(join(shadow.dir, 'objects'))).toBe(false);
});

test('nothing is made behind a link', async () => {
  const { objects, project } = await open();
  const [root, outside] = [join(project.folder, 'lane'), join(project.folder, 'outside')];
  for (const folder of [root, outside]) mkdirSync(folder);
  symlinkSync(outside, join(root, 'link'));
  const after = { mode: '100644', id: await objects.write('blob', Buffer.from('x')) };
  expect(await writeDifferences(objects, root, [{ path: 'link/new/file', before: undefined, after }])).toBe(false);
  expect(readdirSync(outside)).toEqual([]);
});
