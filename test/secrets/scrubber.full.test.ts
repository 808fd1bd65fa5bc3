import { expect, test } from 'vitest';
import { createScrubber } from '../../src/secrets/scrubber.ts';

test.each([
  ['the beginning of a secret again and again', 'a'.repeat(10_000_000)],
  ['the beginning of tokens', 'sk-ant-'.repeat(1_400_000)],
  ['beginnings of every kind', 'ghp_AKIAeyJxoxb-SG.hvs.://a:b eyJa.eyJb.'.repeat(250_000)],
  ['addresses', '://a:'.repeat(2_000_000)],
  ['keys', '-----BEGIN PRIVATE KEY-----\n'.repeat(360_000)],
])('F57: ten megabytes of %s take a time in proportion', (_what, text) => {
  const { scrub } = createScrubber([`${'a'.repeat(1_000)}b`, 'a'.repeat(90).concat('c')]);
  const timed = (part: string): number => {
    const began = performance.now();
    scrub(part);
    return performance.now() - began;
  };
  timed(text.slice(0, 500_000));
  const [tenth, whole] = [timed(text.slice(0, text.length / 10)), timed(text)];
  process.stdout.write(`      ${Math.round(tenth)} ms for a tenth, ${Math.round(whole)} ms for the whole\n`);
  expect(whole).toBeLessThan(30 * Math.max(tenth, 20));
});
