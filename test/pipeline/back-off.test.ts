import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BackOff, retryDelayMs, retryRangeMs } from '../../src/pipeline/back-off.ts';

const backOff: BackOff = { baseMs: 1_000, capMs: 60_000, jitter: 'equal', leastMs: 0 };

describe('FIX-1: the wait between attempts', () => {
  test.each([
    [1, 500, 1_000],
    [2, 1_000, 2_000],
    [3, 2_000, 4_000],
    [4, 4_000, 8_000],
    [5, 8_000, 16_000],
    [6, 16_000, 32_000],
    [7, 30_000, 60_000],
    [8, 30_000, 60_000],
    [5_000, 30_000, 60_000],
  ])('after failure %i is from %i to %i ms', (failures, least, most) => {
    expect(retryDelayMs(failures, backOff, () => 0)).toBe(least);
    expect(retryDelayMs(failures, backOff, () => 0.5)).toBe((least + most) / 2);
    expect(retryDelayMs(failures, backOff, () => 1 - Number.EPSILON)).toBe(most);
  });

  test('F36: with full jitter all of it is left to chance, but for the least', () => {
    const full: BackOff = { ...backOff, jitter: 'full', leastMs: 100 };
    expect([1, 2, 7].map((failures) => retryRangeMs(failures, full))).toEqual([
      { least: 100, most: 1_000 },
      { least: 100, most: 2_000 },
      { least: 100, most: 60_000 },
    ]);
    expect(retryDelayMs(2, full, () => 0)).toBe(100);
    expect(retryDelayMs(2, full, () => 0.5)).toBe(1_050);
  });

  test('grows with each failure, stays within its range, and under the cap', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 0, max: 100_000 }),
        fc.integer({ min: 1, max: 10_000_000 }),
        fc.constantFrom('equal', 'full'),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (failures, baseMs, capMs, jitter, random) => {
          const given = { baseMs, capMs, jitter, leastMs: 0 } as const;
          const delay = retryDelayMs(failures, given, () => random);
          const full = Math.min(capMs, baseMs * 2 ** (failures - 1));
          expect(Number.isInteger(delay)).toBe(true);
          expect(delay).toBeGreaterThanOrEqual(jitter === 'full' ? 0 : Math.floor(full / 2));
          expect(delay).toBeLessThanOrEqual(Math.ceil(full));
          expect(retryDelayMs(failures + 1, given, () => random)).toBeGreaterThanOrEqual(delay);
        },
      ),
    );
  });
});
