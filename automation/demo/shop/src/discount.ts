import { type Cents, percentOf } from './money.ts';

/** 5% from $50 on, 10% from $100 on. */
export function discount(subtotal: Cents): Cents {
  if (subtotal >= 10_000) return percentOf(subtotal, 10);
  if (subtotal >= 5_000) return percentOf(subtotal, 5);
  return 0;
}
