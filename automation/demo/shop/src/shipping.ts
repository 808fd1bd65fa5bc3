import type { Cents } from './money.ts';

const freeFrom: Cents = 7_500;

/** $4.90 up to a kilogram, $1.50 for each further one that is begun; free from $75 on. */
export function shipping(subtotal: Cents, weightGrams: number): Cents {
  if (subtotal >= freeFrom || weightGrams === 0) return 0;
  const furtherKilograms = Math.max(0, Math.ceil(weightGrams / 1_000) - 1);
  return 490 + furtherKilograms * 150;
}
