import { isUtf8 } from 'node:buffer';

const backslash = 0x5c;

/** For each byte that JSON wants escaped what follows the backslash; 1 where only a number would do. */
const escapes = new Uint8Array(256);
escapes.fill(1, 0, 0x20);
for (const [byte, letter] of ['\bb', '\tt', '\nn', '\ff', '\rr', '""', '\\\\'].map((pair) => Buffer.from(pair))) {
  escapes[byte ?? 0] = letter ?? 0;
}

/** The bytes in the middle of being made; used from beginning to end of one call. */
let work = new DataView(new ArrayBuffer(0));

/**
 * `head`, then text as the inside of a JSON string, then `tail`; head and tail are ASCII. What is not UTF-8 is
 * replaced. A flood of output spends most of its time here, so that this is done on bytes, which is three times as fast
 * as `JSON.stringify` on the decoded text.
 */
export function jsonText(head: string, text: Uint8Array, tail: string): Buffer {
  if (isUtf8(text)) {
    reserve(2 * text.length);
    const length = writeEscaped(text, work);
    if (length >= 0) return join(head, new Uint8Array(work.buffer, 0, length), tail);
  }
  const decoded = Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString();
  return join(head, Buffer.from(JSON.stringify(decoded).slice(1, -1)), tail);
}

function reserve(bytes: number): void {
  if (work.byteLength < bytes) work = new DataView(new ArrayBuffer(bytes));
}

function join(head: string, middle: Uint8Array, tail: string): Buffer {
  const joined = Buffer.allocUnsafe(head.length + middle.length + tail.length);
  joined.write(head, 0, 'latin1');
  joined.set(middle, head.length);
  joined.write(tail, head.length + middle.length, 'latin1');
  return joined;
}

/** Gives the length of what was written, or -1 when a byte needs a longer escape. */
function writeEscaped(from: Uint8Array, to: DataView): number {
  const source = new DataView(from.buffer, from.byteOffset, from.byteLength);
  let length = 0;
  let at = 0;
  while (at < from.length) {
    if (at + 8 <= from.length) {
      const one = source.getInt32(at, true);
      const other = source.getInt32(at + 4, true);
      if ((wanted(one) | wanted(other)) === 0) {
        to.setInt32(length, one, true);
        to.setInt32(length + 4, other, true);
        length += 8;
        at += 8;
        continue;
      }
    }
    for (const end = Math.min(at + 8, from.length); at < end; at += 1) {
      const byte = source.getUint8(at);
      const letter = escapes[byte] ?? 0;
      if (letter === 1) return -1;
      if (letter !== 0) to.setUint8(length++, backslash);
      to.setUint8(length++, letter === 0 ? byte : letter);
    }
  }
  return length;
}

/**
 * Whether one of four bytes is below a blank, a quote or a backslash: its highest bit is then set in the result.
 * `(x - 0x01) & ~x` has that bit where x is 0, and `x ^ quote` is 0 where x is a quote.
 */
function wanted(four: number): number {
  const quotes = four ^ 0x22222222;
  const backslashes = four ^ 0x5c5c5c5c;
  const low = (four - 0x20202020) & ~four;
  return (low | ((quotes - 0x01010101) & ~quotes) | ((backslashes - 0x01010101) & ~backslashes)) & 0x80808080;
}
