import { PassThrough } from 'node:stream';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OutputPump } from '../../src/executor/output-pump.ts';

function pumpOf() {
  const stream = new PassThrough();
  const pieces: { text: string; bytes: number; offset: number }[] = [];
  const pump = new OutputPump(stream, (bytes, offset) =>
    pieces.push({ text: Buffer.from(bytes).toString(), bytes: bytes.length, offset }),
  );
  return { stream, pieces, pump };
}

test('EXEC-4: however it is cut, text comes out whole, in pieces of at most 64 KiB', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', '\n', 'é', '€', '🙂', 'x'.repeat(5_000)), maxLength: 60 });
  const cuts = fc.array(fc.integer({ min: 1, max: 90_000 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(text, cuts, async (written, sizes) => {
      const { stream, pieces, pump } = pumpOf();
      const bytes = Buffer.from(written);
      for (let from = 0, turn = 0; from < bytes.length; turn++) {
        const size = sizes[turn % sizes.length] ?? 1;
        stream.write(bytes.subarray(from, from + size));
        from += size;
      }
      stream.end();
      await pump.done;
      expect(pieces.map((piece) => piece.text).join('')).toBe(written);
      expect(Math.max(0, ...pieces.map((piece) => piece.bytes))).toBeLessThanOrEqual(65_536);
      expect(pieces.map(({ offset }) => offset)).toEqual(
        pieces.map((_, index) => pieces.slice(0, index).reduce((sum, piece) => sum + piece.bytes, 0)),
      );
      expect(pump.sum).toEqual({ bytes: bytes.length, crc32: crc32(bytes).toString(16).padStart(8, '0') });
    }),
    { numRuns: 60 },
  );
});

test('the beginning of a line is sent after a short time, never half a character', async () => {
  const { stream, pieces, pump } = pumpOf();
  stream.write('done\nContinue? ');
  stream.write(Buffer.from('€').subarray(0, 2));
  await expect.poll(() => pieces.map(({ text }) => text)).toEqual(['done\n', 'Continue? ']);
  stream.end(Buffer.from('€').subarray(2));
  await pump.done;
  expect(pieces.at(-1)?.text).toBe('€');
});

test('what is not UTF-8 is handed on as it is', async () => {
  const { stream, pump } = pumpOf();
  stream.end(Buffer.from([0xff, 0x0a, 0xe2, 0x82]));
  await pump.done;
  expect(pump.sum.bytes).toBe(4);
});
