import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

// Whether a shop does the same as the original: `oracle.ts ORIGINAL PROJECT`. It asks far more than the tests do, and
// ends with 1 and the first difference when the two disagree.

type Shop = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;

async function load(folder: string): Promise<Shop> {
  const names = ['cart', 'checkout', 'discount', 'money', 'shipping'];
  const modules = await Promise.all(
    names.map((name) => import(pathToFileURL(join(folder, 'src', `${name}.ts`)).href) as Promise<Shop>),
  );
  return Object.assign({}, ...modules) as Shop;
}

const upTo = (end: number, step: number): readonly number[] =>
  Array.from({ length: Math.ceil(end / step) }, (_, at) => at * step);

function* questions(shop: Shop): Generator<unknown> {
  for (const subtotal of upTo(20_000, 7)) yield shop.discount?.(subtotal);
  for (const limit of [4_999, 5_000, 9_999, 10_000, 10_500]) yield shop.discount?.(limit);
  for (const weight of upTo(9_000, 50)) yield [shop.shipping?.(1_000, weight), shop.shipping?.(7_500, weight)];
  for (const amount of upTo(3_000, 1)) yield [shop.formatCents?.(amount - 1_500), shop.percentOf?.(amount, 5)];
  for (const sku of ['TEA-1', 'CUP-2', 'POT-3']) {
    for (const quantity of [1, 2, 3, 4, 5, 9]) {
      const once = shop.addToCart?.([], sku, quantity);
      const cart = shop.addToCart?.(shop.addToCart?.(once, 'TEA-1', 2), sku, quantity);
      const bill = shop.checkout?.(cart);
      yield [once, cart, shop.subtotal?.(cart), shop.weightGrams?.(cart), bill, shop.billText?.(bill)];
    }
  }
}

const [original = '', project = ''] = process.argv.slice(2);
const [expected, given] = [await load(original), await load(project)];
const answers = questions(given);
for (const right of questions(expected)) {
  const answer = answers.next().value as unknown;
  if (JSON.stringify(answer) === JSON.stringify(right)) continue;
  process.stdout.write(`${JSON.stringify(answer)} in place of ${JSON.stringify(right)}\n`);
  process.exitCode = 1;
  break;
}
