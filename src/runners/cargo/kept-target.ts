import { type BigIntStats, type Dirent, lstatSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const mostBytes = 8 * 1024 ** 3;
/** Where cargo compiles nothing. */
const notSources = /^(?:\.git|node_modules)$/;

type Stamps = ReadonlyMap<string, string>;

/**
 * The folder of what cargo has built, kept from run to run as long as this process lives. Tests run as the same user as we
 * do, so what they could have changed in it is not believed: the time of the last change of a file's state is the system's
 * word, and no program can set it.
 */
export class KeptTarget {
  readonly folder: string;
  /** What lay there after the last build, or what its tests left of it; undefined where nobody knows. */
  #built: Stamps | undefined;
  #sources: Stamps = new Map();

  constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Before a build. Cargo compares times: what is not as it was at the last build and still looks older than what was
   * built then gets a newer time, wherever it has its own from.
   *
   * @param root what is built; its files are ours to touch
   */
  async open(root: string): Promise<void> {
    if (this.#built === undefined) await this.#renew();
    await mkdir(this.folder, { recursive: true });
    const newest = newestOf(this.#built ?? new Map());
    this.#built = undefined;
    const before = this.#sources;
    const sources = stampsOf(root, notSources);
    const stale = [...sources].filter(([path, stamp]) => before.get(path) !== stamp && mtimeOf(stamp) <= newest);
    for (const [path] of stale) {
      if (touch(join(root, path), newest)) sources.set(path, stampAt(join(root, path)));
      else await this.#renew();
    }
    this.#sources = sources;
  }

  /** After the build, whatever came of it, and before anything of it runs. */
  noteBuilt(): void {
    this.#built = stampsOf(this.folder);
  }

  /** After the tests: what they left there goes, and where they changed what was built, all of it. */
  async close(): Promise<void> {
    const built = this.#built ?? new Map<string, string>();
    const now = stampsOf(this.folder);
    const isWhole = [...built].every(([path, stamp]) => now.get(path) === stamp);
    if (!isWhole || bytesOf(now) > mostBytes) this.#built = undefined;
    const added = [...now.keys()].filter((path) => !built.has(path));
    try {
      await Promise.all(added.map((path) => rm(join(this.folder, path), { force: true })));
    } catch {
      // A folder that somebody has shut: it goes as a whole.
      this.#built = undefined;
    }
  }

  async #renew(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
    await mkdir(this.folder, { recursive: true });
  }
}

/** Gives whether it can be touched: what a link leads to is not ours. */
function touch(path: string, newest: bigint): boolean {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) return false;
  const seconds = Math.max(Date.now(), Number(newest / 1_000_000n) + 2) / 1000;
  utimesSync(path, seconds, seconds);
  return true;
}

/** The older one of a link and of what it leads to. */
function mtimeOf(stamp: string): bigint {
  const [own = 0n, aim = own] = stamp.split(' -> ').map((text) => BigInt(text.split(' ')[2] ?? 0));
  return [own, aim].find((each) => each <= own && each <= aim) ?? own;
}

function newestOf(stamps: Stamps): bigint {
  let newest = 0n;
  for (const time of [...stamps.values()].map(mtimeOf)) if (time > newest) newest = time;
  return newest;
}

function bytesOf(stamps: Stamps): number {
  return [...stamps.values()].reduce((sum, stamp) => sum + Number(stamp.split(' ')[1] ?? 0), 0);
}

/** Every file below a folder, links included, with what changes when it does. */
function stampsOf(root: string, skipped?: RegExp): Map<string, string> {
  const stamps = new Map<string, string>();
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of entriesOf(join(root, folder)) ?? shut(stamps, folder)) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (skipped?.test(entry.name)) continue;
      if (entry.isDirectory()) folders.push(path);
      else stamps.set(path, stampAt(join(root, path)));
    }
  }
  return stamps;
}

/** Undefined where the folder is gone or may not be read. */
function entriesOf(folder: string): readonly Dirent[] | undefined {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return undefined;
  }
}

function shut(stamps: Map<string, string>, folder: string): readonly Dirent[] {
  stamps.set(`${folder}/`, '-');
  return [];
}

function stampAt(path: string): string {
  const own = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  const aim = own?.isSymbolicLink() ? aimOf(path) : own;
  return `${textOf(own)}${aim === own ? '' : ` -> ${textOf(aim)}`}`;
}

/** Undefined where a link leads nowhere, or round in a circle. */
function aimOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return undefined;
  }
}

function textOf(stats: BigIntStats | undefined): string {
  return stats === undefined ? '-' : `${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}`;
}
