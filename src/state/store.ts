import { type Clock, systemClock } from '../clock.ts';
import { MendwatchError } from '../errors.ts';
import { applySteps, type Step } from './commit.ts';
import type { StateEvent } from './events.ts';
import { StateFencedError, StateUnavailableError } from './faults.ts';
import { freshState, type StateDocument } from './schema.ts';
import { scrubbing } from './scrubbed.ts';
import { type Sheet, sheetOf } from './sheet.ts';
import { FileShelf, type Next, type Shelf } from './shelf.ts';

export { type StateEvent, stateNotice } from './events.ts';
export { IllegalStateError, StateFencedError, StateUnavailableError } from './faults.ts';
export { readState } from './read.ts';

/** The one door to the state. */
export interface StateStore {
  /** The document that was durable last. Deep-frozen: a later update makes another one. */
  readonly current: StateDocument;
  /** Why the last write failed, until one succeeds. While it is set nothing may be paid or landed. */
  readonly fault: StateUnavailableError | undefined;
  /**
   * Applies a change to the newest document and resolves with what it returned once that is on the disk.
   * `change` is synchronous, touches nothing but the draft, and may be called more than once; if it throws, or leaves an
   * illegal state (IllegalStateError), only this update rejects and nothing of it remains. Rejects with StateUnavailableError
   * when it could not be made durable (the next update tries again) and StateFencedError when another agent has taken over.
   */
  update<T>(change: (draft: StateDocument) => T, options?: UpdateOptions): Promise<T>;
  /** Waits for the updates under way; later ones reject. */
  close(): Promise<void>;
}

export interface UpdateOptions {
  /**
   * Resolve only when the update survives a power cut too, for about a millisecond more. Without it, it survives the death of the process
   * at any moment, and a power cut takes back the last seconds at most, never leaving a part.
   */
  readonly powerSafe?: boolean;
}

export interface StateStoreOptions {
  /** Absolute. */
  readonly file: string;
  readonly lockFile: string;
  readonly clock: Clock;
  /**
   * The caller holds the guard of this file: a new epoch begins, whoever wrote under the old one is fenced off, and a
   * lock that a dead agent left is cleared within a second. Without it the store is a visitor beside the agent.
   */
  readonly guarded?: boolean;
  readonly onEvent?: (event: StateEvent) => void;
  /** What every text goes through before it is written. */
  readonly scrub?: (text: string) => string;
}

/**
 * Opens the state file, or makes it. A damaged one is set aside, an older one migrated, both told by an event. Rejects with a
 * MendwatchError (exit 2) when its folder cannot be written or a newer version wrote it.
 */
export async function openStateStore(options: StateStoreOptions): Promise<StateStore> {
  const onEvent = options.onEvent ?? (() => undefined);
  const shelf = await FileShelf.open({ ...options, guarded: options.guarded ?? false, onEvent });
  return new QueuedStore(shelf, onEvent, options.scrub);
}

/** The same store without a file. */
export function openMemoryStore(options: { clock?: Clock; initial?: StateDocument } = {}): StateStore {
  const initial = options.initial ?? freshState((options.clock ?? systemClock).now());
  return new QueuedStore(new MemoryShelf(initial), () => undefined);
}

class MemoryShelf implements Shelf {
  sheet: Sheet;
  #revision: number;

  constructor(initial: StateDocument) {
    this.sheet = sheetOf(initial);
    this.#revision = initial.revision;
  }

  async exchange(next: Next): Promise<void> {
    await Promise.resolve();
    const { sheet } = next(this.sheet, this.#revision + 1);
    if (sheet === this.sheet) return;
    this.sheet = sheet;
    this.#revision++;
  }
}

interface Waiting extends Step {
  readonly powerSafe: boolean;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** So many updates go out together at most: one that fails makes the others of its group run again. */
const groupLimit = 1_000;

/** Group commit: whatever waits when the lock is there goes out in one write. */
class QueuedStore implements StateStore {
  readonly #shelf: Shelf;
  readonly #onEvent: (event: StateEvent) => void;
  readonly #scrub: ((text: string) => string) | undefined;
  readonly #waiting: Waiting[] = [];
  #pumping: Promise<void> | undefined;
  #closed = false;
  #fenced: StateFencedError | undefined;
  #fault: StateUnavailableError | undefined;
  #current: { readonly sheet: Sheet; readonly document: StateDocument } | undefined;

  constructor(shelf: Shelf, onEvent: (event: StateEvent) => void, scrub?: (text: string) => string) {
    this.#shelf = shelf;
    this.#scrub = scrub;
    this.#onEvent = onEvent;
  }

  get current(): StateDocument {
    const { sheet } = this.#shelf;
    // Made when somebody looks: a burst of writes that nobody reads between costs nothing here.
    if (this.#current?.sheet !== sheet) this.#current = { sheet, document: freeze(JSON.parse(sheet.text)) };
    return this.#current.document;
  }

  get fault(): StateUnavailableError | undefined {
    return this.#fault;
  }

  async update<T>(change: (draft: StateDocument) => T, options: UpdateOptions = {}): Promise<T> {
    if (this.#fenced !== undefined) throw this.#fenced;
    if (this.#closed) throw new MendwatchError('The state store is closed');
    return new Promise<T>((resolve, reject) => {
      const powerSafe = options.powerSafe ?? false;
      this.#waiting.push({ change, powerSafe, resolve: (value) => resolve(value as T), reject });
      this.#pumping ??= this.#pump();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#pumping;
  }

  async #pump(): Promise<void> {
    while (this.#waiting.length > 0) await this.#writeGroup();
    this.#pumping = undefined;
  }

  async #writeGroup(): Promise<void> {
    const group: Waiting[] = [];
    try {
      await this.#shelf.exchange((sheet, revision) => {
        group.push(...this.#waiting.splice(0, groupLimit - group.length));
        const steps = this.#scrub === undefined ? group : [...group, scrubbing(sheet, this.#scrub)];
        return { sheet: applySteps(sheet, steps, revision), powerSafe: group.some((waiting) => waiting.powerSafe) };
      });
      this.#noteRecovery();
    } catch (error) {
      this.#noteFault(error);
      // A failure before the lock was there is the answer to all who waited for it.
      if (group.length === 0 || this.#fenced !== undefined) group.push(...this.#waiting.splice(0));
      for (const { reject } of group) reject(error);
      return;
    }
    for (const { result, resolve, reject } of group) {
      if (result?.kind === 'done') resolve(result.value);
      else reject(result?.error);
    }
  }

  #noteFault(error: unknown): void {
    if (error instanceof StateFencedError && this.#fenced === undefined) {
      this.#fenced = error;
      this.#onEvent({ kind: 'fenced', message: error.message });
    }
    if (!(error instanceof StateUnavailableError)) return;
    const told = this.#fault !== undefined;
    this.#fault = error;
    if (!told) this.#onEvent({ kind: 'unavailable', code: error.code, message: error.message });
  }

  #noteRecovery(): void {
    if (this.#fault === undefined) return;
    this.#fault = undefined;
    this.#onEvent({ kind: 'recovered' });
  }
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) freeze(member);
    Object.freeze(value);
  }
  return value;
}
