import type { Snapshot, TreeChange, Workspace } from '../workspace/types.ts';

/** Git knows this tree by heart: the one without entries. */
const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/**
 * What every path was when the agent last looked: its content, as a blob id. An event is news only if the content
 * differs from this; so the agent's own landings, touches and saves without a change make no work, and a person who
 * goes back to earlier bytes is still seen.
 */
export class SeenTree {
  readonly #workspace: Workspace;
  readonly #blobs = new Map<string, string>();
  #tree = emptyTree;

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  get size(): number {
    return this.#blobs.size;
  }

  /** The blob id of a path, or undefined where it was not there. */
  blob(path: string): string | undefined {
    return this.#blobs.get(path);
  }

  /** Remembers that this path now has this content (undefined: is gone). */
  note(path: string, blob: string | undefined): void {
    if (blob === undefined) this.#blobs.delete(path);
    else this.#blobs.set(path, blob);
  }

  /** Looks at a snapshot: gives the changes that had not been seen, and remembers them. */
  async look(snapshot: Snapshot): Promise<readonly TreeChange[]> {
    if (snapshot.tree === this.#tree) return [];
    const changes = await this.#workspace.changes(this.#tree, snapshot.tree);
    this.#tree = snapshot.tree;
    const news: TreeChange[] = [];
    for (const change of changes) {
      const now = change.kind === 'deleted' ? undefined : change.newBlob;
      if (this.#blobs.get(change.path) === now) continue;
      this.note(change.path, now);
      news.push(change);
    }
    return news;
  }
}
