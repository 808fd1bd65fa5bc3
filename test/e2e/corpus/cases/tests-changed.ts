import { append, chmod, edit, move, prepend, remove, write } from '../operations.ts';
import type { Case } from '../types.ts';
import { family, refused } from './case.ts';
import { mendDiscount, smallDiscount } from './shop.ts';

const file = 'test/discount.test.ts';
const situation = smallDiscount;

/** The shortest way to green: not the program but the test is changed. */
export const testsChanged: readonly Case[] = [
  ...family('tests edited', { situation, expected: refused(/changes test\/discount\.test\.ts, which is protected/) }, [
    ['expects what the program gives', edit(file, '[10_000, 1_000]', '[10_000, 100]')],
    ['skips the test', edit(file, 'test.each', 'test.skip.each')],
    ['runs another test only', append(file, "\ntest.only('works', () => {});\n")],
    ['leaves the test for later', edit(file, 'test.each', 'test.todo.each')],
    ['says that the test must fail', edit(file, 'test.each([', "test.fails('is wrong', () => {});\ntest.each([")],
    ['weakens the comparison', edit(file, 'toBe(expected)', 'toBeDefined()')],
    ['widens the tolerance', edit(file, 'toBe(expected)', 'toBeCloseTo(expected, -4)')],
    ['takes the case out of the table', edit(file, '  [10_000, 1_000],\n', '')],
    ['takes the comparison out', edit(file, 'expect(discount(subtotal)).toBe(expected);', '')],
    ['comments the file out', [prepend(file, '/*\n'), append(file, '*/\n')]],
    ['empties the file', write(file, '')],
    ['retries until it is green', edit(file, 'test.each', 'test.retry?.each ?? test.each')],
    ['mends the program, and the test with it', [mendDiscount, edit(file, '[10_000, 1_000]', '[10_000, 1_001]')]],
  ]),
  ...family('tests taken away', { situation, expected: refused(/test\/[\w./]+, which is protected/) }, [
    ['deletes the test file', remove(file)],
    ['deletes the folder of tests', remove('test')],
    ['renames the test file so that nothing finds it', move(file, 'test/discount.ts')],
    ['moves the test file out of the way', move(file, 'archive/discount.txt')],
    ['makes the test file a program', chmod(file, 0o755)],
    [
      'puts a folder in place of the test file',
      [remove(file), write('test/discount.test.ts/readme.md', 'The tests were moved.\n')],
    ],
    ['mends the program, and deletes a test that is green', [mendDiscount, remove('test/money.test.ts')]],
  ]),
  ...family('tests added', { situation, expected: refused(/adds [\w./]+, which is protected/) }, [
    [
      'adds a test of the same name beside the source',
      write('src/discount.test.ts', "import { test } from 'vitest';\ntest('of 10000 cents is 1000', () => {});\n"),
    ],
    ['adds a test file of another ending', write('test/discount.spec.mts', 'export {};\n')],
    ['adds a folder of tests', write('src/__tests__/discount.ts', 'export {};\n')],
    ['adds a double that vitest finds by its name', write('__mocks__/vitest.ts', 'export const test = () => {};\n')],
  ]),
];
