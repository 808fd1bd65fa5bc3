import { linkSync, lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { blobId, temporaryName } from './files.ts';
import { type KeptFile, readKept } from './kept.ts';
import { type RestoreInput, restore } from './restore.ts';

/** `conflict`: a part is in place, and the person has changed it since; nothing more is done. */
export type Recovered = 'finished' | 'rolled-back' | 'conflict';

/**
 * After a crash in the middle of a landing: every file is either as before, as after, or moved aside. Originals that
 * were moved aside go back where nothing is in their place; then, if everything is in place, the landing is finished,
 * else what is in place is taken back, as far as the person has not changed it since.
 */
export async function recoverLanding(input: Omit<RestoreInput, 'direction'>): Promise<Recovered> {
  const files = await readKept(input.folder);
  const isFinished = files.every((file) => currentBlob(join(input.root, file.path)) === file.new_blob);
  for (const file of files) tidy(input.root, file, isFinished);
  if (isFinished) return 'finished';
  const restored = await restore({ ...input, direction: 'undo' });
  return restored.kind === 'restored' ? 'rolled-back' : 'conflict';
}

/** Removes what the landing left beside the target; an original that was moved aside goes back first. */
function tidy(root: string, file: KeptFile, isFinished: boolean): void {
  const target = join(root, file.path);
  const folder = dirname(target);
  for (const name of entries(folder).filter((entry) => temporaryName.test(entry))) {
    const left = join(folder, name);
    const blob = currentBlob(left);
    if (blob !== file.old_blob && blob !== file.new_blob) continue;
    if (!isFinished && blob === file.old_blob && lstatSync(target, { throwIfNoEntry: false }) === undefined) {
      linkSync(left, target);
    }
    rmSync(left, { force: true });
  }
}

function entries(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function currentBlob(file: string): string | null {
  try {
    return blobId(readFileSync(file));
  } catch {
    return null;
  }
}
