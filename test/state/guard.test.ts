import { mkdir, readdir, symlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Guard, holderOf, takeGuard } from '../../src/state/guard.ts';
import { scratch } from '../rig/scratch.ts';
import { killHard, nextMessage, startFixture } from './children.ts';
import { contest } from './contest.ts';

test('F7: RUN-4: of eight starts at once on a stale lock exactly one wins', { timeout: 60_000 }, () => contest(10));

test('F7: the same with sockets in a folder, where the system has no abstract ones', { timeout: 60_000 }, () =>
  contest(5, { kind: 'path' }),
);

test.each(['abstract', 'path'] as const)(
  'F7: a guard (%s) names the key that is held, and holds none of the others',
  async (kind) => {
    const folder = await scratch('guard');
    const options = { kind, folder };
    const [a, b, c] = [join(folder, 'a'), join(folder, 'b'), join(folder, 'c')];
    const first = (await takeGuard([a, b], options)) as Guard;
    expect(await takeGuard([b, c], options)).toEqual({ heldBy: b });
    expect(await takeGuard([c, a], options)).toEqual({ heldBy: a });
    const other = (await takeGuard([c], options)) as Guard;
    await other.release();
    await first.release();
    const again = (await takeGuard([a, b, c], options)) as Guard;
    await again.release();
    expect(await readdir(folder)).toEqual([]);
  },
);

test('F7: whoever is turned away is told who it is, in the same moment too; of a key that nobody holds, nothing', async () => {
  const key = join(await scratch('guard'), 'state.json');
  const guard = (await takeGuard([key])) as Guard;
  const expected = { pid: process.pid, host: hostname(), since: expect.stringMatching(/^20/) };
  expect(await Promise.all([holderOf(key), holderOf(key)])).toEqual([expected, expected]);
  await guard.release();
  expect(await holderOf(key)).toBeUndefined();
});

test('F7: two spellings of one place are one key', async () => {
  const folder = await scratch('guard');
  await mkdir(join(folder, 'real'));
  await symlink(join(folder, 'real'), join(folder, 'link'));
  const guard = (await takeGuard([join(folder, 'real', 'state.json')])) as Guard;
  const spelling = join(folder, 'link', 'state.json');
  expect(await takeGuard([spelling])).toEqual({ heldBy: spelling });
  await guard.release();
});

test.each(['abstract', 'path'] as const)('F9: the guard (%s) of a killed process is free at once', async (kind) => {
  const folder = await scratch('guard');
  const keys = [join(folder, 'state.json'), join(folder, 'project')];
  const holder = startFixture('contender.ts', [...keys, kind, folder]);
  await nextMessage(holder);
  const answer = nextMessage(holder);
  holder.send({ at: 0 });
  expect(await answer).toEqual({ won: true });
  expect(await takeGuard(keys, { kind, folder })).toHaveProperty('heldBy');
  await killHard(holder);
  const guard = (await takeGuard(keys, { kind, folder })) as Guard;
  expect(guard).not.toHaveProperty('heldBy');
  await guard.release();
});
