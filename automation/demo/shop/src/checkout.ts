import { type Line, subtotal, weightGrams } from './cart.ts';
import { discount } from './discount.ts';
import { type Cents, formatCents } from './money.ts';
import { shipping } from './shipping.ts';

export interface Bill {
  readonly goods: Cents;
  readonly discount: Cents;
  readonly shipping: Cents;
  readonly total: Cents;
}

export function checkout(cart: readonly Line[]): Bill {
  const goods = subtotal(cart);
  const less = discount(goods);
  const freight = shipping(goods, weightGrams(cart));
  return { goods, discount: less, shipping: freight, total: goods - less + freight };
}

export function billText(bill: Bill): string {
  return `Goods ${formatCents(bill.goods)}, discount ${formatCents(bill.discount)}, shipping ${formatCents(bill.shipping)}, total ${formatCents(bill.total)}`;
}
