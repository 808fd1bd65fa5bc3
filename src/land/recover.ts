import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { blobId } from '../workspace/objects.ts';
import { giveBack, temporaryName, temporaryPrefix } from './files.ts';
import { type KeptFile, readKept } from './kept.ts';
import { type RestoreInput, restore } from './restore.ts';

/** `conflict`: in some files the person's lines stand against it; these are left as they are, all others are as before. */
export type Recovered = 'finished' | 'rolled-back' | 'conflict';

/** A file of the landing, and what a crash has left beside it. */
interface Remains {
  readonly file: KeptFile;
  readonly target: string;
  /** New content, whole or written half. */
  readonly fresh: readonly string[];
  /** Holds what was there before, or what the landing had put there and was taking back. */
  readonly ours: readonly string[];
  /** Moved aside, and then written by somebody who had it open. */
  readonly theirs: readonly string[];
}

/**
 * After a crash in the middle of a landing: every file is either as before, as after, or moved aside. If everything is in
 * place, the landing is finished; else originals go back where nothing is in their place, and what is in place is taken
 * back, as far as the person has not changed it since.
 */
export async function recoverLanding(input: Omit<RestoreInput, 'direction' | 'except'>): Promise<Recovered> {
  const all = (await readKept(input.folder)).map((file) => remainsOf(input.root, file));
  const isFinished = isInPlace(all);
  for (const remains of all) tidy(remains, isFinished);
  if (isFinished) return 'finished';
  const except = new Set(all.flatMap(({ file, theirs }) => (theirs.length > 0 ? [file.path] : [])));
  const restored = await restore({ ...input, direction: 'undo', except });
  if (restored.kind === 'restored') return 'rolled-back';
  await restore({ ...input, direction: 'undo', except: new Set([...except, ...restored.paths]) });
  return 'conflict';
}

/** All of the patch is there. Originals are removed at the very end: without any, the person may have gone on since. */
function isInPlace(all: readonly Remains[]): boolean {
  if (all.some(({ theirs }) => theirs.length > 0)) return false;
  const now = all.map(({ file, target }) => ({ ...file, blob: currentBlob(target) }));
  if (now.every(({ blob, new_blob }) => blob === new_blob)) return true;
  const isSettled = all.every(({ ours }) => ours.length === 0) && now.every(({ blob, old_blob }) => blob !== old_blob);
  return isSettled && now.some(({ blob, new_blob }) => blob !== null && blob === new_blob);
}

function remainsOf(root: string, file: KeptFile): Remains {
  const target = join(root, file.path);
  const folder = dirname(target);
  const prefix = temporaryPrefix(file.path);
  const left = entries(folder)
    .filter((name) => name.startsWith(prefix) && temporaryName.test(name))
    // What was moved away last is found first: its name has no ending.
    .sort()
    .map((name) => join(folder, name));
  const isFresh = (name: string): boolean => name.endsWith('-new');
  const isOurs = (name: string): boolean => {
    const blob = currentBlob(name);
    return blob !== null && (blob === file.old_blob || blob === file.new_blob);
  };
  const moved = left.filter((name) => !isFresh(name));
  return {
    ...{ file, target },
    fresh: left.filter(isFresh),
    ours: moved.filter(isOurs),
    theirs: moved.filter((name) => !isOurs(name)),
  };
}

/** Removes what the landing left beside the target; what was moved aside and is missed goes back first. */
function tidy({ file, target, fresh, ours, theirs }: Remains, isFinished: boolean): void {
  for (const name of theirs) {
    if (file.new_blob !== null && currentBlob(target) === file.new_blob) rmSync(target);
    giveBack(name, target);
  }
  // What was new was moved aside by a recovery that was cut short itself; it is taken back as what is in place.
  for (const blob of [file.old_blob, file.new_blob]) {
    if (isFinished) break;
    for (const name of ours) if (blob !== null && currentBlob(name) === blob) giveBack(name, target);
  }
  for (const name of [...fresh, ...ours]) rmSync(name, { force: true });
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
