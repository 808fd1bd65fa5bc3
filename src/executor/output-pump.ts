import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import type { OutputSum } from '../domain/execution.ts';
import { Collector } from '../process/collector.ts';
import { sweepBuffers } from './sweep-buffers.ts';

const limits = {
  pieceBytes: 65_536,
  /** From here on output is a flood, and nobody waits for the end of a line. */
  floodBytes: 16_384,
  /** How long the beginning of a line waits for its end: so prompts and progress are seen. */
  lineMs: 50,
  /** What the transcript keeps of each output: its beginning and its end. */
  transcriptBytes: 64 * 1024,
};

/** Takes one output of a process apart: whole lines where they come slowly, and never half a character. */
export class OutputPump {
  /** Settles when every byte has been handed on. */
  readonly done: Promise<void>;
  readonly #stream: Readable;
  readonly #emit: (bytes: Uint8Array, offset: number) => void;
  readonly #kept = new Collector(limits.transcriptBytes);
  #pending: Buffer = Buffer.alloc(0);
  #timer: NodeJS.Timeout | undefined;
  #emittedBytes = 0;
  #crc = 0;

  constructor(stream: Readable, emit: (bytes: Uint8Array, offset: number) => void) {
    this.#stream = stream;
    this.#emit = emit;
    stream.on('data', (chunk: Buffer) => this.#take(chunk));
    this.done = new Promise((resolve) => {
      const onEnd = () => {
        clearTimeout(this.#timer);
        this.#send(this.#pending.length);
        resolve();
      };
      stream.once('end', onEnd).once('close', onEnd);
    });
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  get sum(): OutputSum {
    return { bytes: this.#emittedBytes, crc32: this.#crc.toString(16).padStart(8, '0') };
  }

  /** Beginning and end of the output, and how many bytes are missing between them. */
  get kept(): { readonly text: string; readonly droppedBytes: number } {
    return this.#kept.read();
  }

  #take(chunk: Buffer): void {
    const hadPending = this.#pending.length > 0;
    this.#pending = hadPending ? Buffer.concat([this.#pending, chunk]) : chunk;
    const isFlood = this.#pending.length >= limits.floodBytes;
    this.#send(isFlood ? wholeCharacters(this.#pending) : this.#pending.lastIndexOf(0x0a) + 1);
    if (this.#pending.length === 0 || isFlood) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#send(wholeCharacters(this.#pending));
    }, limits.lineMs);
  }

  #send(length: number): void {
    if (length === 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const ready = this.#pending.subarray(0, length);
    this.#pending = this.#pending.subarray(length);
    for (let from = 0; from < ready.length; ) {
      const rest = ready.subarray(from, from + limits.pieceBytes);
      const piece = from + rest.length === ready.length ? rest : rest.subarray(0, wholeCharacters(rest));
      this.#crc = crc32(piece, this.#crc);
      this.#kept.write(piece);
      const offset = this.#emittedBytes;
      this.#emittedBytes += piece.length;
      from += piece.length;
      this.#emit(piece, offset);
      sweepBuffers(piece.length);
    }
  }
}

/** The length without the beginning of a UTF-8 character whose rest is still to come. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes.readUInt8(bytes.length - back);
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
