import { createHash, randomBytes } from 'node:crypto';
import { constants, copyFileSync, linkSync, lstatSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { chmod, lstat, mkdir, realpath, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { codeOf } from '../errors.ts';
import { failpointNow } from '../failpoint.ts';
import { blobId } from '../workspace/objects.ts';

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
  /** Where the new one goes while it is taken back. */
  readonly spare: string;
}

/** How the files are called that stand beside a target for a moment, as the workspace knows them too. */
export { temporaryFile as temporaryName } from '../workspace/paths.ts';

/** What stands beside a target begins with this: after a crash the files of one folder have to be told apart. */
export function temporaryPrefix(path: string): string {
  return `.mendwatch-${createHash('sha1').update(path).digest('hex').slice(0, 8)}`;
}

/**
 * Puts all files into the tree or none. Nothing of the person's is ever overwritten: the original is moved aside and
 * compared, the new file is linked into a place that must be empty; both happen in one synchronous stretch. A program
 * that still writes into the original through an open descriptor is noticed a little later (`settleMs`), and wins.
 */
export async function placeFiles(root: string, changes: readonly FileChange[], settleMs = 50): Promise<Placed> {
  const madeFolders: string[] = [];
  const steps: Step[] = [];
  let isPlaced = false;
  try {
    for (const change of changes) await prepare(root, change, steps, madeFolders);
    const lost = swapAll(steps);
    if (lost !== undefined) return { kind: 'person-won', path: lost };
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    const late = lateWriter(steps);
    if (late !== undefined) {
      undoSteps(steps);
      return { kind: 'person-won', path: late };
    }
    // In the same stretch as the look at them.
    for (const { aside } of steps) rmSync(aside, { force: true });
    isPlaced = true;
    return { kind: 'placed' };
  } finally {
    for (const { fresh } of steps) if (fresh !== undefined) await rm(fresh, { force: true });
    if (!isPlaced) await removeEmpty(madeFolders);
  }
}

/** Adds to `steps` before it writes, so that what is written half is removed too. */
async function prepare(root: string, change: FileChange, steps: Step[], madeFolders: string[]): Promise<void> {
  const target = join(root, ...change.path.split('/'));
  await makeFolders(root, change.path, madeFolders);
  // Watchers and snapshots leave such names out.
  const name = join(dirname(target), `${temporaryPrefix(change.path)}${randomBytes(4).toString('hex')}`);
  const fresh = change.newBytes === undefined ? undefined : `${name}-new`;
  steps.push({ change, target, fresh, aside: `${name}-old`, spare: name });
  if (fresh === undefined || change.newBytes === undefined) return;
  // On the disk before it takes the place of bytes that are.
  await writeFile(fresh, change.newBytes, { flag: 'wx', flush: true });
  await chmod(fresh, await permissionBits(target, change.newMode));
}

/** Step by step, since a folder on the way may be a link that leads out of the project. */
async function makeFolders(root: string, path: string, madeFolders: string[]): Promise<void> {
  const realRoot = await realpath(root);
  let folder = root;
  for (const name of path.split('/').slice(0, -1)) {
    folder = join(folder, name);
    try {
      await mkdir(folder);
      madeFolders.push(folder);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    if (!(await realpath(folder)).startsWith(realRoot + sep)) throw new Error(`${path} leads out of the project`);
  }
}

/** Of the file that is there, else the fallback. */
export async function permissionBits(target: string, fallback: number): Promise<number> {
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
    failpointNow('land.file');
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
    if (!moveFile(target, aside)) return false;
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

/** False when there is no file any more: gone, or a folder or a link in its place. */
function moveFile(from: string, to: string): boolean {
  try {
    if (!lstatSync(from).isFile()) return false;
    renameSync(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return false;
    throw error;
  }
}

function holds(file: string, blob: string): boolean {
  try {
    return lstatSync(file).isFile() && blobId(readFileSync(file)) === blob;
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
export function giveBack(aside: string, target: string): void {
  try {
    linkSync(aside, target);
  } catch (error) {
    // No hard links here, or somebody put a folder there in the last moment. Never copied: whoever has it open goes on writing into it.
    if (codeOf(error) !== 'EEXIST' && lstatSync(target, { throwIfNoEntry: false }) === undefined) {
      renameSync(aside, target);
      return;
    }
  }
  rmSync(aside, { force: true });
}

/** Takes back as much as can be, whatever happens on the way. */
function undoSteps(steps: readonly Step[]): void {
  const faults: unknown[] = [];
  for (const step of [...steps].reverse()) {
    try {
      undo(step);
    } catch (error) {
      faults.push(error);
    }
  }
  if (faults.length > 0) throw faults[0];
}

function undo({ change, target, aside, spare }: Step): void {
  // Moved before it is compared, as on the way in: what the person has put there meanwhile is not ours to remove.
  if (change.newBytes !== undefined && moveFile(target, spare)) {
    if (holds(spare, blobId(change.newBytes))) rmSync(spare, { force: true });
    else giveBack(spare, target);
  } else if (change.newBytes !== undefined && change.oldBlob !== undefined && holds(aside, change.oldBlob)) {
    // They have deleted it meanwhile.
    rmSync(aside, { force: true });
    return;
  }
  if (change.oldBlob !== undefined) giveBack(aside, target);
}

/** An original that no longer holds what it held: somebody wrote into it after it had been moved. */
function lateWriter(steps: readonly Step[]): string | undefined {
  const late = steps.find(({ change, aside }) => change.oldBlob !== undefined && !holds(aside, change.oldBlob));
  return late?.change.path;
}

/** The innermost first. What has something in it by now stays. */
async function removeEmpty(folders: readonly string[]): Promise<void> {
  for (const folder of [...folders].reverse()) await rmdir(folder).catch(() => undefined);
}
