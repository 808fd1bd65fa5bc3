import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { javascriptSample, packageFolder } from '../rig/javascript-project.ts';
import { installOld } from '../rig/old-versions.ts';
import { scratch } from '../rig/scratch.ts';
import { edits, mill } from './warm-jest-law.ts';
import { type Edit, nothingIn, openPlay, type Play, playAll, some, third } from './warm-law.ts';

const old = ['27.5', '28', '29'];

beforeAll(() => installOld('jest', old), 600_000);

async function open(version?: string): Promise<Play> {
  const folder = await scratch('warm-jest');
  const play = await openPlay(folder, () => javascriptSample(folder, mill, { jest: packageFolder('jest', version) }));
  onTestFinished(() => play.project.runner.close());
  return play;
}

let count = 0;
/** A change that a warm jest must be able to follow. */
const simple = (): Edit => ({ 'src/deep.js': `${mill['src/deep.js']} // ${count++}` });

describe.each([0, 1, 2])('jest 30, part %i', { timeout: 300_000 }, (part) => {
  test('VERIFY-8: whatever is changed, a warm jest says what a new one says', async () => {
    const warm = await playAll(await open(), third(edits, part), simple);
    const must = [['a source', 'a syntax error', 'what was not there'], ['a mock', 'a text'], []][part];
    expect(warm).toEqual(expect.arrayContaining(must ?? []));
    expect(warm).not.toContain('what compiles all');
  });
});

describe.each(old)('jest %s', { timeout: 300_000 }, (version) => {
  test('VERIFY-8: by chance, a warm jest says what a new one says', async () => {
    await playAll(await open(version), some(edits, 5, Number.parseInt(version, 10)), simple);
  });
});

test('VERIFY-8: nothing is left of a warm jest whose test leaves, nor of one that nobody needed', {
  timeout: 120_000,
}, async () => {
  const play = await open();
  await play.compare(simple());
  const leaves = { 'test/late.test.js': "test('leaves', () => process.exit(0));" };
  await play.compare(leaves);
  const { root, runner } = play.project;
  runner.prepare({ root, env: {}, keptFolder: `${root}-kept`, mayBeWarm: true });
  await runner.close();
  await nothingIn(root);
});
