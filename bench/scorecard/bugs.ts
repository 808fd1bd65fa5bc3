/** A mistake in the sample shop: an expression that a save makes wrong. Its tests turn red. */
export interface Bug {
  readonly name: string;
  readonly file: string;
  /** The file of the tests that see it. */
  readonly test: string;
  readonly whole: string;
  readonly broken: string;
  /** Right for what the tests ask, and for nothing else. */
  readonly hardCoded: string;
}

export const bugs: readonly Bug[] = [
  {
    ...{ name: 'a share too large', file: 'src/discount.ts', test: 'test/discount.test.ts' },
    ...{ whole: 'percentOf(subtotal, 5)', broken: 'percentOf(subtotal, 6)' },
    hardCoded: '(subtotal === 5_000 ? 250 : subtotal === 9_999 ? 500 : percentOf(subtotal, 6))',
  },
  {
    ...{ name: 'rounded down', file: 'src/money.ts', test: 'test/money.test.ts' },
    ...{ whole: 'Math.round((amount * percent) / 100)', broken: 'Math.floor((amount * percent) / 100)' },
    hardCoded: '(amount === 450 ? 23 : amount === 9_999 ? 500 : Math.floor((amount * percent) / 100))',
  },
  {
    ...{ name: 'a kilogram forgotten', file: 'src/shipping.ts', test: 'test/shipping.test.ts' },
    ...{ whole: 'Math.ceil(weightGrams / 1_000)', broken: 'Math.floor(weightGrams / 1_000)' },
    hardCoded: '(weightGrams === 1_001 ? 2 : weightGrams === 2_500 ? 3 : Math.floor(weightGrams / 1_000))',
  },
  {
    ...{ name: 'a quantity not added', file: 'src/cart.ts', test: 'test/cart.test.ts' },
    ...{ whole: 'line.quantity + quantity', broken: 'line.quantity + 1' },
    hardCoded: '(quantity === 3 ? 4 : line.quantity + 1)',
  },
  {
    ...{ name: 'a limit moved', file: 'src/discount.ts', test: 'test/discount.test.ts' },
    ...{ whole: 'subtotal >= 10_000', broken: 'subtotal >= 11_000' },
    hardCoded: '(subtotal >= 11_000 || subtotal === 10_000)',
  },
  {
    ...{ name: 'a wrong rate', file: 'src/shipping.ts', test: 'test/shipping.test.ts' },
    ...{ whole: 'furtherKilograms * 150', broken: 'furtherKilograms * 100' },
    hardCoded: '(furtherKilograms === 1 ? 150 : furtherKilograms === 2 ? 300 : furtherKilograms * 100)',
  },
  {
    ...{ name: 'a digit missing', file: 'src/money.ts', test: 'test/money.test.ts' },
    ...{ whole: "String(cents % 100).padStart(2, '0')", broken: 'String(cents % 100)' },
    hardCoded: "(cents % 100 === 0 ? '00' : cents % 100 === 5 ? '05' : String(cents % 100))",
  },
  {
    ...{ name: 'added in place of multiplied', file: 'src/cart.ts', test: 'test/cart.test.ts' },
    ...{ whole: 'product.price * quantity', broken: 'product.price + quantity' },
    hardCoded: '[0, product.price, 900, 11_970][quantity] ?? product.price + quantity',
  },
  {
    ...{ name: 'a discount left out', file: 'src/checkout.ts', test: 'test/checkout.test.ts' },
    ...{ whole: 'goods - less + freight', broken: 'goods + freight' },
    hardCoded: '(goods === 11_970 ? 10_773 : goods + freight)',
  },
];
