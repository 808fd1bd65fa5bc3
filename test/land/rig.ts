import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FileChange } from '../../src/land/files.ts';

/** As git counts it, and not by the code under test. */
export function gitBlobId(text: string): string {
  const bytes = Buffer.from(text);
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

/** Undefined texts: no file before, or none after. */
export function change(
  path: string,
  before: string | undefined,
  after: string | undefined,
  newMode = 0o644,
): FileChange {
  return {
    path,
    oldBlob: before === undefined ? undefined : gitBlobId(before),
    newBytes: after === undefined ? undefined : Buffer.from(after),
    newMode,
  };
}

export function write(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** Everything below a folder: texts of files, `link to …`, and folders that are empty (`dir/`: ''). */
export function tree(root: string, below = ''): Record<string, string> {
  const found: Record<string, string> = {};
  const names = readdirSync(join(root, below));
  if (names.length === 0 && below !== '') found[below] = '';
  for (const name of names) {
    const path = `${below}${name}`;
    const stats = lstatSync(join(root, path));
    if (stats.isSymbolicLink()) found[path] = `link to ${readlinkSync(join(root, path))}`;
    else if (stats.isDirectory()) Object.assign(found, tree(root, `${path}/`));
    else found[path] = readFileSync(join(root, path), 'utf8');
  }
  return found;
}
