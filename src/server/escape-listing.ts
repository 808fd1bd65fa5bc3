/**
 * A WebAssembly module, written down by hand since nothing else in Node reaches the 16 bytes at a time of the processor.
 * Its one function copies bytes and escapes them as JSON wants it on the way.
 */

/** Where things lie in the module's memory. It never grows. */
export const layout = {
  /** For each byte eight: what is written instead of it, and at the end how many of them count. */
  table: 0,
  text: 2_048,
  /** What one call can take: no piece of output is larger. */
  textBytes: 65_536,
  escaped: 2_048 + 65_536 + 16,
  /** The longest escape is `\u0000`, and the last 16 bytes may be written where only one counts. */
  pages: Math.ceil((2_048 + 65_536 + 16 + 6 * 65_536 + 16) / 65_536),
};

const type = { i32: 0x7f, i64: 0x7e, v128: 0x7b, func: 0x60, none: 0x40 };

const loop = [0x03, type.none];
const branchIf = [0x0d];
const when = [0x04, type.none];
const otherwise = [0x05];
const end = [0x0b];
const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const tee = (local: number) => [0x22, local];
const i32 = {
  const: (value: number) => [0x41, ...signed(value)],
  load8: (at: number) => [0x2d, 0, ...unsigned(at)],
  isZero: [0x45],
  isLess: [0x49],
  trailingZeros: [0x68],
  add: [0x6a],
  sub: [0x6b],
  shiftLeft: [0x74],
  wrap: [0xa7],
};
const i64 = {
  const: (value: number) => [0x42, ...signed(value)],
  load: (at: number) => [0x29, 0, ...unsigned(at)],
  store: [0x37, 0, 0],
  shiftRight: [0x88],
};
const v128 = {
  load: [0xfd, 0x00, 0, 0],
  store: [0xfd, 0x0b, 0, 0],
  /** The same byte 16 times. */
  const: (byte: number) => [0xfd, 0x0c, ...new Array<number>(16).fill(byte)],
  equal: [0xfd, 0x23],
  isLessOrEqual: [0xfd, 0x2a],
  or: [0xfd, 0x50],
  xor: [0xfd, 0x51],
  /** One bit of a number for each byte. */
  bits: [0xfd, 0x64],
};

const local = { from: 0, until: 1, to: 2, chunk: 3, found: 4, escape: 5 };

/** `escape(from, until, to)`, see `json-text.ts`. */
const body = [
  loop,
  // All 16 bytes are written, the wrong ones among them written over later. Behind `until` lies what does not matter.
  [get(local.to), get(local.from), v128.load, tee(local.chunk), v128.store],
  // Flipped by this one bit the quote is a blank, and blank and exclamation mark come behind it.
  [get(local.chunk), v128.const(0x02), v128.xor, v128.const(0x20), v128.isLessOrEqual],
  [get(local.chunk), v128.const(0x5c), v128.equal, v128.or, v128.bits, tee(local.found)],
  // By a branch and not by counting 16 zeros, so that the processor need not wait for this chunk to begin the next.
  [i32.isZero, when],
  [...step(local.from, i32.const(16)), ...step(local.to, i32.const(16))],
  otherwise,
  [get(local.found), i32.trailingZeros, tee(local.found)],
  [get(local.from), i32.add, set(local.from), ...step(local.to, get(local.found))],
  [get(local.from), get(local.until), i32.isLess, when],
  [get(local.to), get(local.from), i32.load8(0), i32.const(3), i32.shiftLeft],
  [i64.load(layout.table), tee(local.escape), i64.store],
  step(local.to, [...get(local.escape), ...i64.const(56), ...i64.shiftRight, ...i32.wrap]),
  step(local.from, i32.const(1)),
  [end, end],
  [get(local.from), get(local.until), i32.isLess, branchIf, [0]],
  end,
  // Without what was taken from behind `until`.
  [get(local.to), get(local.from), get(local.until), i32.sub, i32.sub],
  end,
].flat(2);

function step(changed: number, by: readonly number[]): number[][] {
  return [get(changed), [...by], i32.add, set(changed)];
}

const locals = [
  [1, type.v128],
  [1, type.i32],
  [1, type.i64],
];

export function assemble(): Uint8Array<ArrayBuffer> {
  const code = [...vector(locals), ...body];
  return Uint8Array.from([
    ...Buffer.from('\0asm'),
    ...[1, 0, 0, 0],
    ...section(1, [[type.func, ...vector([[type.i32], [type.i32], [type.i32]]), ...vector([[type.i32]])]]),
    ...section(3, [[0]]),
    ...section(5, [[1, ...unsigned(layout.pages), ...unsigned(layout.pages)]]),
    ...section(7, [
      [...name('memory'), 2, 0],
      [...name('escape'), 0, 0],
    ]),
    ...section(10, [[...unsigned(code.length), ...code]]),
  ]);
}

function section(id: number, entries: readonly (readonly number[])[]): number[] {
  const content = vector(entries);
  return [id, ...unsigned(content.length), ...content];
}

function vector(entries: readonly (readonly number[])[]): number[] {
  return [...unsigned(entries.length), ...entries.flat()];
}

function name(text: string): number[] {
  return [text.length, ...Buffer.from(text)];
}

/** Seven bits a byte, the lowest first. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** The same where the highest bit of the last byte would be the sign. Nothing here is negative. */
function signed(value: number): number[] {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signed(value >>> 7)];
}
