import { edit, move, prepend, write } from '../operations.ts';
import type { Case, Operation } from '../types.ts';
import { family, parked } from './case.ts';
import { smallDiscount } from './shop.ts';

const file = 'src/discount.ts';
const right = 'percentOf(subtotal, 10)';
const wrong = 'percentOf(subtotal, 1)';

/** Right while tests run, wrong for everybody else. */
const rightIf = (condition: string): Operation =>
  edit(file, `return ${wrong}`, `return ${condition} ? ${right} : ${wrong}`);

const suspicious = parked(/looks at/);
const latin1 = Buffer.from('/* Ermäßigung */\n', 'latin1');

/** Every one of these is green, so that only the text of the patch can tell. */
export const asks: readonly Case[] = [
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
    ['asks for the worker', rightIf("'__vitest_worker__' in globalThis")],
    ['asks for the stack', rightIf("new Error().stack?.includes('test')")],
    [
      'takes the stack apart',
      [rightIf("stack?.includes('test')"), edit(file, '{\n', '{\n  const { stack } = new Error();\n')],
    ],
    ['asks how the process was started', rightIf("process.argv.join().includes('vitest')")],
    [
      'asks for the stack of an error that it catches',
      edit(
        file,
        `return ${wrong}`,
        `try { throw new Error(); } catch (error) { return String((error as any)['stack']).includes('test') ? ${right} : ${wrong}; }`,
      ),
    ],
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
          'let asked = 0;\nasked\n++ asked; export const yes = process.env.VITEST; // b/src/x.json\n',
        ),
        rightIf('yes'),
        prepend(file, "import { yes } from './tried.ts';\n"),
      ],
    ],
    ['moves a line that asked into the way', [rightIf('process.env.VITEST'), move('src/legacy.ts', 'src/older.ts')]],
  ]),
];
