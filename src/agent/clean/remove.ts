import { lstat, rename, rm } from 'node:fs/promises';
import { codeOf, messageOf } from '../../errors.ts';
import { removeTree } from '../../workspace/folders.ts';
import { look, measure } from './measure.ts';
import { goneSuffix, type Thing } from './stock.ts';

export interface Removal {
  readonly removed: readonly Thing[];
  /** What is still there, as a whole or in part. */
  readonly failed: ReadonlyArray<{ readonly thing: Thing; readonly path: string; readonly why: string }>;
  readonly freedBytes: number;
}

/**
 * Removes things, links in them not followed. A folder is moved aside in one step first, so that half of one is never
 * taken for a whole one. What has vanished meanwhile is gone. Never rejects for what the disk refuses.
 */
export async function removeAll(things: readonly Thing[], signal?: AbortSignal): Promise<Removal> {
  const removed: Thing[] = [];
  const failed: Removal['failed'][number][] = [];
  let freedBytes = 0;
  for (const thing of things) {
    if (signal?.aborted === true) break;
    const left = await removeOne(thing);
    if (left === undefined) removed.push(thing);
    else failed.push({ thing, ...left });
    const leftBytes = left === undefined ? 0 : (await measure(left.path)).bytes;
    freedBytes += Math.max(0, thing.bytes - leftBytes);
  }
  return { removed, failed, freedBytes };
}

async function removeOne({ path, isFolder }: Thing): Promise<{ path: string; why: string } | undefined> {
  let at = path;
  try {
    const stats = await lstat(path);
    // Another has come into its place since it was looked at.
    if (stats.isDirectory() !== isFolder || stats.isSymbolicLink()) return { path, why: 'it was replaced meanwhile' };
    if (!isFolder) {
      await rm(path, { force: true });
      return undefined;
    }
    if (!path.includes(goneSuffix)) {
      const aside = `${path}${goneSuffix}${process.pid}`;
      await rename(path, aside);
      at = aside;
    }
    await removeTree(at);
    return undefined;
  } catch (error) {
    if (codeOf(error) === 'ENOENT' && (await look(at)) === undefined) return undefined;
    return { path: at, why: whyNot(error) };
  }
}

function whyNot(error: unknown): string {
  const code = codeOf(error);
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return `this user may not remove it (${code})`;
    case 'EROFS':
      return 'its disk is read-only (EROFS)';
    case 'EBUSY':
      return 'it is in use, or a disk is mounted there (EBUSY)';
    default:
      return messageOf(error);
  }
}
