import { messageOf } from '../errors.ts';

export interface LadderOptions {
  readonly graceMs: number;
  /** A step may ignore that it was told to end; it is not waited for longer than this. */
  readonly endingMs: number;
  /** What is ended: resolves when `drain`, or at the latest `abort`, has brought it to its end. */
  readonly work: Promise<unknown>;
  readonly drain: AbortController;
  readonly abort: AbortController;
  /** Nothing new comes in. */
  readonly onStopping: (reason: string) => Promise<void>;
  /** All is put away. `isStuck`: something of the work has not come to its end. */
  readonly onStopped: (isStuck: boolean) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/**
 * The ways in which an agent ends, each further than the one before. Only the first counts, but a later one hurries it:
 *
 * ```
 *   stop   nothing new is begun; what is under way has the grace
 *   force  what is under way is ended and put back
 *   fail   the same, and `done` rejects with the error
 * ```
 */
export class Ladder {
  /** Settles when all is put away; rejects with the error that ended it. */
  readonly done: Promise<void>;
  readonly #options: LadderOptions;
  readonly #settle: PromiseWithResolvers<void>;
  #stopped: Promise<void> | undefined;
  #error: { readonly thrown: unknown } | undefined;

  constructor(options: LadderOptions) {
    this.#options = options;
    this.#settle = Promise.withResolvers();
    this.done = this.#settle.promise;
    // Whoever waits for it is told; that nobody does is no fault of its own.
    this.done.catch(() => undefined);
    options.work.then(
      () => this.stop('the work ended'),
      (error: unknown) => this.fail(error),
    );
  }

  stop(reason: string): Promise<void> {
    this.#stopped ??= this.#shutDown(reason).finally(() => this.#end());
    return this.#stopped;
  }

  force(reason: string): Promise<void> {
    this.#options.abort.abort('shutting down');
    return this.stop(reason);
  }

  fail(error: unknown): Promise<void> {
    if (this.#error === undefined) {
      this.#error = { thrown: error };
      this.#options.onError(error);
    }
    return this.force(`an error: ${messageOf(error)}`);
  }

  #end(): void {
    if (this.#error === undefined) this.#settle.resolve();
    else this.#settle.reject(this.#error.thrown);
  }

  async #shutDown(reason: string): Promise<void> {
    const { drain, abort, graceMs, onStopping, onStopped } = this.#options;
    drain.abort('shutting down');
    const grace = setTimeout(() => abort.abort('shutting down'), graceMs);
    await onStopping(reason);
    const isStuck = !(await this.#workEnds());
    clearTimeout(grace);
    await onStopped(isStuck);
  }

  async #workEnds(): Promise<boolean> {
    const { work, abort, endingMs } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      const count = (): void => {
        timer = setTimeout(() => resolve(false), endingMs);
      };
      if (abort.signal.aborted) count();
      else abort.signal.addEventListener('abort', count, { once: true });
    });
    // Where the work ended with an error, `done` tells it; everything is put away all the same.
    const ended = work.then(
      () => true,
      () => true,
    );
    const result = await Promise.race([ended, late]);
    clearTimeout(timer);
    return result;
  }
}
