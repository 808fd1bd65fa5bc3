import { existsSync } from 'node:fs';
import { type Look, storeFile } from './look.ts';
import type { BytePath } from './paths.ts';
import type { PrivateIndex } from './private-index.ts';
import type { Shadow } from './shadow.ts';
import type { Entry } from './tree-format.ts';
import { grow } from './trees.ts';

/** Beyond this git takes them into the index: each is read again by every snapshot until then. */
const MAX_FILES = 32;
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * The few files in which a tree differs from an index. Git says which they are, by what the index remembers of every file;
 * reading them here, and not into the index, spares two processes and the writing of an index of all files.
 */
export class BesideIndex {
  readonly #shadow: Shadow;
  readonly #index: PrivateIndex;
  /** What the index holds; undefined where that is not known, or where git would not store the same bytes. */
  #base: string | undefined;
  #entries: ReadonlyMap<BytePath, Entry | undefined> = new Map();

  constructor(shadow: Shadow, index: PrivateIndex) {
    this.#shadow = shadow;
    this.#index = index;
  }

  /** The index holds exactly this tree. */
  startFrom(tree: string): void {
    this.#base = this.#shadow.isPlain ? tree : undefined;
    this.#entries = new Map();
  }

  forget(): void {
    this.#base = undefined;
    this.#entries = new Map();
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** Whether there is a file at this path that the index need not know. */
  has(path: BytePath): boolean {
    return this.#entries.get(path) !== undefined;
  }

  /**
   * The tree with what was found on disk. Undefined where the index has to take it in.
   *
   * @param isInScope where only a part was looked at: what was found before and lies elsewhere stays
   */
  async tree(look: Look, isInScope: (path: BytePath) => boolean = () => true): Promise<string | undefined> {
    if (this.#base === undefined || !existsSync(this.#index.file)) return undefined;
    const stays = [...this.#entries].filter(([path]) => !isInScope(path) || look.unreadable.includes(path));
    if (look.present.length + look.removed.size + stays.length > MAX_FILES || look.size > MAX_BYTES) return undefined;
    const entries = new Map<BytePath, Entry | undefined>(stays);
    for (const path of look.removed) entries.set(path, undefined);
    for (const path of look.present) {
      entries.set(path, await storeFile(this.#shadow.objects, this.#index.workTree, path));
    }
    const tree = await grow(this.#shadow.objects, this.#base, entries);
    this.#entries = entries;
    return tree;
  }
}
