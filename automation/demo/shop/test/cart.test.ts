import { describe, expect, test } from 'vitest';
import { addToCart, subtotal, weightGrams } from '../src/cart.ts';

describe('a cart', () => {
  test('adds up its lines', () => {
    const cart = addToCart(addToCart([], 'TEA-1', 2), 'CUP-2');
    expect(subtotal(cart)).toBe(2100);
    expect(weightGrams(cart)).toBe(550);
  });

  test('joins the same product in one line', () => {
    const cart = addToCart(addToCart([], 'TEA-1'), 'TEA-1', 3);
    expect(cart).toHaveLength(1);
    expect(cart[0]?.quantity).toBe(4);
  });

  test('leaves the cart that was given as it was', () => {
    const before = addToCart([], 'TEA-1');
    addToCart(before, 'TEA-1');
    expect(before[0]?.quantity).toBe(1);
  });

  test('knows no unknown product', () => {
    expect(() => addToCart([], 'NONE')).toThrow('There is no product NONE');
  });
});
