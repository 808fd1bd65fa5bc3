import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  type Stats,
} from 'node:fs';
import { setImmediate as breathe } from 'node:timers/promises';
import { codeOf } from '../errors.ts';
import { GitError } from './git.ts';
import type { ObjectStore } from './object-store.ts';
import { type BytePath, below, parentOf, toText } from './paths.ts';
import type { Entry } from './tree-format.ts';

const INSPECTED_AT_A_TIME = 1_000;
/** Data and not source: to store one such file would take seconds and its size on the disk, for each version of it. */
const LARGEST_BYTES = 64 * 1024 * 1024;

/** What became of files that may have changed. */
export interface Look {
  readonly present: readonly BytePath[];
  readonly removed: ReadonlySet<BytePath>;
  readonly unreadable: readonly BytePath[];
  /** Removed as well, where they were known. */
  readonly tooLarge: readonly BytePath[];
  /** In bytes, of what is present. */
  readonly size: number;
  /** When the look began, since 1970. */
  readonly startedSeconds: number;
}

type Presence = 'absent' | 'unreadable' | 'too large' | { readonly size: number };

/** Looks at files below `root` without following links, not even among their folders; lets others run in between. */
export async function lookAt(
  root: string,
  files: Iterable<BytePath>,
  gone: Iterable<BytePath>,
  isKnown: (path: BytePath) => boolean,
): Promise<Look> {
  const startedSeconds = Math.floor(Date.now() / 1000);
  const present: BytePath[] = [];
  const unreadable: BytePath[] = [];
  const tooLarge: BytePath[] = [];
  const removed = new Set([...gone].filter(isKnown));
  const folders = new Map<BytePath, boolean>([['', true]]);
  let size = 0;
  let count = 0;
  for (const path of files) {
    const presence = presenceOf(root, path, folders);
    if (typeof presence === 'object') {
      present.push(path);
      size += presence.size;
    } else if (presence === 'unreadable') unreadable.push(path);
    else if (isKnown(path)) removed.add(path);
    if (presence === 'too large') tooLarge.push(path);
    count += 1;
    if (count % INSPECTED_AT_A_TIME === 0) await breathe();
  }
  return { present, removed, unreadable, tooLarge, size, startedSeconds };
}

/** Whether every step is a folder and none a link. @param known what is known already, the root at least */
export function isRealFolder(root: string, folder: BytePath, known: Map<BytePath, boolean>): boolean {
  const before = known.get(folder);
  if (before !== undefined) return before;
  const is =
    isRealFolder(root, parentOf(folder), known) &&
    lstatSync(below(root, folder), { throwIfNoEntry: false })?.isDirectory() === true;
  known.set(folder, is);
  return is;
}

/** Git works from inside of the tree: it names files whose whole path is longer than the system takes. */
function presenceOf(root: string, path: BytePath, folders: Map<BytePath, boolean>): Presence {
  try {
    if (!isRealFolder(root, parentOf(path), folders)) return 'absent';
    const file = below(root, path);
    const stats = lstatSync(file, { throwIfNoEntry: false });
    if (stats?.isSymbolicLink()) return stats;
    if (!stats?.isFile()) return 'absent';
    if (stats.size > LARGEST_BYTES) return 'too large';
    accessSync(file, constants.R_OK);
    return stats;
  } catch (error) {
    return isAbsence(error) ? 'absent' : 'unreadable';
  }
}

function isAbsence(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/**
 * Stores a file or link as git would where no attribute changes a byte.
 *
 * @throws GitError when it was changed or removed since it was looked at
 */
export async function storeFile(store: ObjectStore, root: string, path: BytePath): Promise<Entry> {
  let found: { readonly mode: string; readonly bytes: Buffer };
  try {
    found = readEntry(below(root, path));
  } catch (error) {
    throw new GitError(['update-index'], `could not read ${toText(path)}`, `Unable to process path: ${codeOf(error)}`);
  }
  return { mode: found.mode, id: await store.write('blob', found.bytes) };
}

function readEntry(file: Buffer): { mode: string; bytes: Buffer } {
  const stats: Stats = lstatSync(file);
  if (stats.isSymbolicLink()) return { mode: '120000', bytes: readlinkSync(file, 'buffer') };
  // A link that takes the place of the file in this moment must not lead out of the project.
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const opened = fstatSync(descriptor);
    if (!opened.isFile()) throw Object.assign(new Error('no file any more'), { code: 'ENOENT' });
    return { mode: opened.mode & 0o100 ? '100755' : '100644', bytes: readFileSync(descriptor) };
  } finally {
    closeSync(descriptor);
  }
}
