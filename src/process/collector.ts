/** Text longer than this cannot be one string in V8. */
const LARGEST_BYTES = 256 * 1024 * 1024;
const FIRST_BYTES = 16 * 1024;

/**
 * Keeps the first half and the last half of what is written, in at most `limitBytes` of memory. The first half is
 * filled once; behind it the last half is a ring.
 */
export class Collector {
  readonly #limitBytes: number;
  readonly #headBytes: number;
  #kept = Buffer.alloc(0);
  #totalBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = Math.max(0, Math.min(Math.floor(limitBytes), LARGEST_BYTES));
    this.#headBytes = Math.ceil(this.#limitBytes / 2);
  }

  write(chunk: Buffer): void {
    this.#reserve(this.#totalBytes + chunk.length);
    for (let from = 0; from < chunk.length; ) {
      const { at, room } = this.#place();
      const length = Math.min(room, chunk.length - from);
      chunk.copy(this.#kept, at, from, from + length);
      from += length;
      this.#totalBytes += length;
    }
  }

  /** The text, no character cut in two where bytes were left out, and how many were. */
  read(): { readonly text: string; readonly droppedBytes: number } {
    if (this.#totalBytes <= this.#limitBytes) {
      return { text: this.#kept.toString('utf8', 0, this.#totalBytes), droppedBytes: 0 };
    }
    const { at } = this.#place();
    const head = this.#kept.subarray(0, this.#headBytes);
    const ring = this.#kept.subarray(this.#headBytes);
    const turn = at - this.#headBytes;
    const tail =
      this.#limitBytes === this.#headBytes ? ring : Buffer.concat([ring.subarray(turn), ring.subarray(0, turn)]);
    const whole = [withoutCutEnd(head), withoutCutStart(tail)];
    const keptBytes = whole.reduce((sum, part) => sum + part.length, 0);
    return { text: whole.map((part) => part.toString('utf8')).join(''), droppedBytes: this.#totalBytes - keptBytes };
  }

  /** Where the next byte goes and how many follow it in one piece; with nowhere to go, room without end. */
  #place(): { readonly at: number; readonly room: number } {
    if (this.#totalBytes < this.#headBytes) return { at: this.#totalBytes, room: this.#headBytes - this.#totalBytes };
    const ringBytes = this.#limitBytes - this.#headBytes;
    if (ringBytes === 0) return { at: this.#limitBytes, room: Number.POSITIVE_INFINITY };
    const turn = (this.#totalBytes - this.#headBytes) % ringBytes;
    return { at: this.#headBytes + turn, room: ringBytes - turn };
  }

  #reserve(bytes: number): void {
    if (this.#kept.length >= Math.min(bytes, this.#limitBytes)) return;
    const grown = Buffer.alloc(Math.min(this.#limitBytes, Math.max(bytes, 2 * this.#kept.length, FIRST_BYTES)));
    this.#kept.copy(grown);
    this.#kept = grown;
  }
}

/** Without the beginning of a UTF-8 character whose rest was left out. */
function withoutCutEnd(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes.readUInt8(bytes.length - back);
    if (isContinuation(byte)) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.subarray(0, bytes.length - back) : bytes;
  }
  return bytes;
}

/** Without the rest of a UTF-8 character whose beginning was left out. */
function withoutCutStart(bytes: Buffer): Buffer {
  let from = 0;
  while (from < Math.min(3, bytes.length) && isContinuation(bytes.readUInt8(from))) from += 1;
  return bytes.subarray(from);
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
