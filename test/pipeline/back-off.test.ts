import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { retryDelayMs } from '../../src/pipeline/back-off.ts';

const backOff = { baseMs: 1_000, capMs: 60_000 };

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

  test('grows with each failure, stays within half and all of what it would be, and under the cap', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 0, max: 100_000 }),
        fc.integer({ min: 1, max: 10_000_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (failures, baseMs, capMs, random) => {
          const delay = retryDelayMs(failures, { baseMs, capMs }, () => random);
          const full = Math.min(capMs, baseMs * 2 ** (failures - 1));
          expect(Number.isInteger(delay)).toBe(true);
          expect(delay).toBeGreaterThanOrEqual(Math.floor(full / 2));
          expect(delay).toBeLessThanOrEqual(Math.ceil(full));
          expect(retryDelayMs(failures + 1, { baseMs, capMs }, () => random)).toBeGreaterThanOrEqual(delay);
        },
      ),
    );
  });
});
