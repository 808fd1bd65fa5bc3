import fs from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import writeFileAtomic from 'write-file-atomic';
import { codeOf } from '../errors.ts';

/** Changes whenever the content of the file is replaced or edited; empty when there is no file. */
export type FileMark = string;

export function fileMark(file: string): FileMark {
  const stats = fs.statSync(file, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? '' : markOf(stats);
}

/** Not ctime: the final rename changes it. */
function markOf({ ino, size, mtimeNs }: fs.BigIntStats): FileMark {
  return `${ino}:${size}:${mtimeNs}`;
}

/** The last good copy beside a state file: the content before the last write. */
export function lastGoodPath(file: string): string {
  return `${file}.bak`;
}

const nothing = (): void => undefined;

/**
 * Replaces the file so that a reader sees the old or the new content and never a part. The content is on the disk before
 * it resolves; that the name points to it survives a power cut only after `syncFolder`. `lastCheck` runs when the new
 * content is safe and nothing has been replaced yet; when it throws, nothing is. `meanwhile` runs while the disk works.
 */
export async function replaceFile(
  file: string,
  text: string,
  lastCheck: () => void = nothing,
  meanwhile: () => void = nothing,
): Promise<FileMark> {
  let mark = '';
  await writeFileAtomic(file, null, {
    // Done here. The library's own write does not look at how many bytes were taken: on a full disk it would put a truncated file in place.
    fsync: false,
    tmpfileCreated: async (temporary) => {
      mark = await fill(temporary, Buffer.from(text), meanwhile);
      lastCheck();
    },
  });
  return mark;
}

/** Only the sync can take long; a hop to another thread for each of the other calls would double their time. */
async function fill(file: string, content: Buffer, meanwhile: () => void): Promise<FileMark> {
  const descriptor = fs.openSync(file, 'r+');
  try {
    for (let written = 0; written < content.length; ) written += fs.writeSync(descriptor, content, written);
    const stats = fs.fstatSync(descriptor, { bigint: true });
    if (stats.size !== BigInt(content.length)) {
      throw Object.assign(new Error(`wrote ${stats.size} of ${content.length} bytes`), { code: 'ENOSPC' });
    }
    const synced = sync(descriptor);
    meanwhile();
    await synced;
    return markOf(stats);
  } finally {
    fs.closeSync(descriptor);
  }
}

const sync = promisify(fs.fsync);

/** Makes a rename in the folder last. Where folders cannot be synced (Windows, some network disks), the system's own order has to do. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const descriptor = fs.openSync(folder, 'r');
    try {
      await sync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP', 'EISDIR', 'EPERM', 'EACCES', 'EBADF'].includes(codeOf(error) ?? '')) throw error;
  }
}

/** Gives what is in the file now a second name, `<file>.bak`, so that the coming rename does not end it. */
export function keepLastGood(file: string): void {
  const fresh = `${file}.bak-new`;
  fs.rmSync(fresh, { force: true });
  linkOrCopy(file, fresh);
  fs.renameSync(fresh, lastGoodPath(file));
  // When both names were the same file already, the rename has left the first one.
  fs.rmSync(fresh, { force: true });
}

function linkOrCopy(from: string, to: string): void {
  try {
    fs.linkSync(from, to);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'EXDEV', 'ENOSYS'].includes(codeOf(error) ?? '')) throw error;
    fs.copyFileSync(from, to, fs.constants.COPYFILE_EXCL);
  }
}

/** So many copies of each kind stay beside the file; the oldest go. */
const keptAside = 10;

/** Keeps the content under `<file>.<label>-<time>` and returns that path. The file itself stays, so that it is never missing. */
export function setAside(file: string, label: string, now: number): string {
  const stem = `${file}.${label}-${new Date(now).toISOString().replaceAll(':', '')}`;
  for (let number = 0; ; number++) {
    const target = number === 0 ? stem : `${stem}-${number}`;
    try {
      linkOrCopy(file, target);
    } catch (error) {
      if (codeOf(error) === 'EEXIST') continue;
      throw error;
    }
    pruneAside(`${file}.${label}-`);
    return target;
  }
}

function pruneAside(prefix: string): void {
  const folder = dirname(prefix);
  const copies = fs.readdirSync(folder).filter((name) => name.startsWith(basename(prefix)));
  for (const name of copies.sort().slice(0, -keptAside)) fs.rmSync(join(folder, name), { force: true });
}

/** Removes what killed writers left beside the file; only for the holder of the lock. Returns how many there were. */
export async function sweepLeftovers(file: string): Promise<number> {
  const name = basename(file);
  const names = await entriesOf(dirname(file));
  const leftovers = names.filter(
    (entry) =>
      entry === `${name}.bak-new` || (entry.startsWith(`${name}.`) && /^\d+$/.test(entry.slice(name.length + 1))),
  );
  for (const entry of leftovers) await rm(join(dirname(file), entry), { force: true });
  return leftovers.length;
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}
