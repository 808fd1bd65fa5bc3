import { describe, expect, test } from 'vitest';
import type { ClaudeAnswer } from '../../src/claude/types.ts';
import { isoTime } from '../../src/clock.ts';
import type { Config } from '../../src/config/types.ts';
import type { Task } from '../../src/domain/task.ts';
import { noteCrash, tasksInWork } from '../../src/pipeline/crash.ts';
import type { StateDocument } from '../../src/state/schema.ts';
import { failing, idOf, passing, redOf, reportOf } from '../rig/reports.ts';
import { type Bench, bench } from './rig.ts';

const names = ['a', 'b', 'c', 'd'] as const;
type Name = (typeof names)[number];
const testFile = (name: Name): string => `${name}.test.ts`;
const green = names.flatMap((name) => passing(testFile(name), name));
const idOfTask = (name: Name): string => `task_${name.repeat(8)}`;

/** A regression that waits, named after its test; the first one is the oldest. */
interface Waiting {
  readonly name: Name;
  /** Of the regression; without them it has one of its own. */
  readonly files?: readonly string[];
  readonly priority?: number;
  readonly begun?: number;
}

interface Shop {
  readonly on: Bench;
  /** Whose fix is being made, in the order in which they began. */
  readonly fixing: readonly Name[];
  /** All that were asked for, in order. */
  readonly asked: readonly Name[];
  /** What the fixer of each was allowed to spend. */
  readonly granted: readonly number[];
  /** What the planner says, where it is not its own file. */
  planned: Partial<Record<Name, readonly string[]>>;
  outcome: (name: Name) => ClaudeAnswer['outcome'] | undefined;
  /** The fixer answers that it has a question, which ends the task. */
  answer(name: Name): Promise<void>;
  ended(): readonly string[];
  begin(): { stop(): Promise<void> };
}

async function shop(waiting: readonly Waiting[], settings: Partial<Config> = {}, left?: StateDocument): Promise<Shop> {
  const on = await bench(green, { maxConcurrentTasks: 2, ...settings }, left);
  const fixing: Name[] = [];
  const asked: Name[] = [];
  const granted: number[] = [];
  const answers = new Map<Name, () => void>();
  const made: Shop = {
    ...{ on, fixing, asked, granted, planned: {}, outcome: () => undefined },
    answer: async (name) => {
      await on.until(() => answers.has(name), 1);
      answers.get(name)?.();
      answers.delete(name);
      await on.until(() => !fixing.includes(name));
    },
    ended: () => [...on.state().queues.completed, ...on.state().queues.failed].map(({ id }) => id),
    begin: () => on.start(),
  };
  if (left === undefined) await putUp(on, waiting);
  const { plan } = on.parts.planner;
  on.parts.planner.plan = async (input, maxUsd, signal) => {
    const planning = await plan(input, maxUsd, signal);
    const files = made.planned[nameIn(input.prompt)] ?? input.files;
    return { ...planning, plan: { ...planning.plan, strategy: { ...planning.plan.strategy, files: [...files] } } };
  };
  on.parts.fixer.fix = async (prompt, _base, maxUsd, signal) => {
    const name = nameIn(prompt);
    asked.push(name);
    fixing.push(name);
    granted.push(maxUsd);
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    const answered = new Promise<void>((resolve) => answers.set(name, resolve));
    await Promise.race([answered, stopped]);
    fixing.splice(fixing.indexOf(name), 1);
    const usage = { costUsd: 0.01, turns: 1, inputTokens: 1, outputTokens: 1 };
    const outcome = made.outcome(name) ?? ({ kind: 'done', text: '', structured: {}, denials: 0 } as const);
    const answer = { outcome, usage, sessionId: undefined, durationMs: 1 };
    if (outcome.kind !== 'done') return { fix: { kind: 'no-answer', answer }, transcript: '' };
    return { fix: { kind: 'question', patch: undefined, question: 'Is it?', answer }, transcript: '' };
  };
  return made;
}

const nameIn = (prompt: string): Name => (/(\w)\.test\.ts/.exec(prompt)?.[1] ?? 'a') as Name;

async function putUp(on: Bench, waiting: readonly Waiting[]): Promise<void> {
  for (const [index, { name, files = [`${name}.ts`], priority = 0, begun }] of waiting.entries()) {
    const tests = failing(testFile(name), name);
    const fingerprint = `print of ${name}`;
    const task: Task = {
      ...{ id: idOfTask(name), type: 'file_change', file_path: files[0] ?? '', description: '', status: 'pending' },
      ...{ created_at: isoTime(on.clock.now() + index), retry_count: 0, priority, attempts: [] },
      regression: { fingerprint, tests: [idOf(testFile(name), name)], count: 1 },
      ...(begun === undefined ? {} : { begun }),
    };
    const record = { fingerprint, files, tests: tests.map(redOf), diff: '', before: reportOf(tests) };
    await on.parts.open.add(task.id, record);
    await on.parts.state.update((draft) => void draft.queues.pending.push(task));
  }
}

const types = ({ on }: Shop): string[] => on.events.map(({ type }) => type);
const inWork = ({ on }: Shop): string[] => on.state().queues.in_progress.map(({ id }) => id);
const sizes = ({ on }: Shop): number[] => Object.values(on.state().queues).map((queue) => queue.length);

/** Nothing more is begun: every loop has come round. */
async function settled({ on }: Shop): Promise<void> {
  expect(await on.pipeline.isAlive(60_000)).toBe(true);
}

describe('QUEUE-5: with MAX_CONCURRENT_TASKS', () => {
  test('so many regressions are worked on at the same time, the oldest of the highest priority first', async () => {
    const it = await shop([{ name: 'a' }, { name: 'b' }, { name: 'c' }, { name: 'd', priority: 1 }]);
    it.begin();
    await it.on.until(() => it.fixing.length === 2);
    expect([it.asked, inWork(it)]).toEqual([
      ['d', 'a'],
      [idOfTask('d'), idOfTask('a')],
    ]);
    await it.answer('a');
    await it.on.until(() => it.fixing.length === 2);
    expect(it.fixing).toEqual(['d', 'b']);
    for (const name of ['d', 'b', 'c'] as const) await it.answer(name);
    await it.on.until(() => it.ended().length === 4);
    expect([it.asked, sizes(it)]).toEqual([
      ['d', 'a', 'b', 'c'],
      [0, 0, 4, 0],
    ]);
  });

  test('of 1, one is worked on after the other', async () => {
    const it = await shop([{ name: 'a' }, { name: 'b' }], { maxConcurrentTasks: 1 });
    it.begin();
    await it.on.until(() => it.fixing.length === 1);
    await settled(it);
    expect([it.fixing, sizes(it)]).toEqual([['a'], [1, 1, 0, 0]]);
    await it.answer('a');
    await it.answer('b');
    await it.on.until(() => it.ended().length === 2);
  });

  test('never two on the same files: the second waits until the first has ended', async () => {
    const it = await shop([
      { name: 'a', files: ['a.ts', 'shared.ts'] },
      { name: 'b', files: ['b.ts', 'shared.ts'] },
    ]);
    it.begin();
    await it.on.until(() => it.fixing.length === 1);
    await settled(it);
    expect([it.asked, inWork(it)]).toEqual([['a'], [idOfTask('a')]]);
    await it.answer('a');
    await it.answer('b');
    await it.on.until(() => it.ended().length === 2);
    expect(types(it)).not.toContain('task.waiting');
  });

  test('a younger one does not pass an older one that waits for the same file', async () => {
    const it = await shop([
      { name: 'a', files: ['one.ts'] },
      { name: 'b', files: ['one.ts', 'two.ts'] },
      { name: 'c', files: ['two.ts'] },
      { name: 'd' },
    ]);
    it.begin();
    await it.on.until(() => it.fixing.length === 2);
    expect(it.fixing).toEqual(['a', 'd']);
    await it.answer('d');
    await settled(it);
    expect(it.fixing).toEqual(['a']);
    await it.answer('a');
    await it.answer('b');
    await it.answer('c');
    await it.on.until(() => it.ended().length === 4);
    expect(it.asked).toEqual(['a', 'd', 'b', 'c']);
  });

  test('one whose plan wants the file of another stands back, nothing counted, until that has ended', async () => {
    const it = await shop([{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
    it.planned = { b: ['a.ts', './b.ts'] };
    it.begin();
    await it.on.until(() => it.fixing.length === 2);
    expect(it.fixing).toEqual(['a', 'c']);
    expect(it.on.events.filter(({ type }) => type === 'task.waiting')).toMatchObject([
      { taskId: idOfTask('b'), for: 'other-task' },
    ]);
    expect(it.on.state().queues.pending).toMatchObject([{ id: idOfTask('b'), retry_count: 0, attempts: [] }]);
    await it.answer('a');
    await it.on.until(() => it.fixing.includes('b'));
    await it.answer('b');
    await it.answer('c');
    await it.on.until(() => it.ended().length === 3);
    expect(types(it).filter((type) => type === 'task.waiting')).toHaveLength(1);
  });

  test('at the end of the agent all are put back', async () => {
    const it = await shop([{ name: 'a' }, { name: 'b' }, { name: 'c' }], { maxConcurrentTasks: 3 });
    const running = it.begin();
    await it.on.until(() => it.fixing.length === 3);
    await running.stop();
    expect([sizes(it), it.fixing]).toEqual([[3, 0, 0, 0], []]);
    expect(it.on.state().queues.pending.every((task) => task.begun === undefined)).toBe(true);
  });

  test('`cancel` ends the one that is meant, in work or waiting', async () => {
    const it = await shop([{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
    it.begin();
    await it.on.until(() => it.fixing.length === 2);
    expect(await it.on.pipeline.cancel(idOfTask('a'))).toMatchObject({ outcome: 'cancelled' });
    await it.on.until(() => it.fixing.includes('c'));
    expect([it.fixing, it.ended()]).toEqual([['b', 'c'], [idOfTask('a')]]);
    await it.answer('b');
    await it.answer('c');
    await it.on.until(() => it.ended().length === 3);
  });

  test('an error in one ends that one alone', async () => {
    const it = await shop([{ name: 'a' }, { name: 'b' }]);
    const { fix } = it.on.parts.fixer;
    it.on.parts.fixer.fix = async (...words) => {
      if (nameIn(words[0]) === 'b') throw new Error('a bug');
      return fix(...words);
    };
    it.begin();
    await it.on.until(() => it.on.state().queues.failed.length === 1 && it.fixing.length === 1);
    expect(it.on.state().queues.failed).toMatchObject([{ id: idOfTask('b'), failure_reason: /a bug/ }]);
    await it.answer('a');
    await it.on.until(() => it.ended().length === 2);
    expect(it.on.state().queues.completed).toMatchObject([{ id: idOfTask('a'), outcome: 'parked' }]);
  });

  test('a step that hangs is told to end; the others go on', async () => {
    const it = await shop([{ name: 'a' }, { name: 'b' }], { claudeTimeoutMs: 60_000, maxRetries: 1 });
    it.begin();
    await it.on.until(() => it.fixing.length === 2);
    await it.on.clock.advance(200_000);
    await it.answer('b');
    await it.on.until(() => it.ended().includes(idOfTask('b')));
    await it.on.until(() => it.ended().includes(idOfTask('a')), 5_000);
    expect(it.on.state().queues.failed).toMatchObject([{ id: idOfTask('a'), failure_reason: /did not end within/ }]);
  });
});

describe('QUEUE-5: after a crash with several in work', () => {
  test('F65: each is worked on alone, so that the one which ends the agent is told from the others', async () => {
    const it = await shop([{ name: 'a', begun: 1 }, { name: 'b', begun: 1 }, { name: 'c' }]);
    it.begin();
    await it.on.until(() => it.fixing.length === 1);
    await settled(it);
    expect(it.fixing).toEqual(['a']);
    await it.answer('a');
    await it.on.until(() => it.fixing.length === 1);
    await settled(it);
    expect(it.fixing).toEqual(['b']);
    await it.answer('b');
    await it.answer('c');
    await it.on.until(() => it.ended().length === 3);
  });

  test('all that were in work are taken up again', async () => {
    const before = await shop([{ name: 'a' }, { name: 'b' }, { name: 'c' }], { maxConcurrentTasks: 3 });
    before.begin();
    await before.on.until(() => before.fixing.length === 3);
    // From here on the first agent is dead: this is the file that it has left.
    const left = structuredClone(before.on.state());
    const it = await shop([], { maxConcurrentTasks: 3 }, left);
    for (const name of ['a', 'b', 'c'] as const)
      await it.on.parts.open.add(idOfTask(name), before.on.parts.open.record(idOfTask(name)));
    await it.on.pipeline.recover();
    expect([sizes(it), it.on.state().queues.pending.map(({ begun }) => begun)]).toEqual([
      [3, 0, 0, 0],
      [1, 1, 1],
    ]);
    it.begin();
    for (const name of ['a', 'b', 'c'] as const) await it.answer(name);
    await it.on.until(() => it.ended().length === 3);
    expect(it.asked).toEqual(['a', 'b', 'c']);
  });

  test('an error that ends the agent counts for each of them', async () => {
    const it = await shop([{ name: 'a' }, { name: 'b' }]);
    const running = it.begin();
    await it.on.until(() => it.fixing.length === 2);
    const crashed = tasksInWork(it.on.state());
    await running.stop();
    await noteCrash(it.on.parts, crashed);
    expect(it.on.state().queues.pending.map(({ begun }) => begun)).toEqual([1, 1]);
  });
});

describe('QUEUE-5: the limits hold for all of them together', () => {
  test('what calls under way may cost is not given to others; those wait, and the day is not over', async () => {
    const it = await shop([{ name: 'a' }, { name: 'b' }], { maxCostPerTaskUsd: 1, maxCostPerDayUsd: 0.35 });
    it.begin();
    await it.on.until(() => types(it).includes('task.waiting') && it.fixing.length > 0);
    expect(it.on.events.find(({ type }) => type === 'task.waiting')).toMatchObject({ for: 'other-calls' });
    expect([it.fixing, it.on.state().gates]).toEqual([['a'], {}]);
    const reserved = it.on.state().budget.reserved ?? [];
    expect(reserved.reduce((sum, { usd, max_usd = usd }) => sum + max_usd, 0)).toBeLessThanOrEqual(0.35);
    await it.answer('a');
    await it.answer('b');
    await it.on.until(() => it.ended().length === 2);
    expect(it.granted.every((usd) => usd <= 0.35)).toBe(true);
    expect(types(it)).not.toContain('budget.reached');
  });

  test('one that may cost as much as a day takes no more than its share of it', async () => {
    const it = await shop([{ name: 'a' }, { name: 'b' }], { maxCostPerTaskUsd: 10, maxCostPerDayUsd: 10 });
    it.begin();
    await it.on.until(() => it.fixing.length === 2);
    expect(it.granted.every((usd) => usd <= 5)).toBe(true);
    expect(it.granted.reduce((sum, usd) => sum + usd, 0)).toBeLessThanOrEqual(10);
    await it.answer('a');
    await it.answer('b');
    await it.on.until(() => it.ended().length === 2);
  });

  test('a gate is shut once for all of them, and one alone is let through to see', async () => {
    const it = await shop([{ name: 'a' }, { name: 'b' }]);
    it.outcome = () => ({ kind: 'overloaded', detail: '529' });
    it.on.world.random = 0.5;
    it.begin();
    await it.on.until(() => it.fixing.length === 2);
    await Promise.all([it.answer('a'), it.answer('b')]);
    await it.on.until(() => sizes(it)[0] === 2);
    expect(types(it).filter((type) => type === 'gate.shut')).toHaveLength(1);
    expect(it.on.state().gates.overloaded).toMatchObject({ probes: 0 });
    it.outcome = () => undefined;
    const { plan } = it.on.parts.planner;
    let planned = 0;
    let mayPlan = (): void => undefined;
    const planning = new Promise<void>((resolve) => {
      mayPlan = resolve;
    });
    it.on.parts.planner.plan = async (...words) => {
      planned++;
      await planning;
      return plan(...words);
    };
    await it.on.until(() => planned + it.fixing.length > 0, 1_000);
    await settled(it);
    expect([inWork(it).length, planned + it.fixing.length]).toEqual([1, 1]);
    mayPlan();
    await it.answer('a');
    await it.answer('b');
    await it.on.until(() => it.ended().length === 2);
  });
});
