import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { blobId } from '../workspace/objects.ts';
import type { Patch, Workspace } from '../workspace/types.ts';
import { type FileChange, permissionBits } from './files.ts';

/**
 * A change of one file with everything that is needed to make it or to take it back, whatever happens to the cache.
 * Blobs are git blob ids; null where there is no file. Modes are permission bits.
 */
const keptFileSchema = z.object({
  path: z.string(),
  old_blob: z.string().nullable(),
  new_blob: z.string().nullable(),
  old_mode: z.int(),
  new_mode: z.int(),
});

export type KeptFile = z.infer<typeof keptFileSchema>;

const listName = 'files.json';

/** Keeps both sides of a patch in a folder of the task: the bytes by blob id, and the list of files. */
export async function keepPatch(workspace: Workspace, patch: Patch, folder: string): Promise<readonly KeptFile[]> {
  await mkdir(folder, { recursive: true });
  const files = await Promise.all(
    patch.changes.map(async ({ path, oldBlob, newBlob, oldMode, newMode }): Promise<KeptFile> => {
      // Git knows only whether a file is executable; the file itself knows the rest.
      const old_mode = await permissionBits(join(workspace.root, path), bitsOf(oldMode));
      return {
        path,
        old_blob: blobOrNull(oldBlob),
        new_blob: blobOrNull(newBlob),
        old_mode,
        new_mode: bitsOf(newMode),
      };
    }),
  );
  const blobs = new Set(files.flatMap((file) => [file.old_blob, file.new_blob]).filter((blob) => blob !== null));
  // On the disk before the original leaves its place: a power cut must not take both.
  const keep = async (blob: string) => writeFile(join(folder, blob), await workspace.blob(blob), { flush: true });
  await Promise.all([...blobs].map(keep));
  await writeFile(join(folder, listName), JSON.stringify(files));
  return files;
}

/**
 * The same for a change that is made from bytes: what is in the tree now, and what comes in its place. The list is
 * written last and taken away first; without it nothing was moved.
 */
export async function keepMove(root: string, folder: string, changes: readonly FileChange[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  await rm(join(folder, listName), { force: true });
  const files: KeptFile[] = [];
  for (const { path, oldBlob, newBytes, newMode } of changes) {
    const newBlob = newBytes === undefined ? null : blobId(newBytes);
    if (oldBlob !== undefined) await keepOriginal(join(root, path), join(folder, oldBlob));
    if (newBytes !== undefined && newBlob !== null) await writeFile(join(folder, newBlob), newBytes);
    const old_mode = await permissionBits(join(root, path), newMode);
    files.push({ path, old_blob: oldBlob ?? null, new_blob: newBlob, old_mode, new_mode: newMode });
  }
  const fresh = join(folder, `${listName}.new`);
  await writeFile(fresh, JSON.stringify(files));
  await rename(fresh, join(folder, listName));
}

/** @throws when nothing was kept there, or something else has been written over it */
export async function readKept(folder: string): Promise<readonly KeptFile[]> {
  return z.array(keptFileSchema).parse(JSON.parse(await readFile(join(folder, listName), 'utf8')));
}

/** Where the person has saved in this very moment, nothing will be moved. */
async function keepOriginal(file: string, kept: string): Promise<void> {
  const bytes = await readFile(file).catch(() => undefined);
  if (bytes !== undefined && kept.endsWith(blobId(bytes))) await writeFile(kept, bytes, { flush: true });
}

export async function readKeptBytes(folder: string, blob: string): Promise<Buffer> {
  return readFile(join(folder, blob));
}

function blobOrNull(blob: string): string | null {
  return /^0+$/.test(blob) ? null : blob;
}

function bitsOf(gitMode: string): number {
  return gitMode === '100755' ? 0o755 : 0o644;
}
