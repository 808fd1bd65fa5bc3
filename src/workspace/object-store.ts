import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflate, deflateSync } from 'node:zlib';
import { codeOf, messageOf } from '../errors.ts';
import type { RunningProcess } from '../process/types.ts';
import { GitError } from './git.ts';
import { ObjectReader } from './object-reader.ts';
import { type NamedEntry, parseTree } from './tree-format.ts';

/** Trees that are read again and again: those on the way to the files that a person works on. */
const REMEMBERED_TREES = 128;
const REMEMBERED_ENTRIES = 2_000;
/** From this many bytes on, others run while an object is packed. */
const LARGE_BYTES = 64 * 1024;
/** It is written once and read a few times. */
const PACKING = { level: 1 };

const deflateAside = promisify(deflate);

/** The objects of the private repository, without a process for each question. */
export class ObjectStore {
  readonly #folder: string;
  readonly #reader: ObjectReader;
  readonly #trees = new Map<string, readonly NamedEntry[]>();

  /** @param folder `objects` of a repository with SHA-1 ids */
  constructor(folder: string, open: (args: readonly string[]) => RunningProcess) {
    this.#folder = folder;
    this.#reader = new ObjectReader(open);
  }

  /** Rejects with a `GitError` where there is no such blob. */
  async blob(id: string): Promise<Buffer> {
    return this.#read(id, 'blob');
  }

  /** Many at once. */
  async blobs(ids: Iterable<string>): Promise<ReadonlyMap<string, Buffer>> {
    const wanted = [...new Set(ids)];
    return new Map(await Promise.all(wanted.map(async (id) => [id, await this.blob(id)] as const)));
  }

  /** In git's order. Rejects with a `GitError` where there is no such tree. */
  async tree(id: string): Promise<readonly NamedEntry[]> {
    const known = this.#trees.get(id);
    if (known !== undefined) return known;
    const entries = parseTree(await this.#read(id, 'tree'));
    if (entries.length <= REMEMBERED_ENTRIES) this.#remember(id, entries);
    return entries;
  }

  /**
   * Writes a loose object (git-scm.com, "Git Objects"): the packed `<type> <length>\0<bytes>` in a file that is called by
   * its SHA-1. What is there already only gets a new time, so that
   * no tidying up takes it for old.
   */
  async write(type: 'blob' | 'tree', bytes: Uint8Array): Promise<string> {
    const header = Buffer.from(`${type} ${bytes.length}\0`);
    const id = createHash('sha1').update(header).update(bytes).digest('hex');
    const folder = join(this.#folder, id.slice(0, 2));
    const file = join(folder, id.slice(2));
    if (renewed(file)) return id;
    const whole = Buffer.concat([header, bytes]);
    const packed = whole.length < LARGE_BYTES ? deflateSync(whole, PACKING) : await deflateAside(whole, PACKING);
    const fresh = join(folder, `tmp_obj_${randomBytes(8).toString('hex')}`);
    try {
      makeFolder(folder);
      writeFileSync(fresh, packed, { flag: 'wx', mode: 0o444 });
      renameSync(fresh, file);
    } catch (error) {
      rmSync(fresh, { force: true });
      throw new GitError(['hash-object'], 'could not write an object', messageOf(error));
    }
    return id;
  }

  /** Objects were lost or removed. */
  async forget(): Promise<void> {
    this.#trees.clear();
    await this.#reader.close();
  }

  async #read(id: string, wanted: string): Promise<Buffer> {
    const { type, bytes } = await this.#reader.read(id);
    if (type !== wanted) throw new GitError(['cat-file'], `found a ${type} and not a ${wanted}`, id);
    return bytes;
  }

  #remember(id: string, entries: readonly NamedEntry[]): void {
    this.#trees.set(id, entries);
    for (const oldest of this.#trees.keys()) {
      if (this.#trees.size <= REMEMBERED_TREES) return;
      this.#trees.delete(oldest);
    }
  }
}

function renewed(file: string): boolean {
  try {
    const now = Date.now() / 1_000;
    utimesSync(file, now, now);
    return true;
  } catch {
    return false;
  }
}

/** Not with its parents: where `objects` is gone, the repository is. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}
