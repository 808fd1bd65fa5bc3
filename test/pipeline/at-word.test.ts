import { describe, expect, test } from 'vitest';
import type { Task } from '../../src/domain/task.ts';
import { pause, resume, snooze } from '../../src/state/holds.ts';
import type { StateDocument } from '../../src/state/schema.ts';
import { failing, idOf, passing } from '../rig/reports.ts';
import { type Bench, bench, inTurn, ran } from './rig.ts';

const file = 'a.test.ts';
const green = passing(file, 'a');
const red = failing(file, 'a');
const types = ({ events }: Bench): string[] => events.map(({ type }) => type);

async function tell(on: Bench, change: (draft: StateDocument) => void): Promise<void> {
  await on.parts.state.update(change);
  on.pipeline.wake();
}

/** A planner that answers only when it is told to end. Resolves when it is asked first. */
function thinkForEver({ parts: { planner } }: Bench): Promise<void> {
  const asked = Promise.withResolvers<void>();
  const answer = planner.plan.bind(planner);
  const plan: typeof planner.plan = async (input, maxUsd, signal) => {
    asked.resolve();
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    return answer(input, maxUsd, signal);
  };
  Object.assign(planner, { plan });
  return asked.promise;
}

/** A regression that was given up, and what it asked of the models. */
async function givenUp(): Promise<{ on: Bench; task: Task }> {
  const on = await bench(green, { maxCostPerTaskUsd: 5 });
  on.world.tests = inTurn(red);
  on.start();
  await on.pipeline.enqueue(['a.ts']);
  await on.until(() => types(on).includes('task.failed'), 500);
  const [task] = on.state().queues.failed;
  if (task === undefined) throw new Error('Nothing has failed');
  return { on, task };
}

describe('retry', () => {
  test('gives a failed task all its attempts again, and its tests are watched while it is open', async () => {
    const { on, task } = await givenUp();
    expect(on.parts.baseline.known(idOf(file, 'a'))).toBe('red');
    await on.pipeline.retry(task.id);
    expect(on.parts.baseline.known(idOf(file, 'a'))).toBe('green');
    await on.until(() => types(on).filter((type) => type === 'task.failed').length === 2, 500);
    const [again] = on.state().queues.failed;
    expect(again?.attempts.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
    expect(again).toMatchObject({ id: task.id, forgiven: 2 });
    // It has failed twice, and is one task that failed.
    expect(on.state().statistics).toMatchObject({ tasks_failed: 1, tasks_escalated: 1 });
    // What is told counts from the word on: never "attempt 3 of 2".
    const told = on.events.flatMap((event) =>
      event.type === 'attempt.rejected' || event.type === 'task.phase' ? [event.attempt] : [],
    );
    expect([...new Set(told)]).toEqual([1, 2]);
    expect(told.filter((attempt) => attempt === 1)).toHaveLength(6);
  });

  test('what the person has mended meanwhile ends without another attempt', async () => {
    const { on, task } = await givenUp();
    const asked = on.world.asked;
    on.world.tests = inTurn(green);
    await tell(on, (draft) => pause(draft, on.clock.now()));
    await on.pipeline.retry(task.id);
    await tell(on, (draft) => {
      resume(draft);
      snooze(draft, on.clock.now() + 60_000);
    });
    await on.until(() => on.state().queues.completed.some(({ id }) => id === task.id));
    expect(on.world.asked).toBe(asked);
    const { queues, statistics } = on.state();
    expect(statistics).toMatchObject({ tasks_processed: queues.completed.length, tasks_failed: 0, tasks_escalated: 1 });
  });

  test('what waits for its next attempt is due at once; what is in work or has ended well is refused', async () => {
    const on = await bench(green, { retryDelayMs: 3_600_000 });
    on.world.tests = inTurn(red);
    on.start();
    await on.pipeline.enqueue(['a.ts']);
    await on.until(() => types(on).includes('attempt.rejected'));
    const [waiting] = on.state().queues.pending;
    await on.pipeline.retry(waiting?.id ?? '');
    await on.until(() => types(on).includes('task.failed'));
    on.world.tests = inTurn(green);
    await on.pipeline.enqueue(['b.ts']);
    await on.until(() => on.state().queues.completed.some(({ file_path }) => file_path === 'b.ts'));
    const clean = on.state().queues.completed.find(({ file_path }) => file_path === 'b.ts');
    await expect(on.pipeline.retry(clean?.id ?? '')).rejects.toThrow(/has ended as clean, so there is nothing to try/);
    await expect(on.pipeline.retry('task_00000000')).rejects.toThrow(/There is no task task_00000000/);
  });
});

describe('cancel', () => {
  test('a regression in work ends as cancelled, and no later save is blamed for its tests', async () => {
    const on = await bench(green);
    on.world.tests = inTurn(red);
    const asked = thinkForEver(on);
    on.start();
    await on.pipeline.enqueue(['a.ts']);
    await asked;
    const id = on.state().queues.in_progress[0]?.id ?? '';
    expect(await on.pipeline.cancel(id)).toMatchObject({ id, outcome: 'cancelled' });
    expect(on.parts.baseline.known(idOf(file, 'a'))).toBe('red');
    expect(on.state().statistics).toMatchObject({ tasks_processed: 1, tasks_succeeded: 0, tasks_failed: 0 });
    await on.pipeline.enqueue(['b.ts']);
    await on.until(() => on.state().queues.completed.length === 2);
    expect(on.state().queues.completed.map(({ outcome }) => outcome)).toEqual(['cancelled', 'clean']);
    // And it can be wanted all the same, later.
    await on.pipeline.retry(id);
    await on.until(() => on.state().queues.in_progress.some((task) => task.id === id && task.phase === 'plan'));
  });

  test('what waits for its next attempt, and what nobody has looked at yet', async () => {
    const on = await bench(green, { retryDelayMs: 3_600_000 });
    on.world.tests = inTurn(red);
    on.start();
    await on.pipeline.enqueue(['a.ts']);
    await on.until(() => types(on).includes('attempt.rejected'));
    const id = on.state().queues.pending[0]?.id ?? '';
    expect(await on.pipeline.cancel(id)).toMatchObject({ outcome: 'cancelled' });
    await tell(on, (draft) => pause(draft, on.clock.now()));
    await on.pipeline.enqueue(['b.ts']);
    const other = on.state().queues.pending[0]?.id ?? '';
    expect(await on.pipeline.cancel(other)).toMatchObject({ outcome: 'cancelled' });
    expect(await on.pipeline.cancel(other)).toMatchObject({ outcome: 'cancelled' });
  });

  test('before the loops run, since the first baseline is still being made: at once, and once', async () => {
    const before = await bench(green, { retryDelayMs: 3_600_000 });
    before.world.tests = inTurn(red);
    const running = before.start();
    await before.pipeline.enqueue(['a.ts']);
    await before.until(() => types(before).includes('attempt.rejected'));
    await running.stop();
    const [waiting] = before.state().queues.pending;
    const id = waiting?.id ?? '';
    const on = await bench(undefined, {}, before.state());
    await on.parts.runs.writeRegression(id, before.parts.open.record(id));
    await on.pipeline.recover();
    const both = Promise.all([on.pipeline.cancel(id), on.pipeline.cancel(id)]);
    // The baseline comes in this very moment.
    on.start();
    expect(await both).toMatchObject([{ outcome: 'cancelled' }, { outcome: 'cancelled' }]);
    expect(await on.pipeline.isAlive(1_000)).toBe(true);
    expect([types(on).includes('fault'), on.state().statistics.tasks_processed]).toEqual([false, 1]);
    const idle = await bench(undefined, {}, before.state());
    await idle.parts.runs.writeRegression(id, before.parts.open.record(id));
    await idle.pipeline.recover();
    expect(await idle.pipeline.cancel(id)).toMatchObject({ outcome: 'cancelled' });
  });

  test('during triage it waits for the run, and what that finds is not fixed', async () => {
    const on = await bench(green);
    const running = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<void>();
    on.world.tests = async () => {
      running.resolve();
      await finish.promise;
      return ran(red);
    };
    on.start();
    await on.pipeline.enqueue(['a.ts']);
    await running.promise;
    const cancelled = on.pipeline.cancel(on.state().queues.in_progress[0]?.id ?? '');
    finish.resolve();
    expect(await cancelled).toMatchObject({ outcome: 'cancelled' });
    expect(types(on)).not.toContain('fix.ready');
  });
});

describe('pause and snooze', () => {
  test('while paused nothing is looked at or fixed; both go on after resume', async () => {
    const on = await bench(green);
    on.world.tests = inTurn(red);
    await on.parts.state.update((draft) => pause(draft, on.clock.now()));
    on.start();
    await on.pipeline.enqueue(['a.ts']);
    expect(await on.pipeline.isAlive(1_000)).toBe(true);
    await on.clock.advance(3_600_000);
    expect([types(on).includes('triage.started'), on.state().queues.pending.length]).toEqual([false, 1]);
    await tell(on, resume);
    await on.until(() => types(on).includes('task.failed'), 500);
  });

  test('while snoozed changes are looked at and no model is asked, until the time has passed', async () => {
    const on = await bench(green);
    on.world.tests = inTurn(red);
    await on.parts.state.update((draft) => snooze(draft, on.clock.now() + 1_800_000));
    on.start();
    await on.pipeline.enqueue(['a.ts']);
    await on.until(() => types(on).includes('regression.found'));
    await on.clock.advance(1_700_000);
    expect(on.world.asked).toBe(0);
    await on.until(() => types(on).includes('task.failed'), 10_000);
    expect(on.world.asked).toBeGreaterThan(0);
  });

  test('RUN-8: said again and again they leave neither timers nor waiters behind', async () => {
    const on = await bench(green, { retryDelayMs: 600_000 });
    on.world.tests = inTurn(red);
    on.start();
    await on.pipeline.enqueue(['a.ts']);
    await on.until(() => types(on).includes('attempt.rejected'));
    const cycle = async (): Promise<void> => {
      await tell(on, (draft) => pause(draft, on.clock.now()));
      expect(await on.pipeline.isAlive(1_000)).toBe(true);
      await tell(on, resume);
      await tell(on, (draft) => snooze(draft, on.clock.now() + 60_000));
      expect(await on.pipeline.isAlive(1_000)).toBe(true);
      await tell(on, resume);
      expect(await on.pipeline.isAlive(1_000)).toBe(true);
    };
    await cycle();
    const before = on.clock.sleeping;
    for (let times = 0; times < 300; times++) await cycle();
    expect(on.clock.sleeping).toBeLessThanOrEqual(before);
    expect(on.state().queues.pending).toHaveLength(1);
  });
});

test('F12 F13: while the state cannot be written a change is looked at and told; nothing is kept or paid', async () => {
  const on = await bench(green);
  on.world.tests = inTurn(red);
  on.start();
  let isFull = true;
  on.world.isStateFaulty = () => isFull;
  await expect(on.pipeline.enqueue(['a.ts'])).rejects.toThrow(/cannot be written/);
  await on.until(() => types(on).includes('triage.finished'));
  expect(on.events.find(({ type }) => type === 'triage.finished')).toMatchObject({ red: 1 });
  await on.clock.advance(60_000);
  expect([on.world.asked, on.state().queues.pending.length, on.state().last_triaged_tree]).toEqual([0, 0, null]);
  isFull = false;
  await on.pipeline.enqueue(['a.ts']);
  await on.until(() => types(on).includes('task.failed'), 500);
});

describe('a step that outlives its limit', () => {
  test('is ended; it counts as an attempt, so that what always hangs comes to an end too', async () => {
    const on = await bench(green, { claudeTimeoutMs: 60_000, testTimeoutMs: 60_000 });
    on.world.tests = inTurn(red);
    void thinkForEver(on);
    on.start();
    await on.pipeline.enqueue(['a.ts']);
    await on.until(() => types(on).includes('task.failed'), 10_000);
    expect(on.events.find(({ type }) => type === 'fault')).toMatchObject({
      where: 'fixing',
      message: 'plan did not end within its limit of 360 s',
    });
    expect(on.state().queues.failed[0]?.failure_reason).toContain('The step plan did not end within its limit');
  });

  test('when it has parked or landed its fix, that stays how it ended', async () => {
    const on = await bench(green, { land: 'park', claudeTimeoutMs: 60_000, testTimeoutMs: 60_000 });
    on.world.tests = inTurn(red);
    const tree = { commit: 'b'.repeat(40), tree: 'b'.repeat(40) };
    const patch = { base: { commit: on.world.tree, tree: on.world.tree }, result: tree, changes: [], text: '' };
    const { fix } = on.parts.fixer;
    on.parts.fixer.fix = async (...words) => {
      const { answer } = (await fix(...words)).fix;
      on.world.tests = inTurn(green);
      return { fix: { kind: 'patch', patch, summary: 'Mended', answer }, transcript: '' };
    };
    const slowToTell = {
      has: (point: string) => point === 'post-fix',
      run: async () => {
        await on.clock.advance(3_600_000);
        return { refusal: undefined, notes: [], warnings: [] };
      },
    };
    Object.assign(on.parts, { hooks: slowToTell });
    on.start();
    await on.pipeline.enqueue(['a.ts']);
    await on.until(() =>
      [...on.state().queues.completed, ...on.state().queues.pending].some((one) => one.attempts.length > 0),
    );
    expect(types(on)).toContain('fault');
    expect(on.state().queues.completed).toMatchObject([{ outcome: 'parked', attempts: [{ verdict: 'parked' }] }]);
  });

  test('in triage it ends its tasks, and the next change is looked at', async () => {
    const on = await bench(green, { claudeTimeoutMs: 60_000, testTimeoutMs: 60_000 });
    on.world.tests = (_scope, signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve({ kind: 'cancelled' }), { once: true }));
    on.start();
    await on.pipeline.enqueue(['a.ts']);
    await on.until(() => types(on).includes('task.failed'), 10_000);
    expect(on.state().queues.failed[0]?.failure_reason).toContain('triage did not end within its limit of 480 s');
    on.world.tests = inTurn(green);
    await on.pipeline.enqueue(['a.ts']);
    await on.until(() => on.state().queues.completed.length === 1);
  });

  test('and ignores that, is no life any more: no heartbeat is due', async () => {
    const on = await bench(green, { claudeTimeoutMs: 60_000, testTimeoutMs: 60_000 });
    let finish: (() => void) | undefined;
    on.world.tests = () =>
      new Promise((resolve) => {
        finish = () => resolve(ran(green));
      });
    on.start();
    await on.pipeline.enqueue(['a.ts']);
    await on.until(() => finish !== undefined);
    await on.clock.advance(300_000);
    expect([await on.pipeline.isAlive(1_000), on.pipeline.stuckIn]).toEqual([true, undefined]);
    await on.clock.advance(300_000);
    expect([await on.pipeline.isAlive(1_000), on.pipeline.stuckIn]).toEqual([false, 'triage']);
    finish?.();
    await on.until(() => on.pipeline.stuckIn === undefined);
    expect(await on.pipeline.isAlive(1_000)).toBe(true);
  });
});
