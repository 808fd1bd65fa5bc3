import { lstatSync } from 'node:fs';
import { chmod, lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../errors.ts';

/**
 * Whether every step of `path` below `root` is a folder and none a link: what runs in a lane may have put a link to the
 * person's own tree there, and we would write or delete through it.
 */
export function isRealFolder(root: string, path: string): boolean {
  let at = root;
  for (const step of path.split('/').filter((name) => name !== '')) {
    at = join(at, step);
    if (!lstatSync(at, { throwIfNoEntry: false })?.isDirectory()) return false;
  }
  return true;
}

/** Makes `path` an own folder; a link or a file in its place is removed. Its parent must be real. */
export async function ownFolder(path: string): Promise<void> {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory()) return;
  if (stats) await rm(path, { force: true });
  await mkdir(path);
}

/** Removes a tree without following links, also where somebody took the permissions away. */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (codeOf(error) !== 'EACCES' && codeOf(error) !== 'EPERM') throw error;
    await allowRemoval(path);
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function allowRemoval(folder: string): Promise<void> {
  if (!(await lstat(folder)).isDirectory()) return;
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await allowRemoval(join(folder, entry.name));
  }
}
