import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { installOldVitests } from '../rig/old-versions.ts';
import { scratch } from '../rig/scratch.ts';
import { sample } from './vitest-sample.ts';
import { type Edit, nothingIn, openPlay, type Play, playAll, some, third } from './warm-law.ts';
import { edits, mill } from './warm-vitest-law.ts';

beforeAll(() => installOldVitests(), 600_000);

async function open(version: number | string): Promise<Play> {
  const folder = await scratch('warm-vitest');
  const play = await openPlay(folder, () => sample(folder, mill, version));
  onTestFinished(() => play.project.runner.close());
  return play;
}

let count = 0;
/** A change that a warm vitest must be able to follow, and that concerns few tests. */
const simple = (): Edit => ({ 'src/late.js': `${mill['src/late.js']} // ${count++}` });

describe.each([0, 1, 2])('vitest 5, part %i', { timeout: 300_000 }, (part) => {
  test('VERIFY-8: whatever is changed, a warm vitest says what a new one says', async () => {
    const warm = await playAll(await open(5), third(edits, part), simple);
    const must = [['a source', 'a syntax error', 'an import more'], ['a mock', 'what a set-up file imports'], []][part];
    expect(warm).toEqual(expect.arrayContaining(must ?? []));
    expect(warm).not.toContain('a setting');
  });
});

describe.each([4, '4.0.5', '5.0.0'])('vitest %s', { timeout: 300_000 }, (version) => {
  test('VERIFY-8: by chance, a warm vitest says what a new one says', async () => {
    await playAll(await open(version), some(edits, 5, Number.parseInt(String(version), 10)), simple);
  });
});

test('VERIFY-8: an endless loop ends a warm vitest and the new one by the same limit, and nothing is left of them', {
  timeout: 120_000,
}, async () => {
  const play = await open(5);
  expect(await play.compare(simple())).toBe('warm');
  const endless = { 'test/late.test.js': "import { test } from 'vitest';\ntest('ends', () => { for (;;); });" };
  expect(await play.compare(endless, { timeoutMs: 8_000 })).toBe('cold');
  await nothingIn(play.project.root);
});

test('VERIFY-8: a warm vitest that is not believed any more is ended, and for a while there is none', {
  timeout: 120_000,
}, async () => {
  const play = await open(5);
  expect(await play.compare(simple())).toBe('warm');
  await play.project.runner.distrust?.(play.project.root);
  await nothingIn(play.project.root);
  expect(await play.compare(simple())).toBe('cold');
  await nothingIn(play.project.root);
});
