import type { Cents } from './money.ts';

export interface Product {
  readonly sku: string;
  readonly name: string;
  readonly price: Cents;
  readonly weightGrams: number;
}

const products: readonly Product[] = [
  { sku: 'TEA-1', name: 'Green tea', price: 450, weightGrams: 100 },
  { sku: 'CUP-2', name: 'Cup', price: 1200, weightGrams: 350 },
  { sku: 'POT-3', name: 'Teapot', price: 3990, weightGrams: 1200 },
];

export function findProduct(sku: string): Product | undefined {
  return products.find((product) => product.sku === sku);
}
