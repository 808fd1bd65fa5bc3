import { mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { type OwnClone, ownClone } from './command-line.ts';
import { refused } from './refused.ts';

/** One for all, since each leaves it as it was. */
let own: OwnClone;

beforeAll(async () => {
  own = await ownClone(await realpath(await mkdtemp(join(tmpdir(), 'clone-'))));
});

test('there are enough of them', () => {
  expect(refused.length).toBeGreaterThanOrEqual(25);
});

test.each(refused)('refused with exit code 2 and nothing made: $what', async ({ env = {}, file, said, hidden }) => {
  const { folder, shop, mendwatch, listing, settings } = own;
  const fill = (text: string): string => text.replaceAll('<folder>', folder);
  const given = Object.entries({ PROJECT_ROOT: shop, ...env }).map(([name, text]) => [name, fill(text)]);
  await settings(file);
  const before = await listing();
  const { end, stdout, stderr } = await mendwatch(['start'], Object.fromEntries(given));
  for (const part of said) expect(stderr).toContain(fill(part));
  if (hidden !== undefined) expect(stdout + stderr).not.toContain(hidden);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect([stdout, end]).toEqual(['', { kind: 'exited', code: 2 }]);
  expect(await listing()).toEqual(before);
});
