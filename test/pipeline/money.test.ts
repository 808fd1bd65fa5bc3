import { describe, expect, test } from 'vitest';
import { nextDayAt } from '../../src/domain/budget.ts';
import { failing, passing } from '../rig/reports.ts';
import { type Bench, bench, inTurn, ran } from './rig.ts';

const titles = ['one', 'two', 'three', 'four', 'five'];
const green = passing('a.test.ts', ...titles);
const red = failing('a.test.ts', 'one');

const types = ({ events }: Bench): string[] => events.map(({ type }) => type);
const told = (on: Bench, type: string) => on.events.filter((event) => event.type === type);
const spent = (on: Bench): number => on.state().statistics.cost_usd;

async function broken(settings: Parameters<typeof bench>[1], costUsd: number): Promise<Bench> {
  const on = await bench(green, { maxRetries: 5, ...settings });
  on.world.tests = inTurn(red);
  on.world.costUsd = () => costUsd;
  on.start();
  await on.pipeline.enqueue(['a.ts']);
  return on;
}

describe('CLAUDE-5: a model that wastes', () => {
  test('ends its task at MAX_COST_PER_TASK_USD, at most one call beyond it, and says so', async () => {
    const on = await broken({ maxCostPerTaskUsd: 1 }, 5);
    await on.until(() => types(on).includes('task.failed'), 500);
    expect([on.world.asked, spent(on)]).toEqual([1, 5]);
    const [task] = on.state().queues.failed;
    expect(task).toMatchObject({
      cost_usd: 5,
      attempts: [],
      failure_reason: expect.stringMatching(/^over budget: \$5/),
    });
    expect(told(on, 'budget.reached')).toMatchObject([{ limit: 'task', taskId: task?.id, spentUsd: 5, limitUsd: 1 }]);
    expect(on.state().budget).toMatchObject({
      spent_usd: 5,
      reserved: [],
      by_outcome: { failed: { tasks: 1, usd: 5 } },
    });
  });

  test('gets no further attempt that its task cannot pay', async () => {
    const on = await broken({ maxCostPerTaskUsd: 1 }, 0.3);
    await on.until(() => types(on).includes('task.failed'), 500);
    expect([on.world.asked, spent(on)]).toEqual([2, 0.6]);
    expect(on.state().queues.failed[0]?.failure_reason).toMatch(
      /^over budget: \$0\.60 spent, MAX_COST_PER_TASK_USD is 1, and another attempt may cost \$0\.60\. 1 attempt of 5\. Last: /,
    );
  });

  test('F39: a fixer that ran out of its money is told so, and not asked again blindly', async () => {
    const on = await bench(green, { maxRetries: 5 });
    on.world.tests = inTurn(red);
    const given: number[] = [];
    const { fix } = on.parts.fixer;
    on.parts.fixer.fix = async (prompt, base, maxUsd, signal) => {
      given.push(maxUsd);
      const { answer } = (await fix(prompt, base, maxUsd, signal)).fix;
      const outcome = { kind: 'over-budget', detail: 'the limit' } as const;
      const usage = { ...answer.usage, costUsd: maxUsd + 0.02 };
      return { fix: { kind: 'no-answer', answer: { ...answer, outcome, usage } }, transcript: '' };
    };
    on.start();
    await on.pipeline.enqueue(['a.ts']);
    await on.until(() => types(on).includes('task.failed'), 500);
    expect(given).toEqual([0.99]);
    expect(on.state().queues.failed[0]).toMatchObject({
      attempts: [{ reasons: ['Claude did not finish (over-budget): the limit'] }],
      failure_reason: expect.stringMatching(/^over budget: \$1\.02 spent/),
    });
  });

  test('waits for the next day at MAX_COST_PER_DAY_USD, once told, and goes on then', async () => {
    const on = await broken({ maxCostPerTaskUsd: 100, maxCostPerDayUsd: 3 }, 1);
    await on.until(() => types(on).includes('budget.reached'), 500);
    const until = nextDayAt(on.clock.now());
    expect([on.world.asked, spent(on)]).toEqual([2, 2]);
    expect(told(on, 'budget.reached')).toMatchObject([{ limit: 'day', spentUsd: 2, limitUsd: 3, until }]);
    expect(on.state().gates['daily-limit']).toMatchObject({ opens_at: new Date(until).toISOString() });
    await on.clock.advance(until - on.clock.now() - 60_000);
    expect([on.world.asked, types(on).filter((type) => type === 'budget.reached').length]).toEqual([2, 1]);
    await on.until(() => on.world.asked === 4, 10_000);
    expect(told(on, 'gate.opened')).toMatchObject([{ cause: 'daily-limit', by: 'next day' }]);
    expect(on.state().budget.spent_usd).toBeLessThanOrEqual(2);
  });

  test('with ON_DAY_LIMIT=report ends with a report instead', async () => {
    const on = await broken({ maxCostPerTaskUsd: 100, maxCostPerDayUsd: 3, onDayLimit: 'report' }, 2);
    await on.until(() => types(on).includes('task.failed'), 500);
    expect(on.state().queues.failed[0]?.failure_reason).toMatch(/^over budget: \$4\.00 spent today/);
    expect([on.world.asked, on.state().gates]).toEqual([2, {}]);
  });

  test('counts what attempts cost that came to no end, and a bill that never came at its estimate', async () => {
    const on = await bench(green, { maxRetries: 1 });
    on.world.tests = inTurn(red);
    const { fix } = on.parts.fixer;
    on.parts.fixer.fix = async (...words) => {
      const made = await fix(...words);
      const { usage, ...answer } = made.fix.answer;
      const outcome = { kind: 'timed-out', detail: 'too long' } as const;
      const unbilled = { ...answer, outcome, usage: { ...usage, costUsd: 0, isUnbilled: true as const } };
      return { fix: { kind: 'no-answer', answer: unbilled }, transcript: '' };
    };
    on.start();
    await on.pipeline.enqueue(['a.ts']);
    await on.until(() => types(on).includes('task.failed'));
    expect(told(on, 'budget.assumed')).toMatchObject([{ kind: 'fix', usd: 0.15 }]);
    expect(on.state().queues.failed[0]?.cost_usd).toBeCloseTo(0.16);
    expect(spent(on)).toBeCloseTo(0.16);
  });
});

test('CLAUDE-5: a call whose end a killed agent did not see is paid at its estimate, once', async () => {
  const before = await bench(green);
  before.world.tests = inTurn(red);
  let isAsked = false;
  before.parts.planner.plan = () => {
    isAsked = true;
    return new Promise(() => undefined);
  };
  const stop = new AbortController();
  void before.pipeline.run(stop.signal, stop.signal);
  await before.pipeline.enqueue(['a.ts']);
  await before.until(() => isAsked);
  expect(before.state().budget.reserved).toMatchObject([{ kind: 'plan', usd: 0.05 }]);
  // From here on the first agent is dead: this is the file that it has left.
  const on = await bench(green, {}, before.state());
  const [task] = on.state().queues.in_progress;
  await on.pipeline.recover();
  await on.pipeline.recover();
  expect(on.state().budget).toMatchObject({ spent_usd: 0.05, reserved: [] });
  expect(on.state().queues.pending).toMatchObject([{ id: task?.id, cost_usd: 0.05 }]);
  expect([spent(on), told(on, 'budget.assumed').length]).toEqual([0.05, 1]);
});

test('CLAUDE-5: a lane that cannot be made ready costs nothing, and is no fault of the fix', async () => {
  const on = await bench(green);
  on.world.tests = inTurn(red);
  const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  let tries = 0;
  on.parts.fixer.prepare = async () => {
    // The lane of the first attempt, however often it is asked for.
    if (tries++ < 2) throw full;
  };
  on.parts.fixer.fix = (
    (fix) =>
    async (...words: Parameters<typeof fix>) => {
      await on.parts.fixer.prepare(words[1]);
      return fix(...words);
    }
  )(on.parts.fixer.fix.bind(on.parts.fixer));
  on.start();
  await on.pipeline.enqueue(['a.ts']);
  await on.until(() => types(on).includes('fault'));
  await on.until(() => types(on).includes('task.failed'), 1_000);
  expect(told(on, 'budget.assumed')).toEqual([]);
  expect(spent(on)).toBeCloseTo(0.01 * on.world.asked);
});

test('CLAUDE-5: a fix that took the last money of its task, and could not be judged, is judged again and not given up', async () => {
  const on = await bench(green, { maxCostPerTaskUsd: 0.1, land: 'park' });
  const tree = { commit: 'b'.repeat(40), tree: 'b'.repeat(40) };
  const patch = { base: { commit: on.world.tree, tree: on.world.tree }, result: tree, changes: [], text: '' };
  const { fix } = on.parts.fixer;
  on.parts.fixer.fix = async (...words) => {
    const { answer } = (await fix(...words)).fix;
    return { fix: { kind: 'patch', patch, summary: 'Mended', answer }, transcript: '' };
  };
  on.parts.workspace.patch = async () => patch;
  on.world.costUsd = () => 0.05;
  on.world.tests = inTurn(red);
  on.start();
  await on.pipeline.enqueue(['a.ts']);
  await on.until(() => types(on).includes('triage.finished'));
  const broken = { kind: 'broken', reason: 'could-not-start', detail: 'gone', outputTail: '', durationMs: 1 } as const;
  on.world.tests = async () => broken;
  await on.until(() => types(on).includes('model.unavailable'));
  on.world.tests = inTurn(green);
  await on.until(() => types(on).includes('task.finished'), 1_000);
  expect([on.world.asked, spent(on)]).toEqual([2, 0.1]);
  expect(on.state().queues.completed[0]).toMatchObject({
    outcome: 'parked',
    attempts: [{ number: 1, verdict: 'parked', strategy: 'Do it', cost_usd: 0.1 }],
  });
});

test('FIX-2: after three failed tasks of a file its regressions are only reported; then one may try, and its failure opens it again', async () => {
  const on = await bench(green, { maxRetries: 1, breakerWindowMs: 3_600_000 });
  on.start();
  const breakOne = async (number: number): Promise<void> => {
    const rest = titles.slice(number);
    on.world.tests = async () =>
      ran([...failing('a.test.ts', ...titles.slice(0, number)), ...passing('a.test.ts', ...rest)]);
    await on.pipeline.enqueue(['a.ts']);
    await on.until(() => on.state().queues.failed.length === number || on.state().queues.completed.length > 0);
  };
  for (const number of [1, 2, 3]) await breakOne(number);
  expect(on.world.asked).toBe(6);
  expect(told(on, 'breaker.opened')).toMatchObject([{ file: 'a.ts', failures: 3 }]);
  await breakOne(4);
  expect(on.world.asked).toBe(6);
  expect(on.state().queues.failed.at(-1)?.failure_reason).toMatch(
    /^not tried: 3 tasks of this file failed within 3600 s\. The file is tried again after .*, or by `retry`\. Last: /,
  );
  expect(on.state().circuit_breakers['a.ts']).toMatchObject({ state: 'open', trips: 1 });
  await on.clock.advance(3_600_000);
  on.parts.fixer.fix = async () => {
    expect(on.state().circuit_breakers['a.ts']).toMatchObject({ state: 'half-open', trips: 1 });
    const usage = { costUsd: 0.01, turns: 1, inputTokens: 1, outputTokens: 1 };
    const outcome = { kind: 'done', text: '', structured: {}, denials: 0 } as const;
    const answer = { outcome, usage, sessionId: undefined, durationMs: 1 };
    return { fix: { kind: 'empty', summary: 'no', answer }, transcript: '' };
  };
  await breakOne(5);
  expect(on.state().circuit_breakers['a.ts']).toMatchObject({ state: 'open', trips: 2 });
});

test('FIX-2: a task that was to try and has ended in another way is in nobody’s way', async () => {
  const on = await bench(green, { maxRetries: 1 });
  await on.parts.state.update((draft) => {
    draft.circuit_breakers['a.ts'] = {
      state: 'half-open',
      failures: ['2026-01-02T02:00:00.000Z'],
      trips: 1,
      reason: 'red',
      half_open_at: '2026-01-02T03:00:00.000Z',
      probe: 'task_0000000a',
    };
  });
  on.world.tests = inTurn(red);
  on.start();
  await on.pipeline.enqueue(['a.ts']);
  await on.until(() => types(on).includes('task.failed'));
  expect(on.state().queues.failed[0]?.failure_reason).toMatch(/^gave up after 1 attempt/);
  expect(on.state().circuit_breakers['a.ts']).toMatchObject({ state: 'open', trips: 2 });
});
