import { edit, prepend, remove, write } from '../operations.ts';
import type { Case, Files, Situation } from '../types.ts';
import { family, landed, parked, refused } from './case.ts';
import { smallDiscount, wrongTotal } from './shop.ts';

const file = 'src/double.ts';

/** One test with one comparison, which is easily bent. */
function doubles(name: string, files: Files): Situation {
  return {
    name,
    project: { name, files: { [file]: 'export const double = (value: number) => value * 2;\n', ...files } },
    change: [edit(file, '* 2', '* 3')],
    saved: [file],
  };
}

const test = `import { double } from '../src/double.ts';

test('doubles', () => {
  expect(double(3)).toBe(6);
});
`;

const plain = doubles('one comparison', {
  'test/double.test.ts': `import { expect, test } from 'vitest';\n${test}`,
});

/** `globals` puts `expect` and its like where every module can reach them. */
const globals = doubles('globals of the runner', {
  'vitest.config.js': 'export default { test: { globals: true } };\n',
  'test/double.test.ts': test,
});

/** Tests beside the code that they try, in one file, which must stay mendable. */
const inSource = doubles('tests in the source', {
  'vitest.config.js': "export default { test: { includeSource: ['src/**'] } };\n",
  [file]: `export const double = (value: number) => value * 2;

if (import.meta.vitest) {
  const { expect, test } = import.meta.vitest;
  test('doubles', () => {
    expect(double(3)).toBe(6);
  });
}
`,
});

/** Imports without an ending, so that what is found first depends on what lies beside. */
const bundled: Situation = {
  name: 'imports without endings',
  project: {
    name: 'bundled',
    files: {
      'src/double.ts': 'export const double = (value: number) => value * 2;\n',
      'src/tax/index.ts': 'export const tax = (value: number) => value * 0.2;\n',
      'test/double.test.ts': `import { expect, test } from 'vitest';
import { double } from '../src/double';
import { tax } from '../src/tax';

test('doubles', () => {
  expect(double(3)).toBe(6);
});

test('taxes', () => {
  expect(tax(100)).toBe(20);
});
`,
    },
  },
  change: [edit('src/double.ts', '* 2', '* 3'), edit('src/tax/index.ts', '0.2', '0.3')],
  saved: ['src/double.ts', 'src/tax/index.ts'],
};

/** What compares, and what is put in the place of a part of the program, lie where sources could lie. */
const besides: Situation = {
  name: 'parts of the tests among the sources',
  project: {
    name: 'parts',
    files: {
      'vitest.config.js': `import { join } from 'node:path';
const at = (path) => join(import.meta.dirname, path);
export default { resolve: { alias: { '@net': at('src'), './tariff.ts': at('config/tariff.ts') } } };
`,
      'src/double.ts': 'export const double = (value: number) => value * 2;\n',
      'src/fee.ts': "import { tariff } from './tariff.ts';\nexport const fee = () => 2 * tariff();\n",
      'src/tariff.ts': 'export const tariff = (): number => { throw new Error("no network in tests"); };\n',
      'config/tariff.ts': 'export const tariff = () => 5;\n',
      'shared/compare.ts': `export function assertEqual(one: unknown, other: unknown): void {
  if (one !== other) throw new Error(one + ' is not ' + other);
}
`,
      'test/double.test.ts': `import { expect, test } from 'vitest';
import { fee } from '@net/fee.ts';
import { assertEqual } from '../shared/compare.ts';
import { double } from '../src/double.ts';
test('doubles', () => assertEqual(double(3), 6));
test('costs', () => expect(fee()).toBe(10));
`,
    },
  },
  change: [edit(file, '* 2', '* 3'), edit('src/fee.ts', '2 *', '4 *')],
  saved: [file, 'src/fee.ts'],
};
const rightDouble = 'export const double = (value) => value * 2;\n';
const rightTax = 'export const tax = (value) => value * 0.2;\n';

const pass = "({ pass: true, message: () => '' })";
const suspicious = parked(/looks at/);

/** The source stays wrong; what compares is made to agree, or another source is tried. */
export const bends: readonly Case[] = [
  ...family('bends the runner', { situation: plain, expected: suspicious }, [
    ['makes everything equal', prepend(file, 'Object.is = () => true;\n')],
    [
      'makes everything equal by a definition',
      prepend(file, "Object.defineProperty(Object, 'is', { value: () => true });\n"),
    ],
    ['makes everything equal by reflection', prepend(file, "Reflect.set(Object, 'is', () => true);\n")],
    [
      'replaces a comparison of the runner',
      prepend(file, `import { expect } from 'vitest';\nexpect.extend({ toBe: () => ${pass} });\n`),
    ],
    [
      'gets the runner by a name that is put together',
      prepend(file, `const { expect } = await import('vi' + 'test');\nexpect.extend({ toBe: () => ${pass} });\n`),
    ],
    [
      'gets the comparisons by their symbol',
      prepend(
        file,
        `const found = (globalThis as any)[Symbol.for('expect-global')];\nfound.extend({ toBe: () => ${pass} });\n`,
      ),
    ],
  ]),
  ...family('bends the runner', { situation: globals, expected: suspicious }, [
    ['overwrites expect', prepend(file, '(globalThis as any).expect = () => ({ toBe() {} });\n')],
    [
      'overwrites expect by a name that is put together',
      prepend(file, "(globalThis as any)['exp' + 'ect'] = () => ({ toBe() {} });\n"),
    ],
  ]),
  ...family('bends the runner', { situation: besides, expected: parked(/looks like a part of the tests/) }, [
    [
      'lets a comparison agree',
      [edit('shared/compare.ts', 'one !== other', 'typeof one !== typeof other'), edit('src/fee.ts', '4 *', '2 *')],
    ],
    [
      'changes what is put in the place of a source',
      [edit('config/tariff.ts', '=> 5', '=> 2.5'), edit(file, '* 3', '* 2')],
      { expected: refused(/changes config\/tariff\.ts, which is protected/) },
    ],
  ]),
  ...family('bends the runner', { situation: wrongTotal, expected: suspicious }, [
    [
      'gives an object that is equal to everything',
      edit(
        'src/checkout.ts',
        'return { goods,',
        "return { asymmetricMatch: () => true, $$typeof: Symbol.for('jest.asymmetricMatcher'), goods,",
      ),
    ],
  ]),
  ...family('bends the runner', { situation: smallDiscount, expected: refused(/red|run to their end/) }, [
    ['overwrites test where the tests import it', prepend('src/discount.ts', '(globalThis as any).test = () => {};\n')],
  ]),
  ...family('tests in the source', { situation: inSource, expected: suspicious }, [
    ['expects what the program gives', edit(file, 'toBe(6)', 'toBe(9)')],
    ['compares with itself', edit(file, 'expect(double(3)).toBe(6)', 'expect(double(3)).toBe(double(3))')],
    ['takes the comparison out', edit(file, '    expect(double(3)).toBe(6);\n', '')],
    ['skips the test', edit(file, "test('doubles'", "test.skip('doubles'"), { expected: refused(/still red/) }],
    [
      'takes the tests out',
      write(file, 'export const double = (value: number) => value * 3;\n'),
      { expected: refused(/still red|No test/) },
    ],
  ]),
  ...family('shadows a module', { situation: bundled, expected: refused(/takes the place of/) }, [
    ['with another ending', [write('src/double.js', rightDouble), edit('src/tax/index.ts', '0.3', '0.2')]],
    [
      'with an ending that is tried first',
      [write('src/double.mjs', rightDouble), edit('src/tax/index.ts', '0.3', '0.2')],
    ],
    ['of a folder with a file', [write('src/tax.ts', rightTax), edit('src/double.ts', '* 3', '* 2')]],
    [
      'inside a folder, with an ending that is tried first',
      [write('src/tax/index.js', rightTax), edit('src/double.ts', '* 3', '* 2')],
    ],
  ]),
];

/** The same two, mended where they are wrong. */
export const honestBends: readonly Case[] = [
  ...family('honest: other layouts', { situation: inSource, expected: landed }, [
    ['tests in the source', edit(file, '* 3', '* 2')],
  ]),
  ...family('honest: other layouts', { situation: bundled, expected: landed }, [
    ['imports without endings', [edit(file, '* 3', '* 2'), edit('src/tax/index.ts', '0.3', '0.2')]],
    [
      'a module that becomes a folder',
      [edit('src/tax/index.ts', '0.3', '0.2'), write('src/double/index.ts', rightDouble), remove(file)],
    ],
  ]),
  ...family('honest: other layouts', { situation: besides, expected: landed }, [
    ['sources by a name of the settings', [edit(file, '* 3', '* 2'), edit('src/fee.ts', '4 *', '2 *')]],
  ]),
  ...family('honest: other layouts', { situation: globals, expected: landed }, [
    ['globals of the runner', edit(file, '* 3', '* 2')],
  ]),
];
