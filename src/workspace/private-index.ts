import { randomBytes } from 'node:crypto';
import { accessSync, constants, existsSync, lstatSync } from 'node:fs';
import { rm, stat, utimes } from 'node:fs/promises';
import { setImmediate as breathe } from 'node:timers/promises';
import { codeOf } from '../errors.ts';
import { ancestorsOf, type BytePath, below, isAtOrIn, joinNul, parentOf, splitNul } from './paths.ts';
import type { Shadow } from './shadow.ts';

type Presence = 'present' | 'absent' | 'unreadable' | 'too large';

/** From this many new files on, they go into one pack: a third of the time of single objects. */
const LARGE_ADD = 1_000;
/** Git looks for each new file among all that it has put into the pack: 100,000 at once would take a minute. */
const FILES_A_PACK = 5_000;
const INSPECTED_AT_A_TIME = 1_000;
/** Data and not source: to store one such file would take seconds and its size on the disk, for each version of it. */
const LARGEST_BYTES = 64 * 1024 * 1024;

/** An index file of ours over a working tree. Not for concurrent calls. */
export class PrivateIndex {
  readonly file: string;
  readonly workTree: string;
  readonly #shadow: Shadow;
  /** Exactly the paths in the index file, or undefined when they have to be read first. */
  #members: Set<BytePath> | undefined;

  constructor(shadow: Shadow, name: string, workTree: string) {
    this.#shadow = shadow;
    this.file = shadow.indexFile(name);
    this.workTree = workTree;
  }

  /** For one use; to be discarded. */
  static once(shadow: Shadow, workTree: string): PrivateIndex {
    return new PrivateIndex(shadow, `once-${randomBytes(8).toString('hex')}`, workTree);
  }

  get place(): { workTree: string; index: string } {
    return { workTree: this.workTree, index: this.file };
  }

  async discard(): Promise<void> {
    this.#members = undefined;
    await rm(`${this.file}.lock`, { force: true });
    await rm(this.file, { force: true });
  }

  /** To be called when git has changed the file by another way than `update`. */
  forget(): void {
    this.#members = undefined;
  }

  async members(): Promise<ReadonlySet<BytePath>> {
    return this.#load();
  }

  async #load(): Promise<Set<BytePath>> {
    if (!existsSync(this.file)) this.#members = new Set();
    if (this.#members === undefined) {
      this.#members = new Set(splitNul((await this.#shadow.run(this.place, ['ls-files', '-z'])).stdout));
    }
    return this.#members;
  }

  /** Paths of the index whose files differ from it, or may differ. Starts no filter and writes nothing. */
  async touched(): Promise<BytePath[]> {
    if ((await this.#load()).size === 0) return [];
    const { stdout } = await this.#shadow.run(this.place, ['diff-files', '-z', '--name-only', '--no-renames']);
    return splitNul(stdout);
  }

  /**
   * Takes files as they are on disk, and `gone` out.
   *
   * Git compares a file's content only when its time is not older than the index (git's racy-git.txt), in whole
   * seconds. A file that was saved again with the same size in the second in which it was read, before the index was
   * written in the next one, would be taken for unchanged for ever. So the index is dated before the reading began.
   *
   * @param files no longer on disk: taken out too; unreadable: the last content stays.
   * @param isRestless the tree changes all the time: what vanishes meanwhile is left out.
   * @returns whether anything may have changed, what could not be read, and what is too large (and so was taken out).
   */
  async update(
    files: Iterable<BytePath>,
    gone: Iterable<BytePath>,
    isRestless = false,
  ): Promise<{ any: boolean; unreadable: BytePath[]; tooLarge: BytePath[] }> {
    const members = await this.#load();
    const startedSeconds = Math.floor(Date.now() / 1000);
    const present: BytePath[] = [];
    const unreadable: BytePath[] = [];
    const tooLarge: BytePath[] = [];
    const removed = new Set([...gone].filter((path) => members.has(path)));
    for await (const [path, presence] of inspect(this.workTree, files)) {
      if (presence === 'present') present.push(path);
      else if (presence === 'unreadable') unreadable.push(path);
      else if (members.has(path)) removed.add(path);
      if (presence === 'too large') tooLarge.push(path);
    }
    for (const path of inTheWay(present, members)) removed.add(path);
    const any = removed.size + present.length > 0;
    try {
      if (removed.size > 0) {
        await this.#feed(['--force-remove'], removed);
        for (const path of removed) members.delete(path);
      }
      for (let at = 0; at < present.length; at += FILES_A_PACK) {
        const part = present.slice(at, at + FILES_A_PACK);
        await this.#feed(isRestless ? ['--add', '--remove', '--replace'] : ['--add'], part);
        for (const path of part) members.add(path);
      }
      if (isRestless) this.forget();
    } finally {
      if (any && existsSync(this.file)) await utimes(this.file, startedSeconds - 1, startedSeconds - 1);
    }
    return { any, unreadable, tooLarge };
  }

  async writeTree(): Promise<string> {
    const { atimeMs, mtimeMs } = await stat(this.file);
    const { stdout } = await this.#shadow.run(this.place, ['write-tree']);
    await utimes(this.file, atimeMs / 1000, mtimeMs / 1000);
    return stdout.toString('latin1').trim();
  }

  /**
   * Without `--remove` and `--replace`, git fails and writes nothing when the tree changes under our hands, and what we
   * know of the index stays exact. The caller looks again.
   */
  async #feed(options: readonly string[], paths: Iterable<BytePath>): Promise<void> {
    const list = [...paths];
    const isLarge = list.length >= LARGE_ADD && this.#shadow.packsLargeAdds;
    const settings = isLarge ? ['-c', 'core.bigFileThreshold=1'] : [];
    const args = [...settings, 'update-index', ...options, '-z', '--stdin'];
    await this.#shadow.run(this.place, args, { input: joinNul(list) });
  }
}

/**
 * Members that were folders of what are files now, or files that are folders now. `diff-files` names most of them, but
 * not those behind a link that leads to itself.
 */
function inTheWay(present: readonly BytePath[], members: ReadonlySet<BytePath>): BytePath[] {
  const fresh = new Set(present.filter((path) => !members.has(path)));
  if (fresh.size === 0 || members.size === 0) return [];
  const found = [...members].filter((path) => isAtOrIn(path, fresh));
  for (const path of fresh) found.push(...ancestorsOf(path).filter((at) => members.has(at)));
  return found;
}

/** Looks at files without following links, not even among their folders; lets others run in between. */
async function* inspect(root: string, paths: Iterable<BytePath>): AsyncGenerator<[BytePath, Presence]> {
  const folders = new Map<BytePath, boolean>([['', true]]);
  let count = 0;
  for (const path of paths) {
    yield [path, presenceOf(root, path, folders)];
    count += 1;
    if (count % INSPECTED_AT_A_TIME === 0) await breathe();
  }
}

function isRealFolder(root: string, folder: BytePath, known: Map<BytePath, boolean>): boolean {
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
    if (stats?.isSymbolicLink()) return 'present';
    if (!stats?.isFile()) return 'absent';
    if (stats.size > LARGEST_BYTES) return 'too large';
    accessSync(file, constants.R_OK);
    return 'present';
  } catch (error) {
    const code = codeOf(error);
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'absent' : 'unreadable';
  }
}
