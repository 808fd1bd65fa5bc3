import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm, stat, utimes } from 'node:fs/promises';
import { type Look, lookAt } from './look.ts';
import { ancestorsOf, type BytePath, isAtOrIn, joinNul, splitNul } from './paths.ts';
import type { Shadow } from './shadow.ts';

/** From this many new files on, they go into one pack: a third of the time of single objects. */
const LARGE_ADD = 1_000;
/** Git looks for each new file among all that it has put into the pack: 100,000 at once would take a minute. */
const FILES_A_PACK = 5_000;

/** An index file of ours over a working tree. Not for concurrent calls. */
export class PrivateIndex {
  readonly file: string;
  readonly workTree: string;
  readonly #shadow: Shadow;
  /** Another one whenever the paths in the index may be others. */
  version = 0;
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
    this.forget();
    await rm(`${this.file}.lock`, { force: true });
    await rm(this.file, { force: true });
  }

  /** To be called when git has changed the file by another way than `update`. */
  forget(): void {
    this.version += 1;
    this.#members = undefined;
  }

  async members(): Promise<ReadonlySet<BytePath>> {
    return this.#load();
  }

  async #load(): Promise<Set<BytePath>> {
    if (!existsSync(this.file) && this.#members?.size !== 0) {
      this.version += 1;
      this.#members = new Set();
    }
    if (this.#members === undefined) {
      this.#members = new Set(splitNul((await this.#shadow.run(this.place, ['ls-files', '-z'])).stdout));
    }
    return this.#members;
  }

  /** Paths of the index whose files differ from it, or may differ. Starts no filter and writes nothing. */
  async touched(): Promise<BytePath[]> {
    if (!existsSync(this.file)) return [];
    const { stdout } = await this.#shadow.run(this.place, ['diff-files', '-z', '--name-only', '--no-renames']);
    return splitNul(stdout);
  }

  /**
   * What of these files is there, without reading them.
   *
   * @param files no longer on disk: to be taken out too; unreadable: the last content stays.
   */
  async look(files: Iterable<BytePath>, gone: Iterable<BytePath>): Promise<Look> {
    const members = await this.#load();
    return lookAt(this.workTree, files, gone, (path) => members.has(path));
  }

  /**
   * Takes files as they are on disk, and what is gone out.
   *
   * Git compares a file's content only when its time is not older than the index (git's racy-git.txt), in whole
   * seconds. A file that was saved again with the same size in the second in which it was read, before the index was
   * written in the next one, would be taken for unchanged for ever. So the index is dated before the reading began.
   *
   * @param isRestless the tree changes all the time: what vanishes meanwhile is left out.
   * @returns whether anything may have changed.
   */
  async absorb({ present, removed: gone, startedSeconds }: Look, isRestless = false): Promise<boolean> {
    const members = await this.#load();
    const removed = new Set([...gone, ...inTheWay(present, members)]);
    const any = removed.size + present.length > 0;
    if (any) this.version += 1;
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
    return any;
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
