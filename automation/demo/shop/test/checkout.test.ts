import { describe, expect, test } from 'vitest';
import { addToCart } from '../src/cart.ts';
import { billText, checkout } from '../src/checkout.ts';

describe('checkout', () => {
  test('of a small cart adds shipping', () => {
    expect(checkout(addToCart([], 'TEA-1'))).toEqual({ goods: 450, discount: 0, shipping: 490, total: 940 });
  });

  test('of a large cart takes the discount off and ships for free', () => {
    expect(checkout(addToCart([], 'POT-3', 3))).toEqual({ goods: 11_970, discount: 1_197, shipping: 0, total: 10_773 });
  });

  test('prints a bill', () => {
    expect(billText(checkout(addToCart([], 'CUP-2')))).toBe('Goods $12.00, discount $0.00, shipping $4.90, total $16.90');
  });
});
