import { describe, expect, test } from 'vitest';
import type { ClaudeOutcome } from '../../src/claude/types.ts';
import type { Config } from '../../src/config/types.ts';
import type { TestRun } from '../../src/domain/tests.ts';
import { retryIn } from '../../src/pipeline/at-word.ts';
import { atGate, retryDelayMs } from '../../src/pipeline/back-off.ts';
import type { StateDocument } from '../../src/state/schema.ts';
import { failing, passing, reportOf } from '../rig/reports.ts';
import { type Bench, bench, inTurn } from './rig.ts';

const names = ['a', 'b', 'c'];
const files = names.map((name) => `${name}.ts`);
const imports = Object.fromEntries(names.map((name) => [`${name}.test.ts`, [`${name}.ts`]]));
const green = names.flatMap((name) => passing(`${name}.test.ts`, name));
const red = names.flatMap((name) => failing(`${name}.test.ts`, name));
const hourMs = 3_600_000;

const types = ({ events }: Bench): string[] => events.map(({ type }) => type);
const count = (on: Bench, type: string): number => types(on).filter((one) => one === type).length;

/** Three regressions in three files; what is asked ends with a question to the person, so that one answer ends a task. */
async function broken(settings: Partial<Config> = {}, initial?: StateDocument): Promise<Bench> {
  const on = await bench(green, settings, initial);
  const report = { ...reportOf(red), imports };
  on.world.random = 0.5;
  on.world.tests = async () => ({ kind: 'report', report, outputTail: '' });
  on.parts.fixer.fix = async () => {
    on.world.asked++;
    const usage = { costUsd: 0.01, turns: 1, inputTokens: 1, outputTokens: 1 };
    const fault = on.world.fault(on.world.asked);
    const outcome = fault ?? ({ kind: 'done', text: '', structured: {}, denials: 0 } as const);
    const answer = { outcome, usage, sessionId: undefined, durationMs: 1 };
    if (fault !== undefined) return { fix: { kind: 'no-answer', answer }, transcript: '' };
    return { fix: { kind: 'question', patch: undefined, question: 'Is it?', answer }, transcript: '' };
  };
  return on;
}

/** Lets the time pass until the gate would open after this long, from one probe to the next. */
async function pass(on: Bench, ms: number): Promise<void> {
  const end = on.clock.now() + ms;
  for (;;) {
    const [gate] = Object.values(on.state().gates);
    const opensAt = Date.parse(gate?.opens_at ?? '');
    if (!(opensAt < end)) return on.clock.advance(end - on.clock.now());
    const told = count(on, 'gate.shut');
    await on.clock.advance(Math.max(0, opensAt - on.clock.now()));
    await on.until(() => count(on, 'gate.shut') > told, 100);
  }
}

/** How often one asks within this time, when nothing is answered. */
function callsIn(ms: number, least = 0): number {
  let calls = 0;
  for (let at = 0; at < ms; calls++)
    at += Math.max(
      least,
      retryDelayMs(calls + 1, atGate, () => 0.5),
    );
  return calls;
}

function expectNothingBurned(on: Bench): void {
  const { queues, circuit_breakers, statistics, gates } = on.state();
  expect(queues.failed).toEqual([]);
  expect(queues.completed.filter(({ outcome }) => outcome === 'parked')).toHaveLength(3);
  expect(queues.completed.flatMap(({ attempts }) => attempts.map(({ verdict }) => verdict))).toEqual([
    'parked',
    'parked',
    'parked',
  ]);
  expect([circuit_breakers, statistics.tasks_failed, gates]).toEqual([{}, 0, {}]);
}

const outages: readonly [string, ClaudeOutcome, number][] = [
  ['F36: 529', { kind: 'overloaded', detail: 'overloaded' }, callsIn(hourMs)],
  [
    'F37: 429 with retry-after',
    { kind: 'rate-limited', detail: 'slow', retryAfterMs: 400_000 },
    callsIn(hourMs, 400_000),
  ],
  ['F32: a command that is gone', { kind: 'not-installed', detail: 'ENOENT' }, callsIn(hourMs)],
  ['a cut network', { kind: 'unreachable', detail: 'ECONNREFUSED' }, callsIn(hourMs)],
];

describe('CLAUDE-4: an hour without the service', () => {
  test.each(outages)(
    '%s: all that waits ends well, and it was asked as the back-off says',
    async (_what, fault, calls) => {
      const on = await broken();
      on.world.fault = () => fault;
      on.start();
      await on.pipeline.enqueue(files);
      await on.until(() => types(on).includes('gate.shut') && on.clock.sleeping > 0);
      await pass(on, hourMs);
      // Each probe comes a little late, since the hands are turned in steps.
      expect(on.world.asked).toBeLessThanOrEqual(calls);
      expect(on.world.asked).toBeGreaterThanOrEqual(calls - 1);
      expect(on.state().queues.pending.map(({ attempts }) => attempts.length)).toEqual([0, 0, 0]);
      expect(Object.values(on.state().gates)).toMatchObject([{ probes: on.world.asked - 1 }]);
      expect(on.events.filter(({ type }) => type === 'task.waiting')).toHaveLength(3);
      // Triage goes on.
      await on.pipeline.enqueue(['d.ts']);
      await on.until(() => on.state().queues.completed.length === 1);
      on.world.fault = () => undefined;
      await on.until(() => on.state().queues.completed.length === 4, 5_000);
      expectNothingBurned(on);
      expect(count(on, 'gate.opened')).toBe(1);
    },
  );

  test('F38: an expired login is asked once and told once, until somebody logs in', async () => {
    const on = await broken();
    on.world.fault = () => ({ kind: 'not-logged-in', detail: '401' });
    on.start();
    await on.pipeline.enqueue(files);
    await on.until(() => types(on).includes('gate.shut') && on.clock.sleeping > 0);
    await pass(on, hourMs);
    // Told after a look at the disk, for which the hands do not wait.
    await on.until(() => count(on, 'task.waiting') >= 3);
    expect([on.world.asked, count(on, 'gate.shut'), count(on, 'task.waiting')]).toEqual([1, 1, 3]);
    on.world.fault = () => undefined;
    on.world.configuration = 'logged in';
    await on.until(() => on.state().queues.completed.length === 3, 5_000);
    expectNothingBurned(on);
    expect(on.events).toContainEqual(
      expect.objectContaining({ type: 'gate.opened', cause: 'not-logged-in', by: 'configuration' }),
    );
  });

  test.each(['no-credit', 'unknown-model'] as const)('%s: `retry` opens the gate; a restart does not', async (kind) => {
    const first = await broken();
    first.world.fault = () => ({ kind, detail: 'no' });
    const running = first.start();
    await first.pipeline.enqueue(['a.ts']);
    await first.until(() => types(first).includes('gate.shut'));
    await running.stop();
    const on = await broken({}, first.state());
    const [task] = on.state().queues.pending;
    await on.parts.open.add(task?.id ?? '', first.parts.open.record(task?.id ?? ''));
    await on.pipeline.recover();
    on.start();
    await on.until(() => types(on).includes('task.waiting'), 1_000);
    expect(on.world.asked).toBe(0);
    await on.parts.state.update((draft) => void retryIn(draft, task?.id ?? '', '2026-01-02T03:04:05.000Z'));
    await on.until(() => on.state().queues.completed.some(({ outcome }) => outcome === 'parked'), 5_000);
  });

  test('a plan that was bought before the wait is not bought again while the tree is the same', async () => {
    const on = await broken();
    on.world.tests = inTurn(failing('a.test.ts', 'a'));
    on.world.fault = (asked) => (asked === 2 ? { kind: 'overloaded', detail: '' } : undefined);
    on.start();
    await on.pipeline.enqueue(['a.ts']);
    await on.until(() => on.state().queues.completed.some(({ outcome }) => outcome === 'parked'), 1_000);
    expect(on.world.asked).toBe(3);
    expect(on.events.filter(({ type }) => type === 'plan.ready')).toMatchObject([{ costUsd: 0.01 }, { costUsd: 0 }]);
  });
});

test('a runner that cannot judge stops the paying after CIRCUIT_BREAKER_THRESHOLD tries, one task at a time sees to it', async () => {
  const on = await broken({ maxRetries: 5 });
  let isBroken = true;
  on.parts.planner.plan = (
    (plan) =>
    async (...words: Parameters<typeof plan>) => {
      if (isBroken) throw new Error('a bug');
      return plan(...words);
    }
  )(on.parts.planner.plan.bind(on.parts.planner));
  on.start();
  await on.pipeline.enqueue(files);
  await on.until(() => types(on).includes('breaker.opened'), 1_000);
  expect(on.state().circuit_breakers['*']).toMatchObject({ state: 'open', trips: 1 });
  isBroken = false;
  await on.pipeline.enqueue(['a.ts']);
  await on.until(() => types(on).includes('task.waiting'), 100);
  const { asked } = on.world;
  await on.clock.advance(10_000);
  expect(on.world.asked).toBe(asked);
  await on.until(() => types(on).includes('breaker.closed'), 1_000);
  expect(on.state().circuit_breakers).toEqual({});
});

describe('a fix that is paid, and has only to be judged, while the gate is shut', () => {
  const ranOf = (reds: readonly string[], all = names): TestRun => ({
    kind: 'report',
    report: {
      ...reportOf(all.flatMap((name) => (reds.includes(name) ? failing : passing)(`${name}.test.ts`, name))),
      imports,
    },
    outputTail: '',
  });

  /** The tests could not be run for the fix of `a.ts`; meanwhile the model has come to its limit. */
  async function keptAtGate(): Promise<Bench> {
    const on = await bench(green, { land: 'park', breakerThreshold: 100 });
    const tree = { commit: 'b'.repeat(40), tree: 'b'.repeat(40) };
    const patch = { base: { commit: on.world.tree, tree: on.world.tree }, result: tree, changes: [], text: '' };
    const { fix } = on.parts.fixer;
    on.parts.fixer.fix = async (...words) => {
      const { answer } = (await fix(...words)).fix;
      on.world.tests = async () => ({
        ...{ kind: 'broken', reason: 'could-not-start', detail: 'gone', outputTail: '', durationMs: 1 },
      });
      return { fix: { kind: 'patch', patch, summary: 'Mended', answer }, transcript: '' };
    };
    on.parts.workspace.patch = async () => patch;
    on.world.tests = async () => ranOf(['a']);
    on.start();
    await on.pipeline.enqueue(['a.ts']);
    await on.until(() => types(on).includes('model.unavailable'));
    const since = new Date(on.clock.now()).toISOString();
    await on.parts.state.update((draft) => {
      draft.gates['no-credit'] = { reason: 'no', since, opens_at: null, probes: 0, configuration: 'one' };
    });
    return on;
  }

  test('is judged, and no model is asked', async () => {
    const on = await keptAtGate();
    on.world.tests = async () => ranOf([]);
    await on.until(() => types(on).includes('task.finished'), 1_000);
    expect(on.state().queues.completed).toMatchObject([{ outcome: 'parked', attempts: [{ verdict: 'parked' }] }]);
    expect([on.world.asked, Object.keys(on.state().gates)]).toEqual([2, ['no-credit']]);
  });

  test('is judged although another one stands before it that has to ask', async () => {
    const on = await keptAtGate();
    // Of the one file only: what is red beside it would join it.
    on.world.tests = async () => ranOf(['b'], ['b']);
    await on.pipeline.enqueue(['b.ts']);
    await on.until(() => count(on, 'regression.found') === 2);
    await on.parts.state.update((draft) => {
      for (const task of draft.queues.pending) if (task.file_path === 'b.ts') task.priority = 1;
    });
    await on.until(() => types(on).includes('task.waiting'), 1_000);
    on.world.tests = async () => ranOf(['b']);
    await on.until(() => types(on).includes('land.parked'), 1_000);
    await on.until(() => on.state().queues.completed.some(({ outcome }) => outcome === 'parked'));
    expect([on.world.asked, Object.keys(on.state().gates)]).toEqual([2, ['no-credit']]);
    expect(on.state().queues.pending).toMatchObject([{ file_path: 'b.ts', attempts: [] }]);
  });

  test('and was made on another tree, waits like the others, and no model is asked', async () => {
    const on = await keptAtGate();
    on.world.tree = 'c'.repeat(40);
    await on.until(() => types(on).includes('task.waiting'), 1_000);
    await on.clock.advance(hourMs);
    expect([on.world.asked, on.state().queues.in_progress.length]).toEqual([2, 0]);
    expect(on.state().queues.pending).toMatchObject([{ file_path: 'a.ts', attempts: [] }]);
  });
});
