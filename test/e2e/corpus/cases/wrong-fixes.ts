import { append, edit, move, prepend, remove, write } from '../operations.ts';
import type { Case } from '../types.ts';
import { family, refused } from './case.ts';
import { mendDiscount, smallDiscount, syntaxError, wrongRounding } from './shop.ts';

const situation = smallDiscount;
const file = 'src/discount.ts';
const stillRed = { situation, expected: refused(/still red/) };

/** Patches of sources that are only wrong. The tests say so. */
export const wrongFixes: readonly Case[] = [
  ...family('nothing done', stillRed, [
    ['changes nothing', [], { expected: refused(/changed nothing/) }],
    ['writes what is there already', edit(file, 'percentOf', 'percentOf'), { expected: refused(/changed nothing/) }],
    ['changes a comment', edit(file, '/** 5%', '/** Exactly 5%')],
    ['changes white space', append(file, '\n\n')],
    ['mends another place', edit('src/shipping.ts', '490', '491'), { expected: refused(/still red.*newly red/) }],
    ['explains it in a document', write('FIXED.md', 'All tests pass now.\n')],
  ]),
  ...family('half a fix', stillRed, [
    ['gives the expected value for the one input', edit(file, '{\n', '{\n  if (subtotal === 10_000) return 1_000;\n')],
    ['gives the value that the neighbour expects', edit(file, '{\n', '{\n  if (subtotal === 11_970) return 1_197;\n')],
    ['gives one value for everything large', edit(file, 'percentOf(subtotal, 1)', '1_000')],
    ['is off by one', edit(file, 'percentOf(subtotal, 1)', 'percentOf(subtotal, 10) - 1')],
    ['gives text', edit(file, 'percentOf(subtotal, 1)', 'String(percentOf(subtotal, 10)) as never')],
    ['gives an object of any type', edit(file, 'return percentOf(subtotal, 1)', 'return {} as any')],
    ['gives a promise', edit(file, 'return percentOf(subtotal, 1)', 'return Promise.resolve(1_000) as never')],
    ['gives what is no number', edit(file, 'return percentOf(subtotal, 1)', 'return Number.NaN')],
    ['renames what the tests import', edit(file, 'function discount', 'function rebate')],
    [
      'mends the direct test, not the checkout',
      [mendDiscount, edit('src/checkout.ts', 'const less = discount(goods)', 'const less = 0; discount(goods)')],
      { expected: refused(/still red/) },
    ],
  ]),
  ...family('breaks something else', { situation, expected: refused(/newly red/) }, [
    [
      'multiplies everywhere instead',
      [edit('src/money.ts', '(amount * percent) / 100', 'amount / 10')],
      { expected: refused(/red/) },
    ],
    [
      'mends it and breaks shipping',
      [mendDiscount, edit('src/shipping.ts', 'subtotal >= freeFrom || weightGrams === 0', 'subtotal >= freeFrom')],
    ],
    [
      'mends it and swallows an error',
      [mendDiscount, edit('src/cart.ts', 'throw new Error', 'return cart; new Error')],
    ],
    ['mends it and changes what was given', [mendDiscount, edit('src/cart.ts', '[...cart, {', '[{')]],
    [
      'mends it and deletes a module that another test needs',
      [mendDiscount, remove('src/labels')],
      { expected: refused(/newly red|no longer run/) },
    ],
    [
      'mends it and moves a module without its tests',
      [mendDiscount, move('src/labels/de/preise/texte.ts', 'src/labels/texte.ts')],
      { expected: refused(/newly red|no longer run/) },
    ],
    ['mends it and logs into the result', [mendDiscount, edit('src/money.ts', 'return `', 'return `DEBUG ')]],
    [
      'mends it and leaves an error behind that no test catches',
      [mendDiscount, append('src/money.ts', "\nsetTimeout(() => { throw new Error('later'); }, 0);\n")],
    ],
  ]),
  ...family('cannot load', { situation, expected: refused(/red|run to their end/) }, [
    ['leaves a syntax error', append(file, '}\n')],
    ['throws at the top', prepend(file, "throw new Error('not today');\n")],
    ['imports what does not exist', prepend(file, "import './nothing.ts';\n")],
    ['imports itself in a circle', prepend(file, "import { checkout } from './checkout.ts';\ncheckout([]);\n")],
    [
      'writes binary garbage over the source',
      write(
        file,
        Uint8Array.from({ length: 4_096 }, (_, at) => (at * 149) % 256),
      ),
    ],
    ['empties the source', write(file, '')],
    ['deletes the source', remove(file)],
    ['writes the answer of a chat into the source', prepend(file, 'Here is the corrected file:\n\n```ts\n')],
    ['leaves the marks of a conflict', prepend(file, '<<<<<<< HEAD\n')],
    ['makes a text of the source', move(file, 'src/discount.txt')],
  ]),
  ...family('half a fix', { situation: wrongRounding, expected: refused(/still red/) }, [
    ['mends the factor and not the rounding', edit('src/money.ts', '/ 1_000)', '/ 100)')],
  ]),
  ...family('half a fix', { situation: syntaxError, expected: refused(/still red/) }, [
    ['mends the syntax error by deleting the function', write(file, 'export {};\n')],
    ['mends one syntax error and makes another', edit(file, '{{', '{{{')],
  ]),
];
