import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asData, fillPrompt, loadPrompt } from '../../src/claude/prompts.ts';
import { scratch } from '../rig/scratch.ts';

test('placeholders are filled once, also twice in a text', () => {
  expect(fillPrompt('{{a}} and {{b}}, {{a}}', { a: '1', b: '{{a}} $& $1' })).toBe('1 and {{a}} $& $1, 1');
});

test.each([
  ['{{a}} {{missing}}', { a: '' }, '{{missing}}'],
  ['{{constructor}}', {}, '{{constructor}}'],
  ['{{a}}', { a: '', unused: '', more: '' }, 'unused, more'],
])('a placeholder or a value too many is an error that names it: %s', (template, values, named) => {
  expect(() => fillPrompt(template, values)).toThrow(named);
});

test('F52: no text closes its own fence', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (text, label) => {
      const fenced = asData(label, text).split('\n');
      const fence = /^--- data ([0-9a-f]{12}): /.exec(fenced[0] ?? '')?.[1] ?? '';
      expect(fenced.at(-1)).toBe(`--- end of data ${fence} ---`);
      expect(fenced.slice(1, -1).join('\n')).toBe(text);
      expect(text).not.toContain(fence);
    }),
  );
});

test('F52: a text that holds the fence which it would get gets another', () => {
  const [first] = /[0-9a-f]{12}/.exec(asData('x', 'text')) ?? [];
  const again = asData('x', `text ${first}`);
  expect(again.split('\n')[0]).not.toContain(first);
  expect(asData('two\nlines', '').split('\n')).toHaveLength(3);
  expect(asData('x', 'same')).toBe(asData('x', 'same'));
});

test('a prompt is a file', async () => {
  const folder = await scratch('prompts');
  await writeFile(join(folder, 'fix.md'), 'Mend {{this}}.\n');
  expect(await loadPrompt(folder, 'fix')).toBe('Mend {{this}}.');
  await expect(loadPrompt(folder, 'none')).rejects.toThrow(join(folder, 'none.md'));
});
