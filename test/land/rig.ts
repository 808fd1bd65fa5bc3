import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FileChange } from '../../src/land/files.ts';
import { keepPatch } from '../../src/land/kept.ts';
import type { Patch, Workspace } from '../../src/workspace/types.ts';

/** As git counts it, and not by the code under test. */
export function gitBlobId(content: string | Uint8Array): string {
  const bytes = Buffer.from(content);
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

export function write(root: string, path: string, text: string | Uint8Array): void {
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

/** A file of a patch: its bytes before and after, undefined where there is none. */
export interface Both {
  readonly path: string;
  readonly before?: string | Buffer | undefined;
  readonly after?: string | Buffer | undefined;
  readonly newMode?: '100644' | '100755';
}

/** Keeps both sides of every file in a folder, as a landing does. */
export async function keep(root: string, folder: string, files: readonly Both[]): Promise<void> {
  const snapshot = { commit: 'a'.repeat(40), tree: 'a'.repeat(40) };
  const blobs = new Map<string, Buffer>();
  const idOf = (content: string | Buffer | undefined): string => {
    if (content === undefined) return '0'.repeat(40);
    const id = gitBlobId(content);
    blobs.set(id, Buffer.from(content));
    return id;
  };
  const changes = files.map(({ path, before, after, newMode = '100644' }): Patch['changes'][number] => ({
    path,
    kind: before === undefined ? 'added' : after === undefined ? 'deleted' : 'modified',
    ...{ oldBlob: idOf(before), newBlob: idOf(after) },
    oldMode: before === undefined ? '000000' : '100644',
    newMode: after === undefined ? '000000' : newMode,
  }));
  const used: Partial<Workspace> = { root, blob: async (id) => blobs.get(id) ?? Buffer.alloc(0) };
  await keepPatch(used as Workspace, { base: snapshot, result: snapshot, changes, text: '' }, folder);
}
