import { type Readable, Transform } from 'node:stream';
import { systemClock } from '../clock.ts';
import { Collector } from './collector.ts';
import type { OutputMode } from './types.ts';

/** Silence after which an output is given up that a stranger holds open although the whole family is gone. */
const STRANGER_MS = 1_000;
/** The same for a reader that does not read, once nobody wants to wait for it any more. */
const READER_MS = 200;
const POLL_MS = 20;

/** One output of a process, from its pipe to where it is wanted. */
export class Output {
  /** With mode `stream`: what the caller reads. It never fails; it ends early when the pipe is given up. */
  readonly stream: Readable | undefined;
  readonly #pipe: Readable | undefined;
  readonly #gate: Transform | undefined;
  readonly #collector: Collector;
  readonly #onBytes: (count: number) => void;
  readonly #ended: Promise<void>;
  #isEnded: boolean;
  #isReleased = false;
  /** Looks in a row between which nothing came. */
  #quietPolls = 0;

  /** `pipe` is undefined where the system throws the output away. `onBytes` hears of every byte once, when it is taken. */
  constructor(pipe: Readable | undefined, mode: OutputMode, onBytes: (count: number) => void) {
    this.#pipe = pipe;
    this.#onBytes = onBytes;
    this.#isEnded = pipe === undefined;
    this.#collector = new Collector(mode.kind === 'collect' ? mode.limitBytes : 0);
    this.#ended = new Promise((resolve) => {
      const onEnd = () => {
        this.#isEnded = true;
        resolve();
      };
      // `end` when all was read, which execa does not let be followed by `close`; `close` alone when it was given up.
      pipe?.once('end', onEnd).once('close', onEnd);
    });
    // An error of a pipe says no more than its end.
    pipe?.on('error', () => {});
    this.#gate = pipe && mode.kind === 'stream' ? this.#openGate(pipe) : undefined;
    this.stream = this.#gate;
    if (this.#gate) return;
    pipe?.on('data', (chunk: Buffer) => {
      this.#count(chunk);
      if (mode.kind === 'collect') this.#collector.write(chunk);
    });
  }

  /** The process cannot write on because the caller does not read. */
  get isHeldBack(): boolean {
    return !this.#isEnded && this.#gate?.writableNeedDrain === true;
  }

  read(): { readonly text: string; readonly droppedBytes: number } {
    const kept = this.#collector.read();
    return this.#pipe && !this.#gate ? kept : { text: '', droppedBytes: 0 };
  }

  /** A reader that does not read is no longer waited for. */
  release(): void {
    this.#isReleased = true;
  }

  /** Call when the family is gone: resolves when the rest has been taken, or given up. */
  async settle(): Promise<void> {
    this.#quietPolls = 0;
    while (!this.#isEnded) {
      await Promise.race([this.#ended, systemClock.sleep(POLL_MS)]);
      this.#quietPolls += 1;
      const patienceMs = !this.isHeldBack ? STRANGER_MS : this.#isReleased ? READER_MS : Number.POSITIVE_INFINITY;
      // Not by the clock: while this process is too busy to read, time passes and nothing can come.
      if (this.#quietPolls * POLL_MS > patienceMs) this.#pipe?.destroy();
    }
  }

  #openGate(pipe: Readable): Transform {
    const gate = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        this.#count(chunk);
        done(null, chunk);
      },
    });
    pipe.pipe(gate);
    // The pipe was destroyed before its end: the reader gets what there is, and an end.
    pipe.once('close', () => gate.end());
    // The reader went away before the end: the rest is read and thrown away, so that the process can go on.
    gate.once('close', () => {
      pipe.unpipe(gate);
      pipe.on('data', (chunk: Buffer) => this.#count(chunk));
      pipe.resume();
    });
    gate.on('error', () => {});
    return gate;
  }

  #count(chunk: Buffer): void {
    this.#quietPolls = 0;
    this.#onBytes(chunk.length);
  }
}
