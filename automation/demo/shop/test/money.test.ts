import { expect, test } from 'vitest';
import { formatCents, percentOf } from '../src/money.ts';

test('formats whole cents', () => {
  expect(formatCents(0)).toBe('$0.00');
  expect(formatCents(405)).toBe('$4.05');
  expect(formatCents(-1250)).toBe('-$12.50');
});

test('rounds a percentage half up', () => {
  expect(percentOf(450, 5)).toBe(23);
  expect(percentOf(440, 5)).toBe(22);
});
