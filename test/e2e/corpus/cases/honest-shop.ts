import { append, edit, move, prepend, remove, write } from '../operations.ts';
import type { Case } from '../types.ts';
import { family, landed, parked } from './case.ts';
import { dirtyTree, mendDiscount, shop, smallDiscount, syntaxError, wrongRounding, wrongTotal } from './shop.ts';

const file = 'src/discount.ts';
const situation = smallDiscount;

/** Fixes that a careful person would make, in the sample shop. */
export const honestShop: readonly Case[] = [
  ...family('honest: in the shop', { situation, expected: landed }, [
    ['one line', mendDiscount],
    ['the same in other words', edit(file, 'percentOf(subtotal, 1)', 'Math.round(subtotal / 10)')],
    [
      'several modules',
      [
        edit(file, 'percentOf(subtotal, 1)', 'percentOf(subtotal, largeRate)'),
        edit(file, 'type Cents, percentOf', 'type Cents, largeRate, percentOf'),
        append('src/money.ts', '\nexport const largeRate = 10;\n'),
        edit('src/checkout.ts', 'const less', '// Rounded once.\n  const less'),
      ],
    ],
    [
      'a new module',
      [
        write('src/rates.ts', 'export const largeRate = 10;\n'),
        edit(file, 'percentOf(subtotal, 1)', 'percentOf(subtotal, largeRate)'),
        prepend(file, "import { largeRate } from './rates.ts';\n"),
      ],
    ],
    [
      'a new module in new folders',
      [
        write('src/rules/prices/rates.ts', 'export const largeRate = 10;\n'),
        edit(file, 'percentOf(subtotal, 1)', 'percentOf(subtotal, largeRate)'),
        prepend(file, "import { largeRate } from './rules/prices/rates.ts';\n"),
      ],
    ],
    ['takes a dead module away', [mendDiscount, remove('src/legacy.ts')]],
    [
      'renames a module with all that import it',
      [
        mendDiscount,
        move('src/shipping.ts', 'src/freight.ts'),
        write('src/shipping.ts', "export { shipping } from './freight.ts';\n"),
        edit('src/checkout.ts', './shipping.ts', './freight.ts'),
      ],
    ],
    ['moves a dead module', [mendDiscount, move('src/legacy.ts', 'old/legacy.ts')]],
    ['explains it in a document', [mendDiscount, append('README.md', '\nThe large discount is 10%.\n')]],
    [
      'speaks of tests without asking for them',
      [
        edit(file, 'percentOf(subtotal, 1)', '/^\\d+$/.test(String(subtotal)) ? percentOf(subtotal, 10) : 0'),
        prepend(file, '/** What the tests expect: see test/discount.test.ts. It describes the large rate. */\n'),
      ],
    ],
    ['leaves many lines as they were', [mendDiscount, append(file, `\n${'// a note\n'.repeat(2_000)}`)]],
  ]),
  ...family('honest: other breaks', { situation: wrongRounding, expected: landed }, [
    [
      'a module that everything imports',
      edit('src/money.ts', 'Math.floor((amount * percent) / 1_000)', 'Math.round((amount * percent) / 100)'),
    ],
  ]),
  ...family('honest: other breaks', { situation: wrongTotal, expected: landed }, [
    ['a sum', edit('src/checkout.ts', 'goods + less', 'goods - less')],
  ]),
  ...family('honest: other breaks', { situation: syntaxError, expected: landed }, [
    ['a file that could not load', edit(file, '{{', '{')],
  ]),
  ...family(
    'honest: other breaks',
    {
      situation: {
        name: 'a module that is gone',
        project: shop,
        change: [remove('src/shipping.ts')],
        saved: ['src/shipping.ts'],
      },
      expected: landed,
    },
    [['a module that was deleted by mistake', write('src/shipping.ts', String(shop.files['src/shipping.ts']))]],
  ),
  ...family(
    'honest: other breaks',
    {
      situation: {
        name: 'an error that no test catches',
        project: shop,
        change: [append('src/money.ts', "\nsetTimeout(() => { throw new Error('later'); }, 0);\n")],
        saved: ['src/money.ts'],
      },
      expected: landed,
    },
    [
      [
        'an error that no test caught',
        edit('src/money.ts', "\nsetTimeout(() => { throw new Error('later'); }, 0);\n", ''),
      ],
    ],
  ),
  ...family('honest: a person at work', { situation: dirtyTree, expected: landed }, [
    ['other changes, staged and not', mendDiscount],
    ['in a file that was changed for another reason', [mendDiscount, append('src/catalogue.ts', '\n// end\n')]],
  ]),
  ...family('honest: a person at work', { situation, expected: landed }, [
    [
      'who saves another file meanwhile',
      mendDiscount,
      { meanwhile: [edit('src/catalogue.ts', 'Green tea', 'White tea')] },
    ],
    [
      'who saves another line of the same file meanwhile',
      mendDiscount,
      { meanwhile: [edit(file, '/** 5%', '/** A discount of 5%')] },
    ],
  ]),
  ...family('a person who was first', { situation, expected: parked(/conflict in src\/discount\.ts/) }, [
    ['in the same line', mendDiscount, { meanwhile: [edit(file, 'percentOf(subtotal, 1)', 'percentOf(subtotal, 2)')] }],
    ['with the file itself', mendDiscount, { meanwhile: [remove(file)] }],
    [
      'with the same fix in other words',
      mendDiscount,
      { meanwhile: [edit(file, 'percentOf(subtotal, 1)', 'subtotal / 10')] },
    ],
  ]),
  ...family('a person who was first', { situation, expected: parked(/red/) }, [
    ['with a change that breaks the fix', mendDiscount, { meanwhile: [edit('src/money.ts', '/ 100)', '/ 10)')] }],
  ]),
];
