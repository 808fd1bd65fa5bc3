import { mkdir, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../clock.ts';
import { codeOf, MendwatchError } from '../errors.ts';
import { type FileMark, fileMark, keepLastGood, replaceFile, setAside, sweepLeftovers, syncFolder } from './disk.ts';
import type { StateEvent } from './events.ts';
import { StateFencedError, StateUnavailableError, unusable } from './faults.ts';
import { FileLock, type HeldLock } from './lock.ts';
import { readState } from './read.ts';
import { openDocument } from './recover.ts';
import type { StateDocument } from './schema.ts';
import { prepareDraft, type Sheet, sheetOf } from './sheet.ts';

export interface NextSheet {
  readonly sheet: Sheet;
  /** Must survive a power cut too. */
  readonly powerSafe: boolean;
}

/** Synchronous. `revision` is the number that a new sheet carries. */
export type Next = (sheet: Sheet, revision: number) => NextSheet;

/** Where a store keeps its document. One call at a time. */
export interface Shelf {
  /** What was durable last. */
  readonly sheet: Sheet;
  /**
   * Puts what `next` makes in the place of what is there; the same sheet is not written. `next` may be called again when the document has
   * changed meanwhile. Rejects with StateUnavailableError or StateFencedError, and then `sheet` stays what it was.
   */
  exchange(next: Next): Promise<void>;
}

export interface FileShelfOptions {
  readonly file: string;
  readonly lockFile: string;
  readonly clock: Clock;
  /** The caller holds the guard of this file: it starts a new epoch, and clears the lock that a dead one left. */
  readonly guarded: boolean;
  readonly onEvent: (event: StateEvent) => void;
}

/** How long a lock may stay unchanged before the holder of the guard takes it for a dead one's. */
const abandonedAfterMs = 600;
const lockLosses = 5;

/** The state file of one process: lock, look whether somebody else wrote, write, release. */
export class FileShelf implements Shelf {
  readonly #options: FileShelfOptions;
  readonly #lock: FileLock;
  #sheet: Sheet = { text: '', parts: new Map() };
  #revision = 0;
  /** The file as this shelf knows it; `onDisk` is false when what is there is not `#sheet`. */
  #mark: FileMark = '';
  #onDisk = false;
  /** Only the holder of the guard has one. */
  #epoch: number | undefined;

  private constructor(options: FileShelfOptions) {
    this.#options = options;
    this.#lock = new FileLock(options);
  }

  /** Rejects with a MendwatchError (exit 2) when the file cannot be used. */
  static async open(options: FileShelfOptions): Promise<FileShelf> {
    try {
      await mkdir(dirname(options.file), { recursive: true });
      const file = await realpath(options.file).catch(() => options.file);
      const shelf = new FileShelf({ ...options, file });
      await shelf.#open();
      return shelf;
    } catch (error) {
      if (error instanceof MendwatchError && !(error instanceof StateUnavailableError)) throw error;
      throw unusable(options.file, error instanceof StateUnavailableError ? error.cause : error);
    }
  }

  get sheet(): Sheet {
    return this.#sheet;
  }

  async #open(): Promise<void> {
    const { file, clock, guarded, onEvent } = this.#options;
    const lock = await this.#lock.take(guarded ? abandonedAfterMs : undefined);
    try {
      const swept = await sweepLeftovers(file);
      if (swept > 0) onEvent({ kind: 'swept', count: swept });
      this.#mark = fileMark(file);
      const { document, onDisk } = await openDocument(file, clock, onEvent);
      this.#adopt(document);
      this.#onDisk = onDisk;
      if (guarded) {
        // By the clock, since the epochs of a lost file are not known; by the file, since clocks are set back.
        this.#epoch = Math.max(document.epoch + 1, Math.floor(clock.now() / 1_000));
      }
      if (guarded || !onDisk) {
        const next = { ...document, revision: document.revision + 1, epoch: this.#epoch ?? document.epoch };
        await this.#write(sheetOf(next), lock, true);
      }
    } finally {
      await lock.release();
    }
  }

  async exchange(next: Next): Promise<void> {
    for (let losses = 0; ; losses++) {
      try {
        return await this.#exchangeOnce(next);
      } catch (error) {
        if (error instanceof LockLost && losses < lockLosses) {
          this.#options.onEvent({ kind: 'lock-lost' });
          continue;
        }
        if (error instanceof MendwatchError || codeOf(error) === undefined) throw error;
        throw new StateUnavailableError(this.#options.file, error);
      }
    }
  }

  async #exchangeOnce(next: Next): Promise<void> {
    const lock = await this.#lock.take();
    try {
      await this.#refresh();
      const { sheet, powerSafe } = next(this.#sheet, this.#revision + 1);
      if (sheet !== this.#sheet || !this.#onDisk) await this.#write(sheet, lock, powerSafe);
      else if (powerSafe) await syncFolder(dirname(this.#options.file));
    } finally {
      await lock.release();
    }
  }

  /** Takes over what another has written since; what is no state is kept aside, and the document in memory stands. */
  async #refresh(): Promise<void> {
    const { file, clock, onEvent } = this.#options;
    const mark = fileMark(file);
    if (mark === this.#mark) return;
    const found = await readState(file);
    this.#mark = mark;
    this.#onDisk = found.kind === 'state';
    if (found.kind === 'state') {
      if (this.#epoch !== undefined && found.document.epoch !== this.#epoch) throw new StateFencedError(file);
      this.#adopt(found.document);
      onEvent({ kind: 'edited-outside' });
    } else if (found.kind === 'damaged') {
      onEvent({
        kind: 'damaged',
        path: setAside(file, 'damaged', clock.now()),
        reason: found.reason,
        restored: 'memory',
      });
    } else {
      onEvent({ kind: 'missing', restored: 'memory' });
    }
  }

  #adopt(document: StateDocument): void {
    // Written anew: a tool may have used another layout.
    this.#sheet = sheetOf(document);
    this.#revision = Math.max(this.#revision, document.revision);
  }

  async #write(sheet: Sheet, lock: HeldLock, powerSafe: boolean): Promise<void> {
    const { file } = this.#options;
    const lastCheck = () => {
      if (!lock.isOurs() || fileMark(file) !== this.#mark) throw new LockLost(file);
      if (this.#onDisk) keepLastGood(file);
    };
    const mark = await replaceFile(file, sheet.text, lastCheck, () => prepareDraft(sheet));
    // Should this fail, the mark is not ours and the next exchange reads what is there.
    if (powerSafe) await syncFolder(dirname(file));
    this.#sheet = sheet;
    this.#mark = mark;
    this.#onDisk = true;
    this.#revision++;
  }
}

/** Somebody else may have written since the lock was taken. */
class LockLost extends StateUnavailableError {
  constructor(file: string) {
    super(file, Object.assign(new Error('its lock was taken away'), { code: 'ELOCKED' }));
  }
}
