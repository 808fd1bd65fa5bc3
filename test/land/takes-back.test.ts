import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { takesBack } from '../../src/land/takes-back.ts';

const diff = (path: string, lines: readonly string[]): string =>
  `diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n@@ -1,${lines.length} +1,${lines.length} @@\n${lines.join('\n')}\n`;
const change = diff('sum.ts', ['-  return a + b;', '+  // faster', '+  return a - b;']);

describe('LAND-5: a fix takes back what the person did', () => {
  test.each([
    ['the change the other way round', diff('sum.ts', ['+  return a + b;', '-  // faster', '-  return a - b;']), true],
    ['most of it', diff('sum.ts', ['+  return a + b;', '-  return a - b;']), true],
    ['with another indentation', diff('sum.ts', ['+return a + b;', '-return a - b;']), true],
    ['something else in the same place', diff('sum.ts', ['+  return b + a + 0;', '-  return a - b;']), false],
    ['the same lines in another file', diff('other.ts', ['+  return a + b;', '-  return a - b;']), false],
    [
      'it, in the midst of more',
      `${diff('sum.ts', ['+  return a + b;', '-  return a - b;'])}${diff('b.ts', ['+x', '+y', '+z'])}`,
      false,
    ],
    ['what the person did, once more', change, false],
    ['nothing', '', false],
  ])('%s', (_what, patch, expected) => {
    expect(takesBack(change, patch)).toBe(expected);
  });

  test('a small part of a large change is no revert', () => {
    const large = diff('sum.ts', [
      '-  return a + b;',
      '+  return a - b;',
      ...'abcdef'.split('').map((name) => `+  use(${name});`),
    ]);
    expect(takesBack(large, diff('sum.ts', ['+  return a + b;', '-  return a - b;']))).toBe(false);
  });

  test('what is turned round is always one', () => {
    const line = fc.tuple(fc.constantFrom('+', '-'), fc.stringMatching(/^[a-z ]{1,8}[a-z]$/));
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 12 }), (lines) => {
        const there = lines.map(([sign, text]) => `${sign}${text}`);
        const back = lines.map(([sign, text]) => `${sign === '+' ? '-' : '+'}${text}`);
        expect(takesBack(diff('a.ts', there), diff('a.ts', back))).toBe(true);
      }),
    );
  });
});
