/** Amounts are whole cents, so that sums are exact. */
export type Cents = number;

export function formatCents(amount: Cents): string {
  const sign = amount < 0 ? '-' : '';
  const cents = Math.abs(amount);
  return `${sign}$${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}

/** A share of an amount, rounded half up to whole cents. */
export function percentOf(amount: Cents, percent: number): Cents {
  return Math.round((amount * percent) / 100);
}
