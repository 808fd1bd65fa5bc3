import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Patch, TreeChange, Workspace } from '../workspace/types.ts';
import { type FileChange, type Placed, placeFiles } from './files.ts';

/** Puts a patch into the working tree; the tree must be the patch's base, file by file, or nothing happens. */
export async function land(workspace: Workspace, patch: Patch): Promise<Placed> {
  const changes = await Promise.all(patch.changes.map((change) => fileChange(workspace, change)));
  return placeFiles(workspace.root, changes);
}

/** Keeps a patch that cannot land. Gives the file; `git apply` takes it. */
export async function park(patch: Patch, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'parked.patch');
  await writeFile(file, patch.text);
  return file;
}

async function fileChange(workspace: Workspace, { path, oldBlob, newBlob, newMode }: TreeChange): Promise<FileChange> {
  return {
    path,
    oldBlob: isAbsent(oldBlob) ? undefined : oldBlob,
    newBytes: isAbsent(newBlob) ? undefined : await workspace.blob(newBlob),
    newMode: newMode === '100755' ? 0o755 : 0o644,
  };
}

function isAbsent(blob: string): boolean {
  return /^0+$/.test(blob);
}
