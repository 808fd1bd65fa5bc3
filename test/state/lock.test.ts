import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { openStateStore } from '../../src/state/store.ts';
import { scratch } from '../rig/scratch.ts';
import { isStopped, nextMessage, startFixture, until } from './children.ts';

function open(file: string, guarded: boolean) {
  return openStateStore({ file, lockFile: `${file}.lock`, clock: systemClock, guarded });
}

/** A writer that is stopped in the middle of an update, with its lock made to look long forgotten. */
async function frozenWriter(file: string) {
  const child = startFixture('interrupted.ts', [file, 'SIGSTOP']);
  const pid = child.pid ?? 0;
  await until(() => isStopped(pid), 'the writer stops itself');
  utimesSync(`${file}.lock`, new Date(0), new Date(0));
  return child;
}

function statistics(file: string) {
  return JSON.parse(readFileSync(file, 'utf8')).statistics;
}

test('F8: a holder that was frozen finds its lock taken, its epoch still its own, and takes the lock again', async () => {
  const file = join(await scratch('state'), 'state.json');
  const child = await frozenWriter(file);
  const visitor = await open(file, false);
  await visitor.update((draft) => draft.statistics.tasks_processed++);
  child.kill('SIGCONT');
  expect(await nextMessage(child)).toEqual({ outcome: 'written', later: 'written', calls: 2 });
  expect(statistics(file)).toMatchObject({ tasks_processed: 1, tasks_failed: 2 });
  await visitor.close();
});

test('F8: a holder that was frozen while another agent took over stops without a side effect', async () => {
  const file = join(await scratch('state'), 'state.json');
  const child = await frozenWriter(file);
  const successor = await open(file, true);
  await successor.update((draft) => draft.statistics.tasks_processed++);
  const before = readFileSync(file, 'utf8');
  child.kill('SIGCONT');
  expect(await nextMessage(child)).toEqual({ outcome: 'StateFencedError', later: 'StateFencedError', calls: 1 });
  expect(readFileSync(file, 'utf8')).toBe(before);
  await successor.close();
});

test('F8: the lock of whoever took over is not removed by the one that wakes up', async () => {
  const file = join(await scratch('state'), 'state.json');
  const child = await frozenWriter(file);
  // Another holder, that stays: the old folder is replaced, as taking over a stale lock does.
  rmdirSync(`${file}.lock`);
  mkdirSync(`${file}.lock`);
  child.kill('SIGCONT');
  const answer = nextMessage(child);
  await until(() => !isStopped(child.pid ?? 0), 'the writer goes on');
  const first = await Promise.race([answer.then(() => 'written'), systemClock.sleep(300).then(() => 'waiting')]);
  expect([first, existsSync(`${file}.lock`)]).toEqual(['waiting', true]);
  rmdirSync(`${file}.lock`);
  expect(await answer).toEqual({ outcome: 'written', later: 'written', calls: 2 });
});

test('F9: RUN-4: the lock of a dead holder is taken over long before it is stale', async () => {
  const file = join(await scratch('state'), 'state.json');
  const child = startFixture('interrupted.ts', [file, 'SIGKILL']);
  await once(child, 'exit');
  expect(existsSync(`${file}.lock`)).toBe(true);
  const startedAt = performance.now();
  const store = await open(file, true);
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  await store.update((draft) => draft.statistics.tasks_processed++);
  expect(statistics(file)).toMatchObject({ tasks_processed: 1, tasks_failed: 0 });
  await store.close();
});

test('two stores of one process on one file do not lose updates of each other', async () => {
  const file = join(await scratch('state'), 'state.json');
  const stores = [await open(file, false), await open(file, false)];
  await Promise.all(
    stores.flatMap((store) =>
      Array.from({ length: 50 }, () => store.update((draft) => draft.statistics.tasks_processed++)),
    ),
  );
  for (let turn = 0; turn < 10; turn++)
    for (const store of stores) await store.update((draft) => draft.statistics.tasks_processed++);
  expect(statistics(file).tasks_processed).toBe(120);
  await Promise.all(stores.map((store) => store.close()));
});
