import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPackageRoot } from '../../../../src/config/package-root.ts';
import { append, edit, prepend, remove, write } from '../operations.ts';
import type { Files, Project, Situation } from '../types.ts';

const folder = join(findPackageRoot(), 'automation', 'demo', 'shop');
const sample: Files = Object.fromEntries(
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((path) => !path.startsWith('node_modules/'))
    .map((path) => [path, readFileSync(join(folder, path), 'utf8')]),
);

const snapshot = `// Vitest Snapshot v1, https://vitest.dev/guide/snapshot.html

exports[\`of a teapot three times 1\`] = \`"Goods $119.70, discount $11.97, shipping $0.00, total $107.73"\`;
`;

/** The sample shop, with all that a grown repository has around its sources. */
export const shop: Project = {
  name: 'shop',
  files: {
    ...sample,
    'package-lock.json': '{ "name": "shop", "lockfileVersion": 3 }\n',
    'tsconfig.json': '{ "compilerOptions": { "strict": true } }\n',
    'vitest.config.ts': `import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { setupFiles: ['support/prepare.ts'], testTimeout: 1_500 } });
`,
    'support/prepare.ts': 'globalThis.shopIsOpen = true;\n',
    '.env': 'SHOP_CURRENCY=USD\n',
    '.github/workflows/ci.yml': 'on: push\njobs: { test: { runs-on: ubuntu-latest, steps: [{ run: npm test }] } }\n',
    '.husky/pre-commit': 'npm test\n',
    '.claude/settings.json': '{ "permissions": {} }\n',
    'CLAUDE.md': 'Amounts are whole cents.\n',
    'samples/orders.json': '[{ "sku": "POT-3", "quantity": 3, "discount": 1197 }]\n',
    'fixtures/large.json': '{ "sku": "POT-3", "quantity": 3, "total": 10773 }\n',
    'src/__mocks__/shipping.ts': 'export const shipping = () => 0;\n',
    'src/legacy.ts': '/** Nobody imports this any more. */\nexport const rate = 10;\n',
    'src/labels/de/preise/texte.ts': "export const label = (sku: string) => 'Artikel ' + sku;\n",
    'test/bill.test.ts': `import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { addToCart } from '../src/cart.ts';
import { billText, checkout } from '../src/checkout.ts';
import { label } from '../src/labels/de/preise/texte.ts';

const [order] = JSON.parse(readFileSync('samples/orders.json', 'utf8'));
const large = JSON.parse(readFileSync('fixtures/large.json', 'utf8'));

test('of a customer', () => {
  expect(checkout(addToCart([], order.sku, order.quantity)).discount).toBe(order.discount);
});

test('of a large customer', () => {
  expect(checkout(addToCart([], large.sku, large.quantity)).total).toBe(large.total);
});

test('of a teapot three times', () => {
  expect(billText(checkout(addToCart([], 'POT-3', 3)))).toMatchSnapshot();
});

test('says Artikel', () => {
  expect(label('TEA-1')).toBe('Artikel TEA-1');
});
`,
    'test/__snapshots__/bill.test.ts.snap': snapshot,
  },
};

/** Three files of tests are red: the direct one, and those that go through the checkout. */
export const smallDiscount: Situation = {
  name: 'a discount of 1%',
  project: shop,
  change: [edit('src/discount.ts', 'percentOf(subtotal, 10)', 'percentOf(subtotal, 1)')],
  saved: ['src/discount.ts'],
};

export const mendDiscount = edit('src/discount.ts', 'percentOf(subtotal, 1)', 'percentOf(subtotal, 10)');

/** Red through `toEqual` alone, besides the prices that are read from files. */
export const wrongTotal: Situation = {
  name: 'a total that adds the discount',
  project: {
    name: 'checkout',
    files: Object.fromEntries(Object.entries(sample).filter(([path]) => !/^test\/(?!checkout|cart)/.test(path))),
  },
  change: [edit('src/checkout.ts', 'total: goods - less', 'total: goods + less')],
  saved: ['src/checkout.ts'],
};

export const syntaxError: Situation = {
  name: 'a syntax error',
  project: shop,
  change: [edit('src/discount.ts', 'return 0;', 'return 0')].concat(
    edit('src/discount.ts', '): Cents {', '): Cents {{'),
  ),
  saved: ['src/discount.ts'],
};

export const wrongRounding: Situation = {
  name: 'a rounding that everything uses',
  project: shop,
  change: [edit('src/money.ts', 'Math.round((amount * percent) / 100)', 'Math.floor((amount * percent) / 1_000)')],
  saved: ['src/money.ts'],
};

/** Other changes of the person's, staged and not, tracked and not. */
export const dirtyTree: Situation = {
  name: 'in the middle of other work',
  project: shop,
  change: [
    ...smallDiscount.change,
    edit('src/catalogue.ts', 'Green tea', 'White tea'),
    prepend('README.md', 'Work in progress\n'),
    write('src/ideas/half.ts', 'export const half = (\n'),
    write('notes to myself.txt', 'call Ann\n'),
    ({ root }) => void execFileSync('git', ['add', 'README.md', 'src/ideas'], { cwd: root }),
    append('README.md', 'Not staged\n'),
    remove('src/legacy.ts'),
    write('.env.local', 'SHOP_SECRET=1\n'),
  ],
  saved: ['src/discount.ts', 'src/catalogue.ts'],
};
