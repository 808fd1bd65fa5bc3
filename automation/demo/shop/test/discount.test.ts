import { expect, test } from 'vitest';
import { discount } from '../src/discount.ts';

test.each([
  [0, 0],
  [4_999, 0],
  [5_000, 250],
  [9_999, 500],
  [10_000, 1_000],
])('of %i cents is %i', (subtotal, expected) => {
  expect(discount(subtotal)).toBe(expected);
});
