import type { Snapshot, Workspace } from '../workspace/types.ts';

/** Git knows this tree by heart: the one without entries. */
const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

type Blob = string | undefined;

export interface LookOptions {
  /** `moment` from before the snapshot was taken: what was noted later is newer than the snapshot. */
  readonly since: number;
  /** The paths that the snapshot was asked for; undefined when it is of the whole tree. */
  readonly asked?: readonly string[];
}

/**
 * What every path was when the agent last looked: its content, as a blob id. An event is news only if the content
 * differs from this; so the agent's own landings, touches and saves without a change make no work, and a person who
 * goes back to earlier bytes is still seen.
 */
export class SeenTree {
  readonly #workspace: Workspace;
  readonly #blobs = new Map<string, string>();
  #tree = emptyTree;
  /** Paths that were noted since the tree was looked at: when, and what they are in the tree. */
  #ahead = new Map<string, { at: number; inTree: Blob }>();
  #moment = 0;

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  get size(): number {
    return this.#blobs.size;
  }

  /** Grows with every note. */
  get moment(): number {
    return this.#moment;
  }

  /** The blob id of a path, or undefined where it was not there. */
  blob(path: string): Blob {
    return this.#blobs.get(path);
  }

  /** Remembers that this path now has this content (undefined: is gone). */
  note(path: string, blob: Blob): void {
    const inTree = this.#ahead.has(path) ? this.#ahead.get(path)?.inTree : this.#blobs.get(path);
    this.#moment++;
    this.#ahead.set(path, { at: this.#moment, inTree });
    this.#put(path, blob);
  }

  /** Looks at a snapshot: gives the paths whose content had not been seen, and remembers them. */
  async look(snapshot: Snapshot, { since, asked }: LookOptions): Promise<readonly string[]> {
    const changes = snapshot.tree === this.#tree ? [] : await this.#workspace.changes(this.#tree, snapshot.tree);
    const found = new Map<string, Blob>();
    for (const [path, { inTree }] of this.#ahead) found.set(path, inTree);
    for (const { path, kind, newBlob } of changes) found.set(path, kind === 'deleted' ? undefined : newBlob);
    const wanted = asked === undefined ? undefined : new Set(asked);
    const ahead = this.#ahead;
    this.#ahead = new Map();
    this.#tree = snapshot.tree;
    const news: string[] = [];
    for (const [path, blob] of found) {
      const noted = ahead.get(path);
      // The snapshot may hold what the path was before it was noted.
      if (noted !== undefined && (noted.at > since || wanted?.has(path) === false)) {
        this.#ahead.set(path, { at: noted.at, inTree: blob });
      } else if (this.#blobs.get(path) !== blob) {
        this.#put(path, blob);
        news.push(path);
      }
    }
    return news;
  }

  #put(path: string, blob: Blob): void {
    if (blob === undefined) this.#blobs.delete(path);
    else this.#blobs.set(path, blob);
  }
}
