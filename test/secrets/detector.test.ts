import { expect, test } from 'vitest';
import { createScrubber } from '../../src/secrets/scrubber.ts';
import { samples } from './samples.ts';

const { scrub, clean } = createScrubber([]);
/** Of a kind that the table of formats leaves to the detector. */
const rare = `vcp_${'aB3dE5fG7h'.repeat(6).slice(0, 56)}`;
const filler = 'const nothing = 1;\n'.repeat(5_000);

test('F57: what leaves is looked at by the detector too, in all of its length', async () => {
  expect(scrub(rare)).toBe(rare);
  expect(await clean(`use ${rare} now`)).toBe('use [secret] now');
  expect(await clean(`${filler}${rare}\n${filler}${rare}`)).toBe(`${filler}[secret]\n${filler}[secret]`);
});

test.each([samples['a token of npm'] ?? '', rare])(
  'F57: a secret at the edge of what is looked at at once is whole',
  async (secret) => {
    for (const before of [64 * 1024 - 20, 56 * 1024 - 20]) {
      const text = 'x'.repeat(before);
      expect(await clean(`${text} ${secret} end`)).toBe(`${text} [secret] end`);
    }
  },
);

test('F57, F52: no comment in the text switches the detector off', async () => {
  const text = `/* secretlint-disable */\n// secretlint-disable-next-line\n${rare} // secretlint-disable-line\n`;
  expect(await clean(text)).toBe(text.replace(rare, '[secret]'));
});

test('F57: texts that have been looked at leave nothing behind', async () => {
  await clean('the first loads the detector');
  const marked = performance.getEntries().length;
  for (let count = 0; count < 2_000; count += 1) await clean(`text ${count}`);
  expect(performance.getEntries().length - marked).toBe(0);
});
