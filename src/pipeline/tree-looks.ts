import type { Clock } from '../clock.ts';
import type { Snapshot, Workspace } from '../workspace/types.ts';

/** A look at the whole tree that takes longer is worth not waiting for: some ten thousand files. */
const slowMs = 100;
/** More than a person saves at once. */
const maxNamed = 50;

export interface TreeLook {
  readonly snapshot: Snapshot;
  /**
   * Whether the whole tree was like this. A round may begin on what the saves name; it is settled only on a tree that was
   * seen as a whole, since a watcher may have missed something, and a name says nothing of the rules that ignore files.
   */
  isWhole(): Promise<boolean>;
}

/** How rounds of triage look at the tree: where that takes long, the tests begin while it is looked at. */
export class TreeLooks {
  readonly #workspace: Pick<Workspace, 'snapshot'>;
  readonly #clock: Clock;
  #isSlow = false;
  /** What was named was not all. */
  #wasPartial = false;
  #landed = '';

  constructor(workspace: Pick<Workspace, 'snapshot'>, clock: Clock) {
    this.#workspace = workspace;
    this.#clock = clock;
  }

  /**
   * @param named files that were saved, relative to the root
   * @param landed another text whenever a fix was put into the tree or taken back: no save names its files
   */
  async take(named: readonly string[], landed: string): Promise<TreeLook> {
    const isKnown = landed === this.#landed && !this.#wasPartial;
    const mayHurry = this.#isSlow && isKnown && named.length > 0 && named.length <= maxNamed;
    this.#landed = landed;
    if (!mayHurry) {
      const snapshot = await this.#whole();
      this.#wasPartial = false;
      return { snapshot, isWhole: async () => true };
    }
    const snapshot = await this.#workspace.snapshot(named);
    const whole = this.#whole();
    // Whoever asks hears of a failure; a round that was broken off asks no more.
    whole.catch(() => undefined);
    return {
      snapshot,
      isWhole: async () => {
        this.#wasPartial = (await whole).tree !== snapshot.tree;
        return !this.#wasPartial;
      },
    };
  }

  async #whole(): Promise<Snapshot> {
    const startedAt = this.#clock.monotonic();
    const snapshot = await this.#workspace.snapshot();
    this.#isSlow = this.#clock.monotonic() - startedAt > slowMs;
    return snapshot;
  }
}
