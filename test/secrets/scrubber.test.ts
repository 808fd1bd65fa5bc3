import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createScrubber } from '../../src/secrets/scrubber.ts';
import { inContext, samples } from './samples.ts';

test('RUN-9: for any secret, no text holds it afterwards, plain, in JSON or in an address', () => {
  const secret = fc
    .string({ minLength: 6, maxLength: 40, unit: 'grapheme' })
    .filter((text) => !'[secret]'.includes(text));
  fc.assert(
    fc.property(
      fc.uniqueArray(secret, { minLength: 1, maxLength: 4 }),
      fc.string(),
      fc.string(),
      (secrets, before, after) => {
        const { scrub } = createScrubber(secrets);
        for (const text of secrets) {
          const shapes = [text, JSON.stringify({ text }), encodeURIComponent(text)];
          for (const shape of shapes) {
            const result = scrub(before + shape + after);
            expect(result).not.toContain(shape === shapes[1] ? JSON.stringify(text).slice(1, -1) : shape);
            expect(result).toContain('[secret]');
          }
        }
      },
    ),
  );
});

test('the longer secret goes first, and without secrets nothing changes', () => {
  expect(createScrubber(['abcdef', 'abcdef-long']).scrub('<abcdef-long> <abcdef>')).toBe('<[secret]> <[secret]>');
  expect(createScrubber([]).scrub('abcdef')).toBe('abcdef');
  expect(createScrubber(['short']).scrub('short')).toBe('short');
});

const known = {
  ...Object.fromEntries(Object.entries(samples).map(([kind, text]) => [kind, [text, text] as const])),
  ...inContext,
};

test.each(Object.entries(known))(
  'F57: %s is found by its form alone, in a line and as JSON',
  (_kind, [text, secret]) => {
    const { scrub } = createScrubber([]);
    const core = secret.split('\n').at(1) ?? secret;
    for (const line of [text, `before ${text} after`, `x="${text}"`, JSON.stringify({ text }), `${text}\n${text}`]) {
      expect(scrub(line)).not.toContain(core);
      expect(scrub(line)).toContain('[secret]');
    }
    expect(scrub(`before ${text}; after`)).toMatch(/^before .*; after$/s);
  },
);

const json = (text: string): string => JSON.stringify({ text });

test.each(Object.entries(known))('F57: %s is found behind an escape, and JSON stays JSON', (_kind, [text, secret]) => {
  const { scrub } = createScrubber([]);
  const core = secret.split('\n').at(1) ?? secret;
  for (const front of ['x\n', 'x\t', '\u0007', '\u001b[32m', '\u001b[1;38;2;255;255;255m', '\u001b[0K']) {
    const line = front + text;
    expect(scrub(line)).not.toContain(core);
    for (const nested of [json(line), json(json(line))]) {
      const result = scrub(nested);
      expect(result).not.toContain(core);
      expect(result).toContain('[secret]');
      expect(() => JSON.parse(result)).not.toThrow();
    }
  }
  expect(scrub(`caf\\u00e9${text}`)).not.toContain(core);
  expect(scrub(`?of=%20${text}`)).not.toContain(core);
});

test.each([
  'a task-sk-label-that-is-long-enough-to-be-a-token-of-some-kind is none',
  'fetch("https://example.com:8080/path?x=1") and git@github.com:someone/some.git',
  `sha256 ${'0f1e2d3c'.repeat(8)}, blob ${'a1b2c3d4e5'.repeat(4)}, task_0f1e2d3c`,
  'const token: string = readToken(); password = await ask();',
  '{"password": "Password is wrong", "secret": "short", "accessToken": null}',
  `${'x'.repeat(60)}sk-${'a1b2c3d4'.repeat(5)} and row[12]sk, [infosk-${'a1b2c3d4'.repeat(5)}`,
  '-----BEGIN PRIVATE KEY----- was expected, and something else came.',
  `data:application/json;base64,${Buffer.from('{"version":3,"sources":["a.ts"],"mappings":"AAAA"}').toString('base64')}`,
])('what is no secret stays: %s', async (text) => {
  const scrubber = createScrubber([]);
  expect(scrubber.scrub(text)).toBe(text);
  expect(await scrubber.clean(text)).toBe(text);
});

test('RUN-9: a value is found encoded in base64, alone and inside of something longer, and line by line', () => {
  const value = 'correct horse battery staple?>';
  const { scrub } = createScrubber([value, `first line of it, long\nsecond line of it, long`]);
  for (const around of ['', 'u:', 'us:', 'use:']) {
    for (const encoding of ['base64', 'base64url'] as const) {
      const text = Buffer.from(`${around}${value}!`).toString(encoding);
      const rest = Buffer.from(scrub(text).replace('[secret]', '').padEnd(8, '='), encoding).toString();
      expect(scrub(text)).toContain('[secret]');
      expect(rest).not.toMatch(/horse|battery/);
    }
  }
  expect(scrub('> second line of it, long <')).toBe('> [secret] <');
});

test('secrets that overlap or touch go as one', () => {
  const { scrub } = createScrubber(['abcdefgh', 'efghijkl', 'abcdefghijklmnop-never']);
  expect(scrub('<abcdefghijkl> <abcdefghabcdefgh> <abcdefghijklmnop>')).toBe('<[secret]> <[secret]> <[secret]mnop>');
});

test('what is learned later is found from then on, and what was known stays', () => {
  const scrubber = createScrubber(['the-first']);
  scrubber.learn(['the-second', 'short']);
  expect(scrubber.scrub('the-first the-second short')).toBe('[secret] [secret] short');
});

const pieceOfText = fc.oneof(
  fc.constantFrom(...Object.values(samples), ...Object.values(inContext).map(([text]) => text)),
  fc.constantFrom(
    'ghp_',
    'sk-ant-',
    'eyJ',
    '.',
    '-',
    '@',
    '://',
    ' ',
    '\n',
    'aaaa',
    'aaaaaab',
    'aab',
    '"',
    '\\n',
    '\\',
    '\\u00e9',
    '\u001b[38;2;1;2;3m',
    '%20',
    'PASSWORD=',
    'password": "',
    '🧵',
  ),
  fc.string({ maxLength: 8, unit: 'grapheme' }),
);

test('F57: wherever a stream is cut, what comes out is the same as from the whole', () => {
  const values = ['aaaaaab', 'aabaaa', 'żółć-🧵-secret', 'multi\nline\nvalue'];
  fc.assert(
    fc.property(
      fc.array(pieceOfText, { maxLength: 12 }),
      fc.array(fc.nat({ max: 90 }), { maxLength: 60 }),
      (parts, sizes) => {
        const text = parts.join('');
        const scrubber = createScrubber(values);
        const stream = scrubber.stream();
        const given: string[] = [];
        let at = 0;
        for (const size of sizes) {
          given.push(stream.push(text.slice(at, at + size)));
          at += size;
        }
        given.push(stream.push(text.slice(at)), stream.end());
        expect(given.join('')).toBe(scrubber.scrub(text));
        expect(given.every((piece) => !/[\ud800-\udbff]$/.test(piece) || !text.isWellFormed())).toBe(true);
      },
    ),
    { numRuns: 500 },
  );
});

test('a stream gives ordinary text at once and holds back only what may become a secret', () => {
  const stream = createScrubber(['opensesame']).stream();
  expect(stream.push('12 tests passed\n')).toBe('12 tests passed\n');
  expect(stream.push('say open')).toBe('say ');
  expect(stream.push('ed ')).toBe('opened ');
  expect(stream.push('opensesam')).toBe('');
  expect(stream.push('e. ')).toBe('[secret]. ');
  expect(stream.end()).toBe('');
});
