import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { foreignFolders } from './ignored-folders.ts';

const deepest = 24;
const mostFiles = 50_000;

/**
 * Names of the files of a project, folder by folder from the top, so that a limit leaves out the deepest. Links are not
 * followed, and nothing is opened.
 */
export async function projectFiles(root: string): Promise<readonly string[]> {
  const isForeign = foreignFolders(root);
  const files: string[] = [];
  let level = [''];
  for (let depth = 0; depth <= deepest && level.length > 0 && files.length < mostFiles; depth += 1) {
    const listed = await Promise.all(level.map((folder) => entriesOf(root, folder)));
    const next: string[] = [];
    for (const { folder, entries } of listed) {
      for (const entry of entries) {
        const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
        if (entry.isFile()) files.push(path);
        else if (entry.isDirectory() && !(await isForeign(path))) next.push(path);
      }
    }
    level = next;
  }
  return files.slice(0, mostFiles);
}

async function entriesOf(root: string, folder: string): Promise<{ folder: string; entries: readonly Dirent[] }> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
  return { folder, entries: entries.sort((one, other) => (one.name < other.name ? -1 : 1)) };
}
