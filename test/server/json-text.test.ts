import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { giveBack, jsonText } from '../../src/server/json-text.ts';

const head = '{"data":"';
const tail = '"}';

function expected(text: Uint8Array): Buffer {
  return Buffer.from(head + JSON.stringify(Buffer.from(text).toString()).slice(1, -1) + tail);
}

function expectSame(text: Uint8Array): void {
  const made = jsonText(head, text, tail);
  // Not by `toEqual`, which would take a second for each that is long.
  if (!made.equals(expected(text))) expect(made.toString()).toBe(expected(text).toString());
}

const characters = [...'a !"#[\\]~\b\t\n\f\r\u0000\u001b\u001f\u007f\u0080é€\u2028\ufeff\ufffd🙂', '\ud800', '\udc00'];
/** As a character or as the bytes that only look like one. */
const brokenBytes = [[0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0x80], [0xe2, 0x82], [0xff]];
const piece = fc.oneof(
  fc.constantFrom(...characters).map((character) => [...Buffer.from(character)]),
  fc.constantFrom(...brokenBytes),
  fc.nat(40).map((length) => new Array<number>(length).fill(0x61)),
);
const text = fc.oneof(
  fc.array(fc.constantFrom(...characters), { maxLength: 60 }).map((parts) => Buffer.from(parts.join(''))),
  fc.array(piece, { maxLength: 30 }).map((parts) => Buffer.from(parts.flat())),
  fc.uint8Array({ maxLength: 60 }),
);

describe('the same as JSON.stringify on the decoded text', () => {
  test('whatever the bytes, and cut anywhere', () => {
    fc.assert(
      fc.property(text, fc.nat(9), fc.nat(9), (bytes, from, without) => {
        expectSame(bytes.subarray(Math.min(from, bytes.length), Math.max(bytes.length - without, from)));
      }),
      { numRuns: 3_000 },
    );
  });

  test('each byte at each place of the 16 that are looked at together', () => {
    for (let byte = 0; byte < 0x80; byte += 1) {
      for (const length of [1, 15, 16, 17, 32, 33]) {
        for (let at = 0; at < length; at += 1) expectSame(Buffer.alloc(length, 'x').fill(byte, at, at + 1));
      }
    }
  });

  test('around the length of the largest piece', () => {
    const fills = ['x', '\n', '\u0000', 'é', '€ ', '🙂"', 'line 1\r\n', Buffer.from([0xff])];
    for (const length of [4_095, 16_383, 65_519, 65_535, 65_536, 65_537, 65_552, 200_000]) {
      for (const fill of fills) expectSame(Buffer.alloc(length, fill));
    }
  });

  test('what was written by a longer text does not come back', () => {
    expectSame(Buffer.alloc(65_536, '"'));
    for (let length = 0; length < 40; length += 1) expectSame(Buffer.alloc(length, 'a'));
  });
});

test('what has not been given back stays as it is', () => {
  const long = fc.record({
    text: fc.tuple(fc.constantFrom('a', 'b"', 'c\n€'), fc.integer({ min: 10_000, max: 66_000 })),
    kept: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(long, { minLength: 2, maxLength: 12 }), (steps) => {
      const all = steps.map(({ text: [fill, length], kept }) => {
        const bytes = Buffer.alloc(length, fill);
        const made = jsonText(head, bytes, tail);
        const isRight = made.equals(expected(bytes));
        // A second time is not another buffer.
        for (let times = kept ? 0 : 2; times > 0; times -= 1) giveBack(made);
        return { bytes, made, kept, isRight };
      });
      expect(all.every(({ isRight }) => isRight)).toBe(true);
      expect(all.every(({ bytes, made, kept }) => !kept || made.equals(expected(bytes)))).toBe(true);
    }),
    { numRuns: 40 },
  );
});
