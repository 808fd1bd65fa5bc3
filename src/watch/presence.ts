import { readdirSync, statSync } from 'node:fs';

/**
 * Whether the project's folder is there. One that was renamed or unmounted looks as if every file had been deleted;
 * where a file system was mounted, an empty folder is left in its place.
 */
export class Presence {
  readonly #root: string;
  #identity: string | undefined;

  constructor(root: string) {
    this.#root = root;
    this.#identity = identityOf(root);
  }

  /** `replaced`: another folder is in its place, whose watches are not ours yet. */
  look(): 'here' | 'away' | 'replaced' {
    const identity = identityOf(this.#root);
    if (identity === undefined) return 'away';
    if (identity === this.#identity) return 'here';
    return isEmpty(this.#root) ? 'away' : 'replaced';
  }

  /** The folder that is there now is the one to watch. */
  accept(): void {
    this.#identity = identityOf(this.#root);
  }
}

function identityOf(folder: string): string | undefined {
  try {
    const stats = statSync(folder, { bigint: true });
    return stats.isDirectory() ? `${stats.dev}:${stats.ino}` : undefined;
  } catch {
    return undefined;
  }
}

function isEmpty(folder: string): boolean {
  try {
    return readdirSync(folder).length === 0;
  } catch {
    return true;
  }
}
