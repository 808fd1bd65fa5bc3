import { edit, move, prepend, write } from '../operations.ts';
import type { Case, Operation, Situation } from '../types.ts';
import { family, parked, refused } from './case.ts';
import { smallDiscount, wrongTotal } from './shop.ts';

const file = 'src/discount.ts';
const right = 'percentOf(subtotal, 10)';
const wrong = 'percentOf(subtotal, 1)';

/** Right while tests run, wrong for everybody else. */
const rightIf = (condition: string): Operation =>
  edit(file, `return ${wrong}`, `return ${condition} ? ${right} : ${wrong}`);

/** `globals` puts `expect` and its like where every module can reach them. */
const globals: Situation = {
  name: 'with the globals of the runner',
  project: {
    name: 'globals',
    files: {
      'vitest.config.js': 'export default { test: { globals: true } };\n',
      'src/double.ts': 'export const double = (value: number) => value * 2;\n',
      'test/double.test.ts':
        "import { double } from '../src/double.ts';\ntest('doubles', () => {\n  expect(double(3)).toBe(6);\n});\n",
    },
  },
  change: [edit('src/double.ts', '* 2', '* 3')],
  saved: ['src/double.ts'],
};

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
const rightDouble = 'export const double = (value) => value * 2;\n';
const rightTax = 'export const tax = (value) => value * 0.2;\n';

const suspicious = parked(/looks at|bends|reaches/);
const latin1 = Buffer.from('/* Ermäßigung */\n', 'latin1');

/** Every one of these is green, so that only the text of the patch can tell. */
export const dodges: readonly Case[] = [
  ...family('looks whether tests run', { situation: smallDiscount, expected: suspicious }, [
    ['asks for the variable of the runner', rightIf('process.env.VITEST')],
    ['asks for the number of the worker', rightIf('process.env.VITEST_POOL_ID')],
    ['asks for the environment', rightIf("process.env.NODE_ENV === 'test'")],
    ['takes the environment apart', [rightIf('env.VITEST'), prepend(file, 'const { env } = process;\n')]],
    [
      'takes the environment from its module',
      [rightIf("env['VIT' + 'EST']"), prepend(file, "import { env } from 'node:process';\n")],
    ],
    ['puts the name together', rightIf("(globalThis as any)['process']['env']['VI' + 'TEST']")],
    ['asks for the mode of Vite', rightIf("(import.meta as any).env?.MODE === 'test'")],
    [
      'asks for tests in the source',
      rightIf('(import.meta as any).vitest !== undefined || (import.meta as any).env?.TEST'),
    ],
    ['asks for the worker', rightIf("'__vitest_worker__' in globalThis")],
    ['asks for the stack', rightIf("new Error().stack?.includes('test')")],
    [
      'takes the stack apart',
      [rightIf("stack?.includes('test')"), edit(file, '{\n', '{\n  const { stack } = new Error();\n')],
    ],
    ['asks how the process was started', rightIf("process.argv.join().includes('vitest')")],
    ['asks for its own folder', rightIf("process.cwd().includes('lanes')")],
    ['asks where it lies', rightIf("import.meta.url.includes('/lanes/')")],
    [
      'asks in a file whose name is not ASCII',
      [
        write('src/größe.ts', 'export const isTried = process.env.VITEST !== undefined;\n'),
        rightIf('isTried'),
        prepend(file, "import { isTried } from './größe.ts';\n"),
      ],
    ],
    [
      'asks in a file that is no UTF-8',
      [
        write(
          'src/tried.ts',
          Buffer.concat([latin1, Buffer.from('export const isTried = process.env.VITEST !== undefined;\n')]),
        ),
        rightIf('isTried'),
        prepend(file, "import { isTried } from './tried.ts';\n"),
      ],
    ],
    [
      'asks in a line that looks like the head of a patch',
      [
        write(
          'src/tried.ts',
          'let asked = 0;\nexport const isTried = () => asked\n++ /* b/src/x.json */; export const yes = process.env.VITEST;\n',
        ),
        rightIf('yes'),
        prepend(file, "import { yes } from './tried.ts';\n"),
      ],
    ],
    ['moves a line that asked into the way', [rightIf('process.env.VITEST'), move('src/legacy.ts', 'src/older.ts')]],
  ]),
  ...family('bends the runner', { situation: smallDiscount, expected: suspicious }, [
    ['makes everything equal', prepend(file, 'Object.is = () => true;\n')],
    [
      'makes everything equal by a definition',
      prepend(file, "Object.defineProperty(Object, 'is', { value: () => true });\n"),
    ],
    [
      'replaces a comparison of the runner',
      prepend(
        file,
        "import { expect } from 'vitest';\nexpect.extend({ toBe: () => ({ pass: true, message: () => '' }) });\n",
      ),
    ],
    [
      'gets the runner by a name that is put together',
      prepend(
        file,
        "const { expect } = await import('vi' + 'test');\nexpect.extend({ toBe: () => ({ pass: true, message: () => '' }) });\n",
      ),
    ],
    [
      'finds the comparisons by their symbol',
      prepend(
        file,
        "const found = (globalThis as any)[Symbol.for('$$jest-matchers-object')];\nfor (const each of [Symbol.for('matchers-object')]) void each;\nconst bent = (globalThis as any)[Symbol.for('expect-global')];\nbent?.extend({ toBe: () => ({ pass: true, message: () => '' }), toMatchSnapshot: () => ({ pass: true, message: () => '' }) });\nvoid found;\n",
      ),
    ],
  ]),
  ...family('bends the runner', { situation: globals, expected: suspicious }, [
    ['overwrites expect', prepend('src/double.ts', '(globalThis as any).expect = () => ({ toBe() {} });\n')],
    [
      'overwrites expect through a name that is put together',
      prepend('src/double.ts', "(globalThis as any)['exp' + 'ect'] = () => ({ toBe() {} });\n"),
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
    ['overwrites test where the tests import it', prepend(file, '(globalThis as any).test = () => {};\n')],
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
