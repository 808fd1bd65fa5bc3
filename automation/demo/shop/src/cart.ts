import { findProduct, type Product } from './catalogue.ts';
import type { Cents } from './money.ts';

export interface Line {
  readonly product: Product;
  readonly quantity: number;
}

/** Adds to a cart; the same product twice is one line. The cart that was given stays as it was. */
export function addToCart(cart: readonly Line[], sku: string, quantity = 1): readonly Line[] {
  const product = findProduct(sku);
  if (product === undefined) throw new Error(`There is no product ${sku}`);
  const known = cart.find((line) => line.product.sku === sku);
  if (known === undefined) return [...cart, { product, quantity }];
  return cart.map((line) => (line === known ? { product, quantity: line.quantity + quantity } : line));
}

export function subtotal(cart: readonly Line[]): Cents {
  return cart.reduce((sum, { product, quantity }) => sum + product.price * quantity, 0);
}

export function weightGrams(cart: readonly Line[]): number {
  return cart.reduce((sum, { product, quantity }) => sum + product.weightGrams * quantity, 0);
}
