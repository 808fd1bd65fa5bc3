import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../src/clock.ts';

interface Sleeper {
  readonly dueAt: number;
  readonly wake: () => void;
}

/** A clock whose hands only the test turns. */
export class FakeClock implements Clock {
  #monotonic = 0;
  #wallOffset: number;
  readonly #sleepers = new Set<Sleeper>();

  constructor(now = Date.parse('2026-01-02T03:04:05.000Z')) {
    this.#wallOffset = now;
  }

  now(): number {
    return this.#wallOffset + this.#monotonic;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  /** How many wait for the time. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** How long until the next one is woken, or undefined when nobody waits. */
  get nextInMs(): number | undefined {
    const next = this.#next(Number.POSITIVE_INFINITY);
    return next === undefined ? undefined : Math.max(0, next.dueAt - this.#monotonic);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const end = (settle: () => void) => () => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', abort);
        settle();
      };
      const sleeper = { dueAt: this.#monotonic + ms, wake: end(resolve) };
      const abort = end(() => reject(signal?.reason));
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** Lets the time pass; whoever is due is woken in order, each at its own moment, and may sleep again. */
  async advance(ms: number): Promise<void> {
    const until = this.#monotonic + ms;
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#monotonic = Math.max(this.#monotonic, next.dueAt);
      next.wake();
      await turn();
    }
    this.#monotonic = until;
    await turn();
  }

  /** The wall clock is set, as by a person or by the network; durations go on as they were. */
  jump(ms: number): void {
    this.#wallOffset += ms;
  }

  #next(until: number): Sleeper | undefined {
    const due = [...this.#sleepers].filter(({ dueAt }) => dueAt <= until);
    return due.sort((a, b) => a.dueAt - b.dueAt)[0];
  }
}
