import { type Clock, endsWithin } from '../clock.ts';

/** Of a limit, how often it is looked at; and the longest that one look counts: whoever slept longer was asleep. */
const looks = { perLimit: 20, longestMs: 5_000, countsAtMost: 2 } as const;
/** A step that was told to end may take so long for it. */
const endingMs = 60_000;

/** A step of a loop took longer than anything in it may take: something hangs that has no limit of its own, or ignores it. */
export class StepOutlived extends Error {
  override readonly name = 'StepOutlived';
  readonly step: string;

  constructor(step: string, limitMs: number) {
    super(`${step} did not end within its limit of ${Math.round(limitMs / 1_000)} s`);
    this.step = step;
  }
}

interface Step {
  readonly stop: AbortController;
  readonly ended: AbortController;
  name: string;
  limitMs: number;
  awakeMs: number;
  /** So many of its parts wait for their turn. */
  aside: number;
  /** When it was told to end, on the monotonic clock. */
  outlivedAtMs?: number;
}

/**
 * One loop seen from outside: whether it turns, and how long it has been at its step. Time in which the machine slept or
 * the agent was stopped does not count.
 */
export class LoopWatch {
  readonly #clock: Clock;
  readonly #onOutlived: (fault: StepOutlived) => void;
  readonly #waiting = new Set<() => void>();
  #step: Step | undefined;
  #restsSinceMs: number;

  constructor(clock: Clock, onOutlived: (fault: StepOutlived) => void) {
    this.#clock = clock;
    this.#onOutlived = onOutlived;
    this.#restsSinceMs = clock.monotonic();
  }

  /** Since when it is at no step, on the monotonic clock. */
  get restsSinceMs(): number | undefined {
    return this.#step === undefined ? this.#restsSinceMs : undefined;
  }

  /** A step begins; its signal aborts with a `StepOutlived` when it takes longer. */
  begin(name: string, limitMs: number): AbortSignal {
    this.end();
    const step: Step = {
      stop: new AbortController(),
      ended: new AbortController(),
      name,
      limitMs,
      awakeMs: 0,
      aside: 0,
    };
    this.#step = step;
    this.#stir();
    void this.#count(step);
    return step.stop.signal;
  }

  /** The step goes on to its next part, which has a limit of its own. */
  next(name: string, limitMs: number): void {
    if (this.#step === undefined || this.#step.outlivedAtMs !== undefined) return;
    Object.assign(this.#step, { name, limitMs, awakeMs: 0 });
  }

  /** What waits for its turn behind others takes no time of its own. */
  async aside<T>(turn: Promise<T>): Promise<T> {
    const step = this.#step;
    if (step === undefined) return turn;
    step.aside++;
    try {
      return await turn;
    } finally {
      step.aside--;
    }
  }

  end(): void {
    if (this.#step !== undefined) this.#restsSinceMs = this.#clock.monotonic();
    this.#step?.ended.abort();
    this.#step = undefined;
  }

  /** The loop has come round. */
  turned(): void {
    this.end();
    this.#stir();
  }

  /** Resolves when the loop begins a step or has come round. */
  stirred(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  /** The step that has outlived its limit and does not end although it was told to. */
  get stuckIn(): string | undefined {
    const { outlivedAtMs, name } = this.#step ?? {};
    if (outlivedAtMs === undefined || this.#clock.monotonic() - outlivedAtMs < endingMs) return undefined;
    return name;
  }

  /** Whether it works on a step that may still take its time, or comes round within `withinMs` when it is woken. */
  async isAlive(wake: () => void, withinMs: number): Promise<boolean> {
    if (this.#step !== undefined) return this.stuckIn === undefined;
    const stirred = this.stirred();
    wake();
    return endsWithin(this.#clock, stirred, withinMs);
  }

  #stir(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  async #count(step: Step): Promise<void> {
    while (!step.ended.signal.aborted) {
      const lookMs = Math.min(looks.longestMs, Math.max(1, step.limitMs / looks.perLimit));
      const before = this.#clock.monotonic();
      try {
        await this.#clock.sleep(lookMs, step.ended.signal);
      } catch {
        return;
      }
      if (step.aside > 0) continue;
      step.awakeMs += Math.min(this.#clock.monotonic() - before, lookMs * looks.countsAtMost);
      if (step.awakeMs < step.limitMs) continue;
      const fault = new StepOutlived(step.name, step.limitMs);
      step.outlivedAtMs = this.#clock.monotonic();
      this.#onOutlived(fault);
      step.stop.abort(fault);
      return;
    }
  }
}
