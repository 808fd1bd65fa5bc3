import { createHash, randomBytes } from 'node:crypto';
import { constants, copyFileSync, linkSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { chmod, lstat, mkdir, realpath, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { codeOf } from '../errors.ts';

/** One file to put into the working tree. Ids are git blob ids; undefined bytes or ids mean that there is no file. */
export interface FileChange {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly oldBlob: string | undefined;
  readonly newBytes: Uint8Array | undefined;
  /** Permission bits of a new file; an existing file keeps its own. */
  readonly newMode: number;
}

export type Placed =
  | { readonly kind: 'placed' }
  /** The person changed this file first; nothing of the patch is in the tree. */
  | { readonly kind: 'person-won'; readonly path: string };

interface Step {
  readonly change: FileChange;
  readonly target: string;
  /** The new content, complete, beside the target. */
  readonly fresh: string | undefined;
  /** Where the original goes while the new one takes its place. */
  readonly aside: string;
}

/** Names that watchers and snapshots leave out. */
export const temporaryName = /(^|\/)\.mendwatch-[0-9a-f]{16}(-(old|new))?$/;

/** The id git gives these bytes: SHA-1 over `blob <length>\0<bytes>` (git-scm.com, "Git Objects"). */
function blobId(bytes: Uint8Array): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

/**
 * Puts all files into the tree or none. Nothing of the person's is ever overwritten: the original is moved aside and
 * compared, the new file is linked into a place that must be empty; both happen in one synchronous stretch. A program
 * that still writes into the original through an open descriptor is noticed a little later (`settleMs`), and wins.
 */
export async function placeFiles(root: string, changes: readonly FileChange[], settleMs = 50): Promise<Placed> {
  const madeFolders: string[] = [];
  const steps: Step[] = [];
  try {
    for (const change of changes) steps.push(await prepare(root, change, madeFolders));
    const lost = swapAll(steps);
    if (lost !== undefined) {
      await removeEmpty(madeFolders);
      return { kind: 'person-won', path: lost };
    }
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    const late = lateWriter(steps);
    if (late !== undefined) {
      undoSteps(steps);
      return { kind: 'person-won', path: late };
    }
    for (const { aside } of steps) await rm(aside, { force: true });
    return { kind: 'placed' };
  } finally {
    for (const { fresh } of steps) if (fresh !== undefined) await rm(fresh, { force: true });
  }
}

async function prepare(root: string, change: FileChange, madeFolders: string[]): Promise<Step> {
  const target = join(root, ...change.path.split('/'));
  const folder = dirname(target);
  const made = await mkdir(folder, { recursive: true });
  if (made !== undefined) madeFolders.push(made);
  // A folder on the way may be a link that leads out of the project.
  const real = await realpath(folder);
  const realRoot = await realpath(root);
  if (real !== realRoot && !real.startsWith(realRoot + sep)) throw new Error(`${change.path} leads out of the project`);
  const name = join(folder, `.mendwatch-${randomBytes(8).toString('hex')}`);
  const step: Step = {
    change,
    target,
    aside: `${name}-old`,
    fresh: change.newBytes === undefined ? undefined : `${name}-new`,
  };
  if (step.fresh !== undefined && change.newBytes !== undefined) {
    await writeFile(step.fresh, change.newBytes, { flag: 'wx' });
    await chmod(step.fresh, await permissionBits(target, change.newMode));
  }
  return step;
}

async function permissionBits(target: string, fallback: number): Promise<number> {
  try {
    return (await lstat(target)).mode & 0o7777;
  } catch {
    return fallback;
  }
}

/** Synchronous from the first rename to the last link. Gives the path that the person had changed, all undone. */
function swapAll(steps: readonly Step[]): string | undefined {
  const done: Step[] = [];
  for (const step of steps) {
    let swapped: boolean;
    try {
      swapped = swap(step);
    } catch (error) {
      undoSteps(done);
      throw error;
    }
    if (!swapped) {
      undoSteps(done);
      return step.change.path;
    }
    done.push(step);
  }
  return undefined;
}

function swap({ change, target, aside, fresh }: Step): boolean {
  if (change.oldBlob !== undefined) {
    try {
      renameSync(target, aside);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    }
    if (!holds(aside, change.oldBlob)) {
      giveBack(aside, target);
      return false;
    }
  }
  if (fresh === undefined) return true;
  try {
    if (linkExclusively(fresh, target)) return true;
  } catch (error) {
    if (change.oldBlob !== undefined) giveBack(aside, target);
    throw error;
  }
  // Somebody made a new file in the gap: theirs stays, and what was aside is older than theirs.
  if (change.oldBlob !== undefined) rmSync(aside, { force: true });
  return false;
}

function holds(file: string, blob: string): boolean {
  try {
    return blobId(readFileSync(file)) === blob;
  } catch {
    return false;
  }
}

function linkExclusively(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST') return false;
    // File systems without hard links (exFAT, some network mounts).
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'EMLINK') throw error;
  }
  try {
    copyFileSync(from, to, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Puts what was moved aside back, unless something newer is there already. */
function giveBack(aside: string, target: string): void {
  linkExclusively(aside, target);
  rmSync(aside, { force: true });
}

function undoSteps(steps: readonly Step[]): void {
  for (const { change, target, aside } of [...steps].reverse()) {
    if (change.newBytes !== undefined && holds(target, blobId(change.newBytes))) rmSync(target, { force: true });
    if (change.oldBlob !== undefined) giveBack(aside, target);
  }
}

/** An original that no longer holds what it held: somebody wrote into it after it had been moved. */
function lateWriter(steps: readonly Step[]): string | undefined {
  const late = steps.find(({ change, aside }) => change.oldBlob !== undefined && !holds(aside, change.oldBlob));
  return late?.change.path;
}

async function removeEmpty(folders: readonly string[]): Promise<void> {
  for (const folder of folders) await rmdir(folder).catch(() => undefined);
}
