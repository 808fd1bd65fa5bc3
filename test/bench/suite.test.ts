import { expect, test } from 'vitest';
import { figureOf, paired, percentile, ratios } from '../../bench/suite.ts';

test('what is held against each other runs in turns, in alternating order, and the warm-up does not count', async () => {
  const order: string[] = [];
  const act =
    (name: string) =>
    async (round: number): Promise<number> => {
      order.push(`${name}${round}`);
      return round;
    };
  const samples = await paired({ ours: act('a'), theirs: act('b') }, 3, 2);
  expect(order.join(' ')).toBe('b-1 a-1 a0 b0 b1 a1 a2 b2 b3 a3');
  expect(samples).toEqual({ ours: [1, 2, 3], theirs: [1, 2, 3] });
});

test('a figure is the median with the middle half of the samples', () => {
  const samples = [9, 1, 5, 3, 7, 100, 2, 4];
  expect(figureOf('x', samples, 'ms', { target: '< 5' })).toEqual({
    ...{ name: 'x', value: 4, unit: 'ms', spread: [2, 7], samples: 8, target: '< 5' },
  });
  expect(figureOf('x', samples, 'ms', { p: 0.99 }).value).toBe(100);
  expect(percentile([], 0.5)).toBeNaN();
  expect(ratios([2, 9], [4, 3])).toEqual([0.5, 3]);
});
