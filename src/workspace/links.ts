import { type Dirent, existsSync, lstatSync, readlinkSync, statSync } from 'node:fs';
import { copyFile, readdir, realpath, rmdir, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Extras } from './extras.ts';
import { isRealFolder, ownFolder, removeTree } from './folders.ts';
import { copyPackage, leaningPackages } from './leaning.ts';
import { ancestorsOf, isWithin, parentOf, relativeTo } from './paths.ts';
import type { Shape } from './shapes.ts';

export interface LinkSource {
  /** The project's root, real path. */
  readonly root: string;
  /** Folders above it whose `node_modules` its modules see, nearest first. */
  readonly outerFolders: readonly string[];
  /** Other paths that the lane needs and no snapshot has, relative to the root. */
  readonly laneLinks: () => readonly string[];
}

interface Entry {
  readonly name: string;
  /** The entry in each folder that has one; the first wins, and folders are united. */
  readonly found: readonly { readonly path: string; readonly entry: Dirent }[];
}

/** What each package manager changes in a `node_modules` whenever it installs or removes something. */
const traces = ['', '.pnpm', '.modules.yaml', '.package-lock.json', '.yarn-integrity', '.yarn-state.yml'];

type Role = 'folder' | 'link' | 'copy' | 'package' | 'leave out';

/**
 * The installed packages of a lane: each `node_modules` is a folder of its own with a link for every entry, so that
 * caches stay in the lane, and workspace packages are those of the lane.
 */
export class Links {
  readonly #source: LinkSource;
  readonly #lane: string;
  /** Folders that were made, relative to the lane, with the folders that they stand for. */
  #made = new Map<string, readonly string[]>();
  readonly #extras: Extras;
  #tops: readonly string[] = [];
  #stamp = '';
  /** Packages in the project that are copied, since they load the project's own. */
  #leaning: ReadonlySet<string> = new Set();
  #leaningStamp = '';
  /** Folders of a store of packages on the way to these. */
  #toLeaning: ReadonlySet<string> = new Set();
  /** Of these, what is too large to be copied, relative to the project's root. */
  #tooLarge = new Set<string>();

  constructor(source: LinkSource, lane: string) {
    this.#source = source;
    this.#lane = lane;
    this.#extras = new Extras(source.root, lane);
  }

  /** What the links lead to, in the project and above it. */
  get sources(): readonly string[] {
    const extras = this.#source.laneLinks().map((path) => join(this.#source.root, path));
    return [...this.#tops.flatMap((top) => this.#made.get(top) ?? []), ...extras];
  }

  /** Packages that would have to be copied, since they load the project's own, and are too large for it. */
  get tooLarge(): readonly string[] {
    return [...this.#tooLarge];
  }

  /** The lane was emptied. */
  forget(): void {
    this.#made.clear();
    this.#extras.forget();
    this.#tops = [];
    this.#stamp = '';
  }

  /** Brings the links up to date; costs a `stat` for each folder when nothing was installed or removed. */
  async keepUp(shape: Shape): Promise<void> {
    await this.#extras.keepUp(this.#source.laneLinks());
    if (this.#stamp !== '' && this.#stamp === this.#stampOf(shape)) return;
    const tops = shape.packageFolders.map((folder) => (folder === '' ? 'node_modules' : `${folder}/node_modules`));
    for (const top of this.#tops) if (!tops.includes(top)) await this.#removeTop(top, shape);
    this.#made = new Map();
    this.#tooLarge = new Set();
    await this.#findLeaning(tops);
    for (const top of tops) await this.#linkTop(top, shape);
    this.#tops = tops;
    this.#stamp = this.#stampOf(shape);
  }

  async #findLeaning(tops: readonly string[]): Promise<void> {
    const folders = tops.filter((top) => isRealFolder(this.#source.root, top));
    const stamp = folders.flatMap((top) => traces.map((name) => timeOf(join(this.#source.root, top, name)))).join();
    if (stamp === this.#leaningStamp) return;
    this.#leaningStamp = stamp;
    this.#leaning = await leaningPackages(
      this.#source.root,
      folders.map((top) => join(this.#source.root, top)),
    );
    const stored = [...this.#leaning].filter((path) => path.includes('/node_modules/.pnpm/'));
    const ways = stored.flatMap((path) => [path, ...ancestorsOf(path)].slice(1));
    this.#toLeaning = new Set(ways.filter((path) => path.includes('/node_modules/.pnpm')));
  }

  async #linkTop(top: string, shape: Shape): Promise<void> {
    const outer = top === 'node_modules' ? this.#source.outerFolders.map((folder) => join(folder, top)) : [];
    const sources = [join(this.#source.root, top), ...outer];
    this.#made.set(top, sources);
    const present = sources.filter((folder) => statSync(folder, { throwIfNoEntry: false })?.isDirectory());
    if (present.length === 0) await this.#removeTop(top, shape);
    else if (isRealFolder(this.#lane, parentOf(top))) await this.#linkFolder(top, present, shape);
  }

  async #linkFolder(target: string, sources: readonly string[], shape: Shape): Promise<void> {
    this.#made.set(target, sources);
    await ownFolder(join(this.#lane, target));
    const entries = await union(sources);
    const wanted = new Map(entries.map((entry) => [entry.name, this.#roleOf(entry, target)]));
    await this.#removeOthers(target, wanted, shape);
    await Promise.all(
      entries.map(async (entry) => {
        const path = `${target}/${entry.name}`;
        const role = wanted.get(entry.name);
        const [first] = entry.found;
        if (role === 'folder') {
          await this.#linkFolder(path, foldersOf(entry), shape);
        } else if (first && role === 'link' && !shape.committedModules.has(path)) {
          await this.#setLink(path, first.entry.isSymbolicLink() ? await this.#repoint(first.path) : first.path);
        } else if (first && role === 'copy' && !shape.committedModules.has(path)) {
          await removeTree(join(this.#lane, path));
          await copyFile(first.path, join(this.#lane, path));
        } else if (first && role === 'package' && !shape.committedModules.has(path)) {
          await removeTree(join(this.#lane, path));
          if (await copyPackage(first.path, join(this.#lane, path))) return;
          this.#tooLarge.add(relativeTo(this.#source.root, first.path) ?? path);
          await this.#setLink(path, first.path);
        }
      }),
    );
  }

  #roleOf(entry: Entry, target: string): Role {
    const [first] = entry.found;
    if (first?.entry.isDirectory() && this.#leaning.has(first.path)) return 'package';
    if (first?.entry.isDirectory() && this.#toLeaning.has(first.path)) return 'folder';
    return roleOf(entry, target);
  }

  /** Links and folders that no longer stand for anything. Dot-folders are caches, and the lane's own. */
  async #removeOthers(target: string, wanted: ReadonlyMap<string, Role>, shape: Shape): Promise<void> {
    for (const entry of await readdir(join(this.#lane, target), { withFileTypes: true })) {
      const role = wanted.get(entry.name);
      const isCache = entry.isDirectory() && entry.name.startsWith('.');
      if ((role !== undefined && role !== 'leave out') || isCache) continue;
      const path = `${target}/${entry.name}`;
      if (!shape.committedModules.has(path)) await removeTree(join(this.#lane, path));
    }
  }

  /** A workspace package, or a program of one: the lane's instead of the project's. */
  async #repoint(link: string): Promise<string> {
    const target = await realpath(link).catch(() => resolve(link, '..', readlinkSync(link)));
    const path = relativeTo(this.#source.root, target);
    if (path === undefined) return link;
    const twin = join(this.#lane, path);
    if (`/${path}/`.includes('/node_modules/')) {
      return [...this.#leaning].some((folder) => isWithin(target, folder)) ? twin : link;
    }
    return existsSync(twin) ? twin : link;
  }

  async #setLink(path: string, target: string): Promise<void> {
    const link = join(this.#lane, path);
    const stats = lstatSync(link, { throwIfNoEntry: false });
    if (stats?.isSymbolicLink() && readlinkSync(link) === target) return;
    if (stats) await removeTree(link);
    await symlink(target, link);
  }

  async #removeTop(top: string, shape: Shape): Promise<void> {
    if (shape.committedModules.has(top) || !isRealFolder(this.#lane, parentOf(top))) return;
    await removeTree(join(this.#lane, top));
    try {
      for (let at = parentOf(top); at !== ''; at = parentOf(at)) await rmdir(join(this.#lane, at));
    } catch {
      // Not empty: the folder is of the snapshot.
    }
  }

  /** Equal as long as no entry came or went, neither in the project nor in the lane: both change the folder's time. */
  #stampOf(shape: Shape): string {
    const parts = [...shape.packageFolders];
    for (const [target, sources] of this.#made) {
      for (const folder of [join(this.#lane, target), ...sources]) {
        parts.push(timeOf(folder));
      }
    }
    return parts.join('\0');
  }
}

function timeOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stats ? `${stats.ino}:${stats.mtimeNs}` : '-';
}

async function union(sources: readonly string[]): Promise<Entry[]> {
  const found = new Map<string, { path: string; entry: Dirent }[]>();
  for (const folder of sources) {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const same = found.get(entry.name) ?? [];
      same.push({ path: join(folder, entry.name), entry });
      found.set(entry.name, same);
    }
  }
  return Array.from(found, ([name, places]) => ({ name, found: places }));
}

function foldersOf({ found }: Entry): string[] {
  return found.filter(({ entry }) => entry.isDirectory()).map(({ path }) => path);
}

function roleOf({ name, found: [first] }: Entry, target: string): Role {
  if (!first) return 'leave out';
  const { entry } = first;
  const isInBin = target.endsWith('/.bin');
  if (entry.isDirectory() && !isInBin) {
    if (name === '.bin' || name.startsWith('@')) return 'folder';
    // `.cache`, `.vite`, `.vitest-cache` and their like: what is in them can turn a red test green.
    return name.startsWith('.') && name !== '.pnpm' ? 'leave out' : 'link';
  }
  if (entry.isFile()) return isInBin ? 'link' : 'copy';
  if (!entry.isSymbolicLink()) return 'leave out';
  return name.startsWith('.') && !isInBin ? 'leave out' : 'link';
}
