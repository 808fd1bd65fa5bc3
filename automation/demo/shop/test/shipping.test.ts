import { expect, test } from 'vitest';
import { shipping } from '../src/shipping.ts';

test('costs $4.90 up to a kilogram', () => {
  expect(shipping(1_000, 1)).toBe(490);
  expect(shipping(1_000, 1_000)).toBe(490);
});

test('costs $1.50 for each further kilogram that is begun', () => {
  expect(shipping(1_000, 1_001)).toBe(640);
  expect(shipping(1_000, 2_500)).toBe(790);
});

test('is free from $75 on, and for nothing', () => {
  expect(shipping(7_500, 5_000)).toBe(0);
  expect(shipping(0, 0)).toBe(0);
});
