import { glob, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { requirements, unknownBuilt } from './requirements.ts';

const tests = resolve(import.meta.dirname, '..');

/** Ids that stand in a test file of this repository, for example in the title of a test. */
async function namedIds(): Promise<Set<string>> {
  const named = new Set<string>();
  for await (const file of glob('**/*.test.ts', { cwd: tests, exclude: ['**/fixtures/**', 'contract/**'] })) {
    const text = await readFile(resolve(tests, file), 'utf8');
    for (const [id] of text.matchAll(/\b[A-Z]+-\d+\b/g)) named.add(id);
  }
  return named;
}

test('every requirement that has been built is named by a test', async () => {
  const named = await namedIds();
  const unproven = requirements.filter(({ id, built }) => built && !named.has(id)).map(({ id }) => id);
  expect(unproven).toEqual([]);
});

test('tests name only requirements that exist', async () => {
  const areas = new Set(requirements.map(({ id }) => id.split('-')[0]));
  const known = new Set(requirements.map(({ id }) => id));
  const invented = [...(await namedIds())].filter((id) => areas.has(id.split('-')[0]) && !known.has(id));
  expect(invented).toEqual([]);
});

test('ids are unique, and only known ones are marked as built', () => {
  expect(new Set(requirements.map(({ id }) => id)).size).toBe(requirements.length);
  expect(unknownBuilt).toEqual([]);
});
