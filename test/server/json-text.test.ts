import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonText } from '../../src/server/json-text.ts';

test('the same as JSON.stringify on the decoded text, whatever the bytes', () => {
  const characters = [
    'a',
    ' ',
    '"',
    '\\',
    '\n',
    '\t',
    '\r',
    '\b',
    '\f',
    '\u0000',
    '\u001f',
    '\u007f',
    'é',
    '€',
    '🙂',
    '\ud800',
    '!',
    '[',
    ']',
    '#',
  ];
  const text = fc.string({ unit: fc.constantFrom(...characters), maxLength: 60 });
  const bytes = fc.oneof(
    text.map((value) => Buffer.from(value)),
    fc.uint8Array({ maxLength: 60 }),
  );
  fc.assert(
    fc.property(bytes, fc.nat(9), (value, from) => {
      const cut = value.subarray(Math.min(from, value.length));
      const expected = JSON.stringify({ data: Buffer.from(cut).toString() });
      expect(jsonText('{"data":"', cut, '"}').toString()).toBe(expected);
    }),
    { numRuns: 400 },
  );
});
