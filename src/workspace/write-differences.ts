import { lstatSync, mkdirSync, rmdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { codeOf } from '../errors.ts';
import { isRealFolder } from './look.ts';
import type { ObjectStore } from './object-store.ts';
import { ancestorsOf, type BytePath, below, parentOf } from './paths.ts';
import type { Difference } from './trees.ts';

/**
 * Makes a folder that holds one tree hold another, file by file, as git would: new files in place of the old ones, no
 * folder that has become empty. Gives false, with a part of it done, where something else stands in a place: git knows
 * what to do with it.
 */
export async function writeDifferences(
  store: ObjectStore,
  root: string,
  differences: readonly Difference[],
): Promise<boolean> {
  try {
    // What goes may be in the way of what comes.
    for (const { path, before } of differences) {
      if (before === undefined) continue;
      if (!isRealFolder(root, parentOf(path), new Map([['', true]]))) return false;
      unlinkSync(below(root, path));
    }
    for (const { path, after } of differences) if (after === undefined) removeEmptyFolders(root, path);
    for (const { path, after } of differences) {
      if (after === undefined) continue;
      // One after the other: two hundred at once may be more than fits into memory.
      const bytes = await store.blob(after.id);
      if (!makeFolders(root, path)) return false;
      if (after.mode === '120000') symlinkSync(bytes, below(root, path));
      else writeFileSync(below(root, path), bytes, { flag: 'wx', mode: after.mode === '100755' ? 0o777 : 0o666 });
    }
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EEXIST', 'EISDIR', 'EPERM', 'EACCES', 'ELOOP'].includes(codeOf(error) ?? ''))
      return false;
    throw error;
  }
}

/** Gives false where a step is no folder, or a link: what were made behind that would lie elsewhere. */
function makeFolders(root: string, path: BytePath): boolean {
  for (const folder of ancestorsOf(path).reverse()) {
    const stats = lstatSync(below(root, folder), { throwIfNoEntry: false });
    if (stats === undefined) mkdirSync(below(root, folder));
    else if (!stats.isDirectory()) return false;
  }
  return true;
}

function removeEmptyFolders(root: string, path: BytePath): void {
  for (const folder of ancestorsOf(path)) {
    try {
      rmdirSync(below(root, folder));
    } catch {
      return;
    }
  }
}
