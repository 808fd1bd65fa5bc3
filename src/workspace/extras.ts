import { type Dirent, existsSync, lstatSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { cp, mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isRealFolder, removeTree } from './folders.ts';
import { parentOf } from './paths.ts';

/** What is larger is linked: it would have to be copied into every lane, and looked through at every move. */
const mostEntries = 2_000;
const mostBytes = 64 * 1024 * 1024;

/**
 * Ignored files and folders of the project that a lane needs. Small ones are copied, so that tests may change theirs, and
 * modules in them find those of the lane beside them; large ones, virtual environments (which hold their own path) and
 * nested repositories are linked.
 */
export class Extras {
  readonly #root: string;
  readonly #lane: string;
  /** What was copied: how it looked in the project, and how in the lane. */
  readonly #copied = new Map<string, { readonly source: string; readonly target: string | undefined }>();

  /**
   * @param root the project's
   * @param lane the lane's
   */
  constructor(root: string, lane: string) {
    this.#root = root;
    this.#lane = lane;
  }

  /** The lane was emptied. */
  forget(): void {
    this.#copied.clear();
  }

  /** The snapshot's own files come first; what the project no longer has is taken away. */
  async keepUp(paths: readonly string[]): Promise<void> {
    for (const path of paths) await this.#keepUp(path);
  }

  async #keepUp(path: string): Promise<void> {
    const source = join(this.#root, path);
    const target = join(this.#lane, path);
    if (!existsSync(source)) return this.#takeAway(path);
    if (!(await this.#makeFolders(parentOf(path)))) return;
    const there = lstatSync(target, { throwIfNoEntry: false });
    const copied = this.#copied.get(path);
    const isLink = there !== undefined && this.#isLink(path, there);
    if (there !== undefined && copied === undefined && !isLink) return;
    const stamp = await stampOf(source);
    if (stamp === undefined && isLink) return;
    const isSame = stamp !== undefined && stamp === copied?.source && (await stampOf(target)) === copied.target;
    if (isSame) return;
    await removeTree(target);
    this.#copied.delete(path);
    if (stamp === undefined || !(await copyTo(source, target))) return symlink(source, target);
    this.#copied.set(path, { source: stamp, target: await stampOf(target) });
  }

  async #takeAway(path: string): Promise<void> {
    const target = join(this.#lane, path);
    if (!isRealFolder(this.#lane, parentOf(path))) return;
    const there = lstatSync(target, { throwIfNoEntry: false });
    if (there === undefined || !(this.#copied.has(path) || this.#isLink(path, there))) return;
    await removeTree(target);
    this.#copied.delete(path);
  }

  #isLink(path: string, there: Stats): boolean {
    return there.isSymbolicLink() && readlinkSync(join(this.#lane, path)) === join(this.#root, path);
  }

  async #makeFolders(path: string): Promise<boolean> {
    let at = '';
    for (const step of path.split('/').filter((name) => name !== '')) {
      at = at === '' ? step : `${at}/${step}`;
      if (!lstatSync(join(this.#lane, at), { throwIfNoEntry: false })) await mkdir(join(this.#lane, at));
    }
    return isRealFolder(this.#lane, path);
  }
}

/** Gives whether it was possible: somebody may change it at the same time, or may not read all of it. */
async function copyTo(source: string, target: string): Promise<boolean> {
  try {
    await cp(source, target, { recursive: true, dereference: true, preserveTimestamps: true });
    return true;
  } catch {
    await removeTree(target);
    return false;
  }
}

async function stampOf(source: string): Promise<string | undefined> {
  return readStamp(source).catch(() => undefined);
}

/** What changes when something in it does; undefined where it is not to be copied. Links in a folder are no business of ours. */
async function readStamp(source: string): Promise<string | undefined> {
  const parts: string[] = [];
  let bytes = 0;
  const queue = [source];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    parts.push(`${path} ${stats.ino} ${stats.size} ${stats.mtimeMs}`);
    if (stats.isFile()) bytes += stats.size;
    else if (!stats.isDirectory()) return undefined;
    if (stats.isDirectory()) {
      const entries = await readdir(path, { withFileTypes: true });
      if (entries.some(isNotToBeCopied)) return undefined;
      queue.push(...entries.map(({ name }) => join(path, name)));
    }
    if (bytes > mostBytes || parts.length + queue.length > mostEntries) return undefined;
  }
  return parts.sort().join('\n');
}

function isNotToBeCopied(entry: Dirent): boolean {
  return entry.isSymbolicLink() || entry.name === '.git' || entry.name === 'pyvenv.cfg';
}
