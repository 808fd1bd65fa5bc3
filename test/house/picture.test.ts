import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { recordingIn, renderPicture } from './picture.ts';
import { styled } from './recording.ts';

const picture = await readFile(resolve(import.meta.dirname, '../../docs/demo.svg'), 'utf8');

test('the picture in the README is what its recording gives (npm run picture makes both)', () => {
  const recording = recordingIn(picture);
  expect(recording.length).toBeGreaterThan(20);
  expect(renderPicture(recording)).toBe(picture);
});

test('the picture is small, has both palettes and nothing that loads or runs', () => {
  expect(Buffer.byteLength(picture)).toBeLessThan(60_000);
  expect(picture).toContain('prefers-color-scheme: dark');
  expect(picture).toContain('prefers-reduced-motion');
  expect(picture).not.toMatch(/<script|<image|href|url\(|@import/);
});

test('the picture shows a fix that landed, a cheat that was refused, and no place of this machine', () => {
  const text = recordingIn(picture)
    .map(({ spans }) => spans.map(([, part]) => part).join(''))
    .join('\n');
  expect(text).toContain('✓ landed in src/discount.ts');
  expect(text).toContain('refused: It changes test/money.test.ts, which is protected.');
  expect(text).toContain('✓ Every act went as it should.');
  expect(text).not.toMatch(/\/(?:root|home|work|Users)\//);
});

test('lines wider than a terminal go on below, and what looks like markup is text', () => {
  const wide = renderPicture([{ atMs: 0, spans: [['red', `12:00:00 ! ${'word '.repeat(30)}<b>&amp;`]] }]);
  const rows = [...wide.matchAll(/<text[^>]*>(.*)<\/text>/g)].map(([, row = '']) => row.replace(/<[^>]+>/g, ''));
  expect(rows.length).toBeGreaterThan(1);
  for (const row of rows) expect(row.replace(/&\w+;/g, '.').trimEnd().length).toBeLessThanOrEqual(80);
  expect(rows[1]).toMatch(/^ {11}word/);
  expect(rows.join('')).toContain('&lt;b&gt;&amp;amp;');
  expect(recordingIn(wide)[0]?.spans[0]?.[1]).toContain('<b>&amp;');
});

test('styles go on over the end of a line, and an unknown one is told', () => {
  expect(styled(['\u001b[1mone', 'two\u001b[22m three', '\u001b[31m!\u001b[39m'])).toEqual([
    [['bold', 'one']],
    [
      ['bold', 'two'],
      ['', ' three'],
    ],
    [['red', '!']],
  ]);
  expect(() => styled(['\u001b[5mblinks'])).toThrow('"5"');
});
