import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChangedFiles } from '../domain/claude-task.ts';

/** Everything in a folder by path, each with what changes when its content does. */
export interface Tree {
  readonly marks: ReadonlyMap<string, string>;
  readonly isComplete: boolean;
}

const limits = { files: 50_000, told: 1_000, atOnce: 64 };
const neverLooked = new Set(['.git', 'node_modules']);

/** Looks at a folder without reading a file. What vanishes meanwhile is left out, and so are these folders. */
export async function lookAtTree(root: string, leftOut: readonly string[]): Promise<Tree> {
  const marks = new Map<string, string>();
  const folders = [''];
  while (folders.length > 0 && marks.size < limits.files) {
    const found = await Promise.all(folders.splice(-limits.atOnce).map((folder) => look(root, folder, leftOut)));
    for (const { inside, files } of found) {
      folders.push(...inside);
      for (const [path, mark] of files) marks.set(path, mark);
    }
  }
  return { marks, isComplete: folders.length === 0 };
}

export function changesBetween(before: Tree, after: Tree): ChangedFiles {
  const [created, changed, deleted]: [string[], string[], string[]] = [[], [], []];
  for (const [path, mark] of after.marks) {
    const earlier = before.marks.get(path);
    if (earlier === undefined) created.push(path);
    else if (earlier !== mark) changed.push(path);
  }
  for (const path of before.marks.keys()) if (!after.marks.has(path)) deleted.push(path);
  const isShort = [created, changed, deleted].every(({ length }) => length <= limits.told);
  const told = (paths: string[]): readonly string[] => paths.sort().slice(0, limits.told);
  return {
    created: told(created),
    changed: told(changed),
    deleted: told(deleted),
    isComplete: before.isComplete && after.isComplete && isShort,
  };
}

async function look(
  root: string,
  folder: string,
  leftOut: readonly string[],
): Promise<{ inside: string[]; files: [string, string][] }> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
  const inside: string[] = [];
  const files: [string, string][] = [];
  for (const entry of entries) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!neverLooked.has(entry.name) && !leftOut.includes(join(root, path))) inside.push(path);
      continue;
    }
    const stats = await lstat(join(root, path)).catch(() => undefined);
    if (stats !== undefined) files.push([path, `${stats.ino}:${stats.size}:${stats.mtimeMs}:${stats.mode}`]);
  }
  return { inside, files };
}
