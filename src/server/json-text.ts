import { isUtf8 } from 'node:buffer';
import { assemble, layout } from './escape-listing.ts';

interface Escaper {
  readonly memory: Buffer;
  /** Copies what lies in `memory` at `from` to `to`, escaped, and gives the end of what it wrote. */
  readonly escape: (from: number, until: number, to: number) => number;
}

/** The types of Node leave this to those of browsers. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (
    module: object,
  ) => { readonly exports: { readonly memory: { readonly buffer: ArrayBuffer }; readonly escape: Escaper['escape'] } };
};

const limits = {
  /** A frame of a flood: a whole piece of output with some escapes. Larger ones are seldom. */
  slotBytes: 72 * 1024,
  /** Smaller ones are too many to have a slot each. */
  leastBytes: 16 * 1024,
  spareSlots: 16,
};

/** Memory that was given back. With fresh memory for each frame a flood makes V8 collect the whole heap all the time. */
const spareSlots: ArrayBuffer[] = [];
const lentSlots = new WeakSet<ArrayBufferLike>();

/** Null where it cannot be had. */
let escaper: Escaper | null | undefined;

/**
 * `head`, then text as the inside of a JSON string, then `tail`; head and tail are ASCII. What is not UTF-8 is
 * replaced. A flood of output would spend most of its time here: therefore the escaping is not done in JavaScript.
 */
export function jsonText(head: string, text: Uint8Array, tail: string): Buffer {
  if (escaper === undefined) escaper = openEscaper();
  if (escaper === null || text.length > layout.textBytes || !isUtf8(text)) {
    const decoded = Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString();
    return join(head, Buffer.from(JSON.stringify(decoded).slice(1, -1)), tail);
  }
  escaper.memory.set(text, layout.text);
  const end = escaper.escape(layout.text, layout.text + text.length, layout.escaped);
  return join(head, escaper.memory.subarray(layout.escaped, end), tail);
}

/** What `jsonText` gave has been sent, and nobody will read it again: its memory may be used for another. */
export function giveBack(sent: Buffer): void {
  const slot = sent.buffer as ArrayBuffer;
  if (lentSlots.delete(slot) && spareSlots.length < limits.spareSlots) spareSlots.push(slot);
}

function join(head: string, middle: Uint8Array, tail: string): Buffer {
  const joined = room(head.length + middle.length + tail.length);
  joined.write(head, 'latin1');
  joined.set(middle, head.length);
  joined.write(tail, head.length + middle.length, 'latin1');
  return joined;
}

function room(bytes: number): Buffer {
  if (bytes < limits.leastBytes || bytes > limits.slotBytes) return Buffer.allocUnsafe(bytes);
  const slot = spareSlots.pop() ?? new ArrayBuffer(limits.slotBytes);
  lentSlots.add(slot);
  return Buffer.from(slot, 0, bytes);
}

function openEscaper(): Escaper | null {
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assemble()));
    const bytes = Buffer.from(exports.memory.buffer);
    for (let code = 0; code < 128; code += 1) {
      const escaped = JSON.stringify(String.fromCharCode(code)).slice(1, -1);
      const at = layout.table + 8 * code;
      bytes.write(escaped, at);
      bytes.writeUInt8(escaped.length, at + 7);
    }
    return { memory: bytes, escape: exports.escape };
  } catch {
    // The processor is too old for it, or the address space is limited (`ulimit -v`), of which V8 wants ten gigabytes.
    return null;
  }
}
