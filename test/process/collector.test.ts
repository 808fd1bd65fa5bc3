import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Collector } from '../../src/process/collector.ts';

const text = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '€', '🙂', '\n'), maxLength: 200 });
const cuts = fc.array(fc.nat(800), { maxLength: 30 });

function collect(limitBytes: number, chunks: readonly Buffer[]) {
  const collector = new Collector(limitBytes);
  for (const chunk of chunks) collector.write(chunk);
  return collector.read();
}

function chop(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [0, ...places.map((place) => Math.min(place, bytes.length)).sort((a, b) => a - b), bytes.length];
  return sorted.slice(1).map((to, index) => bytes.subarray(sorted[index], to));
}

describe('the collector', () => {
  test('any chunking gives the same head and tail as the whole', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), cuts, fc.nat(300), (array, places, limitBytes) => {
        const bytes = Buffer.from(array);
        expect(collect(limitBytes, chop(bytes, places))).toEqual(collect(limitBytes, [bytes]));
      }),
    );
  });

  test('keeps whole characters, a head and a tail, within the limit, and counts what is missing', () => {
    fc.assert(
      fc.property(text, cuts, fc.nat(300), (whole, places, limitBytes) => {
        const bytes = Buffer.from(whole);
        const kept = collect(limitBytes, chop(bytes, places));
        const keptBytes = Buffer.byteLength(kept.text);
        expect(keptBytes + kept.droppedBytes).toBe(bytes.length);
        expect(keptBytes).toBeLessThanOrEqual(limitBytes);
        expect(kept.text).not.toContain('\uFFFD');
        if (bytes.length <= limitBytes) expect(kept.text).toBe(whole);
        else expect(keptBytes).toBeGreaterThanOrEqual(limitBytes - 6);
        const seams = Array.from({ length: kept.text.length + 1 }, (_, at) => at);
        const isHeadAndTail = (at: number) =>
          whole.startsWith(kept.text.slice(0, at)) && whole.endsWith(kept.text.slice(at));
        expect(seams.some(isHeadAndTail)).toBe(true);
      }),
    );
  });

  test('a limit of nothing keeps nothing', () => {
    expect(collect(0, [Buffer.from('abc')])).toEqual({ text: '', droppedBytes: 3 });
    expect(collect(1, [Buffer.from('abc')])).toEqual({ text: 'a', droppedBytes: 2 });
    expect(collect(0, [])).toEqual({ text: '', droppedBytes: 0 });
  });
});
