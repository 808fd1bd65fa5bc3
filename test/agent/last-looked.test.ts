import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lookAgain, missedIn } from '../../src/agent/last-looked.ts';
import type { Task } from '../../src/domain/task.ts';
import { freshState } from '../../src/state/schema.ts';
import { scratch } from '../rig/scratch.ts';

const hourMs = 3_600_000;
const now = Date.parse('2026-01-02T12:00:00.000Z');

function ended(hoursAgo: number, outcome: Task['outcome'] | 'failed', costUsd = 0): Task {
  const isFailed = outcome === 'failed';
  return {
    finished_at: new Date(now - hoursAgo * hourMs).toISOString(),
    status: isFailed ? 'failed' : 'completed',
    ...(isFailed ? {} : { outcome }),
    cost_usd: costUsd,
  } as Task;
}

function stateWith(...tasks: readonly Task[]) {
  const { queues } = freshState(now);
  for (const task of tasks) queues[task.status === 'failed' ? 'failed' : 'completed'].push(task);
  return { queues };
}

test('what has ended since is counted, with what it cost', () => {
  const state = stateWith(
    ended(30, 'fixed', 1),
    ended(3, 'fixed', 0.25),
    ended(2, 'parked', 0.1),
    ended(1, 'clean', 0.01),
    ended(1, 'failed', 0.5),
  );
  expect(missedIn(state, now - 20 * hourMs, now)).toEqual({
    sinceMs: now - 20 * hourMs,
    ...{ fixed: 1, parked: 1, failed: 1, reported: 0 },
    costUsd: expect.closeTo(0.86),
  });
});

test('nothing is told of the last hour, at the very first look, or where nothing has ended', () => {
  const state = stateWith(ended(0.1, 'fixed'));
  expect(missedIn(state, now - 0.5 * hourMs, now)).toBeUndefined();
  expect(missedIn(state, undefined, now)).toBeUndefined();
  expect(missedIn(stateWith(ended(1, 'clean'), ended(9, 'fixed')), now - 8 * hourMs, now)).toBeUndefined();
});

test('a look is noted beside the state, and damage to the note is no look', async () => {
  const folder = await scratch('looked');
  const config = { stateFile: join(folder, 'app_state.json') };
  const note = join(folder, 'last_looked');
  const state = stateWith({ ...ended(0, 'fixed'), finished_at: new Date().toISOString() });
  expect(await lookAgain(config, state)).toBeUndefined();
  expect(Math.abs(Date.parse((await readFile(note, 'utf8')).trim()) - Date.now())).toBeLessThan(10_000);
  await writeFile(note, new Date(Date.now() - 2 * hourMs).toISOString());
  expect(await lookAgain(config, state)).toMatchObject({ fixed: 1 });
  expect(await lookAgain(config, state)).toBeUndefined();
  await writeFile(note, 'no time');
  expect(await lookAgain(config, state)).toBeUndefined();
  expect(await lookAgain({ stateFile: join(folder, 'gone', 'state.json') }, state)).toBeUndefined();
});
