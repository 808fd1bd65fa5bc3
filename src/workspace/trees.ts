import type { ObjectStore } from './object-store.ts';
import type { BytePath } from './paths.ts';
import { type Entry, formatTree, isTree, type NamedEntry, sortKey, TREE } from './tree-format.ts';

/** A path that two trees hold different things at: undefined where there is nothing, or a folder. */
export interface Difference {
  readonly path: BytePath;
  readonly before: Entry | undefined;
  readonly after: Entry | undefined;
}

/** What is at a path, a file, a link or a folder. */
export async function entryAt(store: ObjectStore, tree: string, path: BytePath): Promise<Entry | undefined> {
  let at: Entry = { mode: TREE, id: tree };
  for (const name of path.split('/')) {
    if (!isTree(at)) return undefined;
    const found = (await store.tree(at.id)).find((entry) => entry.name === name);
    if (found === undefined) return undefined;
    at = found;
  }
  return at;
}

/** How two trees differ, in git's order. Reads only the folders that differ. */
export async function compareTrees(store: ObjectStore, from: string, to: string): Promise<readonly Difference[]> {
  const found: Difference[] = [];
  await compare(store, { mode: TREE, id: from }, { mode: TREE, id: to }, '', found);
  return found;
}

async function compare(
  store: ObjectStore,
  from: Entry | undefined,
  to: Entry | undefined,
  folder: BytePath,
  found: Difference[],
): Promise<void> {
  const [before, after] = await Promise.all([from, to].map(async (tree) => (tree ? store.tree(tree.id) : [])));
  for (const [old, now] of sideBySide(before ?? [], after ?? [])) {
    if (old?.id === now?.id && old?.mode === now?.mode) continue;
    const entry = old ?? now;
    if (entry === undefined) continue;
    const path = `${folder}${entry.name}`;
    if (isTree(entry)) await compare(store, old, now, `${path}/`, found);
    else found.push({ path, before: old, after: now });
  }
}

/** A file and a folder of the same name are two: one has gone, the other has come. */
function* sideBySide(
  before: readonly NamedEntry[],
  after: readonly NamedEntry[],
): Generator<[NamedEntry | undefined, NamedEntry | undefined]> {
  for (let left = 0, right = 0; left < before.length || right < after.length; ) {
    const old = before[left];
    const now = after[right];
    const oldKey = old === undefined ? undefined : sortKey(old);
    const nowKey = now === undefined ? undefined : sortKey(now);
    const isOld = oldKey !== undefined && (nowKey === undefined || oldKey <= nowKey);
    const isNow = nowKey !== undefined && (oldKey === undefined || nowKey <= oldKey);
    yield [isOld ? old : undefined, isNow ? now : undefined];
    if (isOld) left += 1;
    if (isNow) right += 1;
  }
}

/**
 * The tree with other things at some paths; undefined takes a file away. What comes takes the place of what was there, a
 * file that of a whole folder, too; folders that become empty go.
 *
 * @returns the id; every object that is new is in the store.
 */
export async function grow(
  store: ObjectStore,
  tree: string,
  changes: ReadonlyMap<BytePath, Entry | undefined>,
): Promise<string> {
  if (changes.size === 0) return tree;
  return (await growFolder(store, tree, [...changes])) ?? store.write('tree', Buffer.alloc(0));
}

type Change = readonly [path: BytePath, entry: Entry | undefined];

/** @returns undefined where nothing is left in it. */
async function growFolder(
  store: ObjectStore,
  tree: string | undefined,
  changes: readonly Change[],
): Promise<string | undefined> {
  const before = tree === undefined ? [] : await store.tree(tree);
  const entries = new Map(before.map((entry) => [entry.name, entry]));
  const put = (name: BytePath, entry: Entry | undefined): void => {
    if (entry === undefined) entries.delete(name);
    else entries.set(name, { name, mode: entry.mode, id: entry.id });
  };
  const here = changes.filter(([path]) => !path.includes('/'));
  for (const [name, entry] of here) {
    const there = entries.get(name);
    if (entry === undefined && there !== undefined && !isTree(there)) put(name, undefined);
  }
  for (const [name, inside] of byFolder(changes)) {
    const there = entries.get(name);
    const folder = there !== undefined && isTree(there) ? there.id : undefined;
    const grown = await growFolder(store, folder, inside);
    if (grown !== undefined) put(name, { mode: TREE, id: grown });
    else if (folder !== undefined) put(name, undefined);
  }
  for (const [name, entry] of here) if (entry !== undefined) put(name, entry);
  if (entries.size === 0) return undefined;
  const sorted = [...entries.values()].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  return store.write('tree', formatTree(sorted));
}

function byFolder(changes: readonly Change[]): ReadonlyMap<BytePath, readonly Change[]> {
  const folders = new Map<BytePath, Change[]>();
  for (const [path, entry] of changes) {
    const slash = path.indexOf('/');
    if (slash < 0) continue;
    const name = path.slice(0, slash);
    const inside = folders.get(name) ?? [];
    inside.push([path.slice(slash + 1), entry]);
    folders.set(name, inside);
  }
  return folders;
}
