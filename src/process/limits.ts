import { systemClock } from '../clock.ts';

/** The longest delay that Node's timers take; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** A timer that comes so late was not late by load: the process was stopped, or the machine slept. */
const LATE_MS = 1_000;
const HEARING_MS = 1_000;

/** Counts the time since its making, as a whole and without pauses. */
export class ActiveTime {
  readonly #monotonic: () => number;
  readonly #startedMs: number;
  #pausedAtMs: number | undefined;
  #stoppedAtMs: number | undefined;
  #pausedMs = 0;

  constructor(monotonic: () => number = systemClock.monotonic) {
    this.#monotonic = monotonic;
    this.#startedMs = monotonic();
  }

  pause(): void {
    this.#pausedAtMs ??= this.#now();
  }

  resume(): void {
    if (this.#pausedAtMs === undefined) return;
    this.#pausedMs += this.#now() - this.#pausedAtMs;
    this.#pausedAtMs = undefined;
  }

  /** From now on neither time grows. */
  stop(): void {
    this.#stoppedAtMs ??= this.#monotonic();
  }

  get durationMs(): number {
    return this.#now() - this.#startedMs;
  }

  get activeMs(): number {
    return (this.#pausedAtMs ?? this.#now()) - this.#startedMs - this.#pausedMs;
  }

  #now(): number {
    return this.#stoppedAtMs ?? this.#monotonic();
  }
}

/** One limit of active time, measured from the last `restart`. */
export class Limit {
  readonly #time: ActiveTime;
  readonly #limitMs: number;
  readonly #onReached: () => void;
  #fromMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(time: ActiveTime, limitMs: number, onReached: () => void) {
    this.#time = time;
    this.#limitMs = Math.max(1, limitMs);
    this.#onReached = onReached;
    this.arm();
  }

  /** The whole limit again. Cheap, since the running timer is left alone and looks again when it fires. */
  restart(): void {
    this.#fromMs = this.#time.activeMs;
  }

  disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  arm(): void {
    this.disarm();
    const leftMs = this.#fromMs + this.#limitMs - this.#time.activeMs;
    if (leftMs <= 0) this.#onReached();
    else this.#wait(Math.min(Math.ceil(leftMs), LONGEST_TIMER_MS));
  }

  /** Who wakes up late has not listened meanwhile: what came in is heard first, and may be the end that was waited for. */
  #wait(ms: number): void {
    const dueAtMs = this.#time.durationMs + ms;
    this.#timer = setTimeout(() => {
      if (this.#time.durationMs - dueAtMs < LATE_MS) this.arm();
      else this.#timer = setTimeout(() => this.arm(), HEARING_MS);
    }, ms);
  }
}
