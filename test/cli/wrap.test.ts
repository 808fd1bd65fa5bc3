import { expect, test } from 'vitest';
import { wrapped } from '../../src/cli/wrap.ts';

const at = (columns: number) => ({ isTTY: true, columns });

test('a long line is broken between words, and what follows stands below the words', () => {
  const line = '  flaky: adds two numbers (src/sum.test.ts), red in 30% of 10 runs';
  expect(wrapped(line, at(40))).toBe('  flaky: adds two numbers\n    (src/sum.test.ts), red in 30% of 10\n    runs');
  expect(wrapped(line, at(30), 9)).toBe(
    '  flaky: adds two numbers\n         (src/sum.test.ts),\n         red in 30% of 10 runs',
  );
  expect(wrapped(line, at(66))).toBe(line);
});

test('columns of a table stay, wide characters count two, colours none, and a long word is left to the terminal', () => {
  expect(wrapped('✓ tests          none of them is watched', at(34), 17)).toBe(
    '✓ tests          none of them is\n                 watched',
  );
  expect(wrapped('漢字漢字漢字 漢字漢字漢字', at(24))).toBe('漢字漢字漢字\n  漢字漢字漢字');
  expect(wrapped('\x1b[32m12345 1234567890 12345\x1b[39m', at(22))).toBe('\x1b[32m12345 1234567890 12345\x1b[39m');
  expect(wrapped(`at ${'/path'.repeat(10)} it is`, at(20))).toBe(`at\n  ${'/path'.repeat(10)}\n  it is`);
});

test('without a terminal, or on one that is too small, nothing is broken', () => {
  const line = 'word '.repeat(40);
  expect(wrapped(line, { isTTY: false, columns: 80 })).toBe(line);
  expect(wrapped(line, at(10))).toBe(line);
});
