import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import { javascriptSample, packageFolder } from '../rig/javascript-project.ts';
import { scratch } from '../rig/scratch.ts';
import { sample } from './vitest-sample.ts';
import { edits as jestEdits, mill as jestMill } from './warm-jest-law.ts';
import { nothingIn, openPlay } from './warm-law.ts';
import { edits, mill } from './warm-vitest-law.ts';

test('VERIFY-8: a vitest is kept from one look to the next, until a setting changes, and not beyond the end', async () => {
  const folder = await scratch('warm-vitest');
  const play = await openPlay(folder, () => sample(folder, mill));
  onTestFinished(() => play.project.runner.close());
  expect(await play.compare(edits['a source'] ?? {})).toBe('warm');
  expect(await play.compare(edits['the source as it was'] ?? {})).toBe('warm');
  expect(await play.compare(edits['a setting'] ?? {})).toBe('cold');
  await play.project.runner.close();
  await nothingIn(play.project.root);
  // Vitest names its folder of transformed modules by chance.
  expect((await readdir(tmpdir())).filter((name) => /^[\w-]{21}$/.test(name))).toEqual([]);
});

test('VERIFY-8: a jest is opened ahead and used once, unless a setting changes meanwhile', async () => {
  const folder = await scratch('warm-jest');
  const play = await openPlay(folder, () => javascriptSample(folder, jestMill, { jest: packageFolder('jest') }));
  onTestFinished(() => play.project.runner.close());
  // The first run of all tells where the settings are.
  await play.project.run({ kind: 'files', files: ['test/a.test.js'] });
  expect(await play.compare(jestEdits['a source'] ?? {})).toBe('warm');
  expect(await play.compare(jestEdits['what compiles all'] ?? {})).toBe('cold');
});
