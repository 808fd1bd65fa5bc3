import { type Clock, every } from '../clock.ts';
import { Doubts } from './doubts.ts';
import { blindness, sentence } from './faults.ts';
import { Presence } from './presence.ts';
import type { Source } from './source.ts';
import { type TreeOptions, watchTree } from './watch-tree.ts';

export interface OutlookOptions extends Omit<TreeOptions, 'onFault'> {
  readonly clock: Clock;
  /** Changes whenever the project's HEAD moves. */
  readonly headStamp: () => string;
  readonly reconcileMs: number;
  readonly pollMs: number;
  /** Compares the tree itself; called when events may have been lost, and every so often. */
  readonly reconcile: () => Promise<void>;
  readonly onFault: (message: string) => void;
  readonly watch?: typeof watchTree;
}

const limits = { tickMs: 1_000, retryMs: 5_000, longestRetryMs: 300_000 };

/** Keeps an eye on the tree, and on whether that eye sees: events, and once a second what they cannot tell. */
export class Outlook {
  readonly #options: OutlookOptions;
  readonly #doubts: Doubts;
  readonly #presence: Presence;
  readonly #stop = new AbortController();
  readonly #troubles = new Set<'folders' | 'away'>();
  #source: Source | undefined;
  #reconciledAt = 0;
  #retryInMs = limits.retryMs;
  #retriedAt = 0;

  constructor(options: OutlookOptions) {
    this.#options = options;
    this.#doubts = new Doubts(options.clock, options.headStamp);
    this.#presence = new Presence(options.root);
  }

  /** Whether everything is seen as it happens. */
  get isClear(): boolean {
    return this.#source !== undefined && this.#troubles.size === 0;
  }

  /** Resolves when events come. */
  async open(): Promise<void> {
    await this.#openSource();
    const { clock, onFault } = this.#options;
    void every(clock, limits.tickMs, this.#stop.signal, () =>
      this.#tick().catch((error: unknown) => onFault(sentence(error))),
    );
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#source?.close();
    this.#source = undefined;
  }

  /** To be called with every look at the whole tree. */
  noteReconciled(): void {
    this.#reconciledAt = this.#options.clock.monotonic();
  }

  /** Whether the project's folder is gone; told once. When it is back it is watched anew and compared. */
  isAway(): boolean {
    return this.#lookForRoot() === 'away' || this.#troubles.has('away');
  }

  #lookForRoot(): ReturnType<Presence['look']> {
    const found = this.#presence.look();
    if (found === 'away' && !this.#troubles.has('away')) {
      this.#troubles.add('away');
      this.#options.onFault(`The folder ${this.#options.root} is gone. Nothing is looked at until it is back.`);
    }
    return found;
  }

  async #openSource(): Promise<void> {
    const { watch = watchTree, onPath, onFolder, onFault, pollMs } = this.#options;
    const counted = (told: (path: string) => void) => (path: string) => {
      this.#doubts.saw();
      told(path);
    };
    this.#source = await watch({
      ...this.#options,
      onPath: counted(onPath),
      onFolder: counted(onFolder),
      onFault: (error) => {
        this.#troubles.add('folders');
        onFault(blindness(error, pollMs));
      },
    });
    this.#retriedAt = this.#options.clock.monotonic();
    if (this.#stop.signal.aborted) await this.#source.close();
  }

  async #tick(): Promise<void> {
    const { clock, reconcileMs, pollMs, reconcile } = this.#options;
    const found = this.#lookForRoot();
    const doubt = this.#doubts.look(limits.tickMs);
    if (found === 'away') return;
    if (found === 'replaced' || this.#troubles.has('away')) await this.#comeBack();
    await this.#retryBlind();
    const isDue = clock.monotonic() - this.#reconciledAt >= (this.#source?.blind ? pollMs : reconcileMs);
    if (doubt !== undefined || isDue) await reconcile();
    // How long the work took is no sign of lost events.
    this.#doubts.rest();
  }

  async #comeBack(): Promise<void> {
    // Until it is watched again: should that fail, the next tick tries once more.
    this.#troubles.add('away');
    await this.#source?.close();
    this.#presence.accept();
    this.#troubles.delete('folders');
    await this.#openSource();
    this.#troubles.delete('away');
    await this.#options.reconcile();
  }

  /** With a growing wait in between: what is missing is for a person to give, most of the time. */
  async #retryBlind(): Promise<void> {
    const { clock, reconcile } = this.#options;
    const source = this.#source;
    if (source === undefined || !this.#troubles.has('folders')) return;
    if (clock.monotonic() - this.#retriedAt < this.#retryInMs) return;
    await source.retry();
    this.#retriedAt = clock.monotonic();
    if (source.blind > 0) {
      this.#retryInMs = Math.min(this.#retryInMs * 2, limits.longestRetryMs);
      return;
    }
    this.#retryInMs = limits.retryMs;
    this.#troubles.delete('folders');
    await reconcile();
  }
}
