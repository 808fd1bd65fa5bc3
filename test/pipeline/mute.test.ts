import { describe, expect, test } from 'vitest';
import { isoTime } from '../../src/clock.ts';
import type { Landing, Task } from '../../src/domain/task.ts';
import type { TestResult } from '../../src/domain/tests.ts';
import { fingerprintOf } from '../../src/triage/regressions.ts';
import { failing, passing } from '../rig/reports.ts';
import { type Bench, bench, ran } from './rig.ts';

const names = ['a', 'b', 'c'] as const;
type Name = (typeof names)[number];
const testsOf = (name: Name, all: typeof passing): TestResult[] => all(`${name}.test.ts`, name);
const print = (...of: readonly Name[]): string =>
  fingerprintOf(of.flatMap((name) => testsOf(name, failing).map(({ id }) => id)));
const idOfTask = (name: Name): string => `task_${name.repeat(8)}`;

/** Fixes that have landed; `undone` by command, or still taken for landed. */
async function withLanded(undone: readonly Name[], landed: readonly Name[] = []): Promise<Bench> {
  const on = await bench(names.flatMap((name) => testsOf(name, passing)));
  const now = isoTime(on.clock.now());
  await on.parts.state.update((draft) => {
    for (const name of [...undone, ...landed]) {
      const [id, fingerprint] = [idOfTask(name), print(name)];
      const task: Task = {
        ...{ id, type: 'file_change', file_path: `${name}.ts`, description: '', status: 'completed', outcome: 'fixed' },
        ...{ created_at: now, retry_count: 0, priority: 0, attempts: [] },
        regression: { fingerprint, tests: testsOf(name, failing).map((each) => each.id), count: 1 },
      };
      const status = undone.includes(name) ? 'undone' : 'landed';
      const landing: Landing = { task_id: id, landed_at: now, files: [], folder: `${id}/landing`, status, fingerprint };
      draft.queues.completed.push(task);
      draft.landings.push(landing);
      if (undone.includes(name)) draft.muted.push({ fingerprint, task_id: id, muted_at: now, seen: false });
    }
  });
  return on;
}

/** These are red from now on, and their files are seen to change in the same moment. */
async function save(on: Bench, ...red: readonly Name[]): Promise<void> {
  on.world.tests = async () => ran(names.flatMap((name) => testsOf(name, red.includes(name) ? failing : passing)));
  on.start();
  await on.pipeline.enqueue(red.map((name) => `${name}.ts`));
}

const muted = (on: Bench): readonly string[] =>
  on.events.flatMap((event) => (event.type === 'regression.muted' ? event.tests : []));
const found = (on: Bench): readonly (readonly string[])[] =>
  on.events.flatMap((event) => (event.type === 'regression.found' ? [event.tests] : []));
const isTriaged = (on: Bench): boolean => on.events.some(({ type }) => type === 'triage.finished');
const waiting = (on: Bench): number => on.state().queues.pending.length + on.state().queues.in_progress.length;

describe('LAND-4: what was undone is left alone', () => {
  test('when two fixes are undone in the same moment', async () => {
    const on = await withLanded(['a', 'b']);
    await save(on, 'a', 'b');
    await on.until(() => isTriaged(on) && waiting(on) === 0);
    expect([muted(on), found(on), on.world.asked]).toEqual([['a', 'b'], [], 0]);
    const { tests } = on.parts.baseline.current?.document ?? expect.fail('no baseline');
    const red = Object.values(tests).filter(({ status }) => status === 'red');
    expect(red.map(({ fingerprint }) => fingerprint)).toEqual([print('a'), print('b')]);
  });

  test('when it turns red together with another test, which is mended', async () => {
    const on = await withLanded(['a']);
    await save(on, 'a', 'c');
    await on.until(() => found(on).length > 0);
    expect([muted(on), found(on)]).toEqual([['a'], [['c']]]);
    expect(on.events.find(({ type }) => type === 'regression.found')).toMatchObject({ fingerprint: print('c') });
  });

  test('when it was taken back by hand while another one was undone', async () => {
    const on = await withLanded(['a'], ['b']);
    await save(on, 'a', 'b');
    await on.until(() => isTriaged(on) && waiting(on) === 0);
    expect([muted(on), found(on)]).toEqual([['a', 'b'], []]);
    expect(on.state().landings.map(({ status }) => status)).toEqual(['undone', 'undone']);
  });
});
