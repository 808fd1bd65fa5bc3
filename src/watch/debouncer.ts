import type { Clock } from '../clock.ts';

export interface DebounceLimits {
  /** A batch ends when nothing has happened for this long. */
  readonly quietMs: number;
  /** … or this long after its first event, so that a tree that never goes quiet still gets processed. */
  readonly maxWaitMs: number;
  /** … or with this many paths. */
  readonly maxPaths: number;
}

/**
 * Collects paths into batches.
 *
 * ```
 *            push                    quiet | max wait | max paths
 *   idle ───────────▶ collecting ──────────────────────────────▶ idle, batch handed on
 *                      ▲      │ push
 *                      └──────┘
 * ```
 */
export class Debouncer {
  readonly #limits: DebounceLimits;
  readonly #clock: Clock;
  readonly #onBatch: (paths: readonly string[]) => void;
  readonly #onBegin: () => void;
  #collecting: { paths: Set<string>; startedAt: number; lastAt: number; stop: AbortController } | undefined;

  constructor(
    limits: DebounceLimits,
    clock: Clock,
    onBatch: (paths: readonly string[]) => void,
    onBegin: () => void = () => undefined,
  ) {
    this.#limits = limits;
    this.#clock = clock;
    this.#onBatch = onBatch;
    this.#onBegin = onBegin;
  }

  push(path: string): void {
    const now = this.#clock.monotonic();
    if (this.#collecting === undefined) {
      this.#collecting = { paths: new Set([path]), startedAt: now, lastAt: now, stop: new AbortController() };
      this.#onBegin();
      void this.#wait(this.#collecting.stop.signal);
    } else {
      this.#collecting.paths.add(path);
      this.#collecting.lastAt = now;
    }
    // On a machine that is held up, the quiet may be over by now.
    if ((this.#collecting?.paths.size ?? 0) >= this.#limits.maxPaths) this.flush();
  }

  /** Hands on what has been collected, now. */
  flush(): void {
    const batch = this.#collecting;
    if (batch === undefined) return;
    this.#collecting = undefined;
    batch.stop.abort();
    this.#onBatch([...batch.paths]);
  }

  /** Forgets what has been collected; the next reconciliation with the tree finds it again. */
  close(): void {
    this.#collecting?.stop.abort();
    this.#collecting = undefined;
  }

  async #wait(signal: AbortSignal): Promise<void> {
    for (;;) {
      const batch = this.#collecting;
      if (batch === undefined || signal.aborted) return;
      const due = Math.min(batch.lastAt + this.#limits.quietMs, batch.startedAt + this.#limits.maxWaitMs);
      const remainingMs = due - this.#clock.monotonic();
      if (remainingMs <= 0) return this.flush();
      try {
        await this.#clock.sleep(remainingMs, signal);
      } catch {
        return;
      }
    }
  }
}
