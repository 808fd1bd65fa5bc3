export interface ActiveLimits {
  readonly totalMs: number;
  /** Without a sign of life. */
  readonly silentMs: number;
}

const longestTickMs = 500;

/**
 * Aborts when the limits of a task are reached. Counts the time in which this process ran: while it was paused, or the
 * machine slept, nothing could come.
 */
export class ActiveLimit {
  readonly #limits: ActiveLimits;
  readonly #reached = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #lastMs = performance.now();
  #activeMs = 0;
  #heardMs = 0;
  #reason: string | undefined;

  constructor(limits: ActiveLimits) {
    this.#limits = limits;
    const tickMs = Math.max(Math.min(limits.totalMs / 4, longestTickMs), 5);
    this.#timer = setInterval(() => this.#tick(tickMs), tickMs);
  }

  get signal(): AbortSignal {
    return this.#reached.signal;
  }

  /** Which limit it was, in words; undefined while none is reached. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** A sign of life. */
  heard(): void {
    this.#heardMs = this.#activeMs;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(tickMs: number): void {
    const nowMs = performance.now();
    // A tick that comes much too late was not late by work alone.
    this.#activeMs += Math.min(nowMs - this.#lastMs, 4 * tickMs);
    this.#lastMs = nowMs;
    const { totalMs, silentMs } = this.#limits;
    if (this.#activeMs >= totalMs) this.#end(`it ran for its limit of ${totalMs / 1_000} s`);
    else if (this.#activeMs - this.#heardMs >= silentMs) this.#end(`nothing came for ${silentMs / 1_000} s`);
  }

  #end(reason: string): void {
    this.stop();
    this.#reason = reason;
    this.#reached.abort(new Error(reason));
  }
}
