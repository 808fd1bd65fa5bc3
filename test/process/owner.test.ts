import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { ownerElement, reapOrphans } from '../../src/process/owner.ts';
import { scratch } from '../rig/scratch.ts';
import { isGone, numberIn, startBash } from './until.ts';

const owner = join(import.meta.dirname, 'fixtures', 'owner.mjs');
const path = `${dirname(process.execPath)}:/usr/bin:/bin`;

test('EXEC-6: what an owner left that was killed is ended, what belongs to a living one and to its own is not', async () => {
  const folder = await scratch('owner');
  const env = { PATH: path, FOLDER: folder };
  const living = startBash(`exec node ${owner} living`, { env });
  const killed = startBash(`exec node ${owner} killed`, { env });
  const inLiving = await numberIn(join(folder, 'living'));
  const inKilled = await numberIn(join(folder, 'killed'));
  const mine = startBash('exec sleep 100', { env: { MENDWATCH_MARKER: (await ownerElement()) ?? '', PATH: path } });
  process.kill(killed.pid ?? 0, 'SIGKILL');
  await expect.poll(() => isGone(killed.pid ?? 0)).toBe(true);
  await reapOrphans();
  // Its parent is gone, so that it stands in the table until the first process of the machine has taken note of it.
  await expect.poll(() => isGone(inKilled), { timeout: 30_000 }).toBe(true);
  expect([inLiving, living.pid ?? 0, mine.pid ?? 0].map(isGone)).toEqual([false, false, false]);
});
