import { lstat, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Patch, Workspace } from '../workspace/types.ts';

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
  const files: KeptFile[] = [];
  for (const { path, oldBlob, newBlob, oldMode, newMode } of patch.changes) {
    const file: KeptFile = {
      path,
      old_blob: blobOrNull(oldBlob),
      new_blob: blobOrNull(newBlob),
      old_mode: await permissionBits(join(workspace.root, path), oldMode),
      new_mode: bitsOf(newMode),
    };
    for (const blob of [file.old_blob, file.new_blob]) {
      if (blob !== null) await writeFile(join(folder, blob), await workspace.blob(blob));
    }
    files.push(file);
  }
  await writeFile(join(folder, listName), JSON.stringify(files));
  return files;
}

/** @throws when nothing was kept there, or something else has been written over it */
export async function readKept(folder: string): Promise<readonly KeptFile[]> {
  return z.array(keptFileSchema).parse(JSON.parse(await readFile(join(folder, listName), 'utf8')));
}

export async function readKeptBytes(folder: string, blob: string): Promise<Buffer> {
  return readFile(join(folder, blob));
}

function blobOrNull(blob: string): string | null {
  return /^0+$/.test(blob) ? null : blob;
}

/** Git knows only whether a file is executable; the file itself knows the rest. */
async function permissionBits(file: string, gitMode: string): Promise<number> {
  try {
    return (await lstat(file)).mode & 0o7777;
  } catch {
    return bitsOf(gitMode);
  }
}

function bitsOf(gitMode: string): number {
  return gitMode === '100755' ? 0o755 : 0o644;
}
