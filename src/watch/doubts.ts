import type { Clock } from '../clock.ts';

const limits = {
  /** More events than these in a second and some may have been dropped on the way. */
  burstPerSecond: 2_000,
  /** So long without a turn of the event loop and the system's queue of events may have run over. */
  lagMs: 500,
  /** The wall clock went on without the other one: the machine slept, or somebody set it. */
  driftMs: 2_000,
};

export type Doubt = 'burst' | 'lag' | 'sleep' | 'head';

/** Says when events are not to be believed, so that the tree itself is asked. */
export class Doubts {
  readonly #clock: Clock;
  readonly #headStamp: () => string;
  #head: string;
  #events = 0;
  #isBurst = false;
  #monotonic: number;
  #wall: number;

  /** @param headStamp changes whenever the project's HEAD moves. */
  constructor(clock: Clock, headStamp: () => string) {
    this.#clock = clock;
    this.#headStamp = headStamp;
    this.#head = headStamp();
    this.#monotonic = clock.monotonic();
    this.#wall = clock.now();
  }

  /** For each event. */
  saw(): void {
    this.#events += 1;
  }

  /** Lets the time until now pass unasked. */
  rest(): void {
    this.#monotonic = this.#clock.monotonic();
    this.#wall = this.#clock.now();
  }

  /** To be called every `tickMs`: why the tree has to be asked now, if it has to. */
  look(tickMs: number): Doubt | undefined {
    const monotonic = this.#clock.monotonic();
    const wall = this.#clock.now();
    const passedMs = monotonic - this.#monotonic;
    const driftMs = Math.abs(wall - this.#wall - passedMs);
    this.#monotonic = monotonic;
    this.#wall = wall;
    const head = this.#headStamp();
    const hasMoved = head !== this.#head;
    this.#head = head;
    const wasBurst = this.#isBurst;
    this.#isBurst = this.#events > (limits.burstPerSecond * passedMs) / 1_000;
    this.#events = 0;
    if (driftMs > limits.driftMs) return 'sleep';
    if (passedMs > tickMs + limits.lagMs) return 'lag';
    // Asked in the middle of a burst, the tree would have to be asked again after it.
    if (wasBurst && !this.#isBurst) return 'burst';
    return hasMoved ? 'head' : undefined;
  }
}
