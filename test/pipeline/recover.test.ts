import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { Task } from '../../src/domain/task.ts';
import { armFailpoint, type Failpoint } from '../../src/failpoint.ts';
import type { RegressionRecord } from '../../src/pipeline/runs.ts';
import { claim, requireTask } from '../../src/queue/transitions.ts';
import { freshState, type StateDocument } from '../../src/state/schema.ts';
import { failing, passing, reportOf } from '../rig/reports.ts';
import { type Bench, bench, inTurn } from './rig.ts';

const file = 'a.test.ts';
const green = passing(file, 'a');
const red = failing(file, 'a');
const id = 'task_00000001';
const at = '2026-01-02T03:00:00.000Z';
const attempt = { number: 1, strategy: 'x', reasons: ['no good'], patch: null, cost_usd: 0.1, duration: 1 };

const record: RegressionRecord = {
  fingerprint: 'f'.repeat(64),
  files: ['a.ts'],
  tests: red.map(({ id: test, title, message = '' }) => ({ id: test, file, title, message })),
  diff: '',
  before: reportOf(red),
};

/** A state with one task, as a crash may have left it. */
function left(more: Partial<Task>): StateDocument {
  const state = freshState(Date.parse(at));
  const { fingerprint, tests } = record;
  const regression = { fingerprint, tests: tests.map((each) => each.id), count: tests.length };
  const status = more.status ?? 'in_progress';
  const common = { id, type: 'file_change', file_path: 'a.ts', description: 'x', created_at: at } as const;
  state.queues[status].push({ ...common, status, retry_count: 0, priority: 0, attempts: [], regression, ...more });
  return state;
}

/** An agent that was started again. */
async function restarted(state: StateDocument, more: Parameters<typeof bench>[1] = {}): Promise<Bench> {
  const on = await bench(green, { maxCrashes: 2, ...more }, state);
  await on.parts.runs.writeRegression(id, record);
  await on.pipeline.recover();
  return on;
}

const task = (on: Bench): Task => requireTask(on.state(), id);

describe('after a crash', () => {
  test.each(['plan', 'fix', 'verify', 'land'] as const)(
    'F3 F4 RUN-7: in the phase %s the task waits again, and the interrupted attempt does not count',
    async (phase) => {
      const on = await restarted(left({ phase, attempts: [{ ...attempt, verdict: 'rejected' }], begun: 1 }));
      expect(task(on)).toMatchObject({ status: 'pending', attempts: [{ number: 1 }] });
      expect(on.parts.open.has(id)).toBe(true);
    },
  );

  test('RUN-7: between the files of a landing and the end of its task, the task is fixed and nothing is paid again', async () => {
    const state = left({ phase: 'land' });
    state.landings.push({
      task_id: id,
      landed_at: at,
      files: [],
      folder: `${id}/landing`,
      status: 'landed',
      attempt: 1,
    });
    const on = await restarted(state);
    on.start();
    await on.pipeline.enqueue(['b.ts']);
    await on.until(() => on.state().queues.completed.length === 2);
    expect(task(on)).toMatchObject({ outcome: 'fixed', attempts: [{ number: 1, verdict: 'accepted' }] });
    expect(on.world.asked).toBe(0);
  });

  test('a landing of an earlier life does not end a task that was asked for again', async () => {
    const state = left({ phase: 'plan', attempts: [{ ...attempt, verdict: 'accepted' }] });
    state.landings.push({
      task_id: id,
      landed_at: at,
      files: [],
      folder: `${id}/landing`,
      status: 'landed',
      attempt: 1,
    });
    expect(task(await restarted(state)).status).toBe('pending');
  });

  test('after the last attempt, people are told, and no other attempt is made', async () => {
    const on = await restarted(left({ phase: 'escalate', attempts: [{ ...attempt, verdict: 'rejected' }] }));
    expect(task(on)).toMatchObject({ status: 'failed', failure_reason: 'gave up after 1 attempt. Last: no good' });
    expect(on.state().escalations).toHaveLength(1);
    expect(on.parts.baseline.known(red[0]?.id ?? '')).toBe('red');
  });

  test('attempts before a `retry` count no more: not as a word that was spoken, nor when they are told', async () => {
    const attempts = [1, 2, 3].map((number) => ({ ...attempt, number, verdict: 'rejected' as const }));
    const again = await restarted(left({ phase: 'escalate', attempts, forgiven: 3 }));
    expect(task(again)).toMatchObject({ status: 'pending' });
    expect(again.state().escalations).toEqual([]);
    const said = await restarted(left({ phase: 'escalate', attempts, forgiven: 1 }));
    expect(task(said).failure_reason).toBe('gave up after 2 attempts. Last: no good');
  });

  test('before the first attempt nothing was given up', async () => {
    expect(task(await restarted(left({ phase: 'escalate' })))).toMatchObject({ status: 'pending' });
  });

  test('after the question to the person, it is put', async () => {
    const on = await restarted(left({ phase: 'escalate', attempts: [{ ...attempt, verdict: 'parked' }] }));
    expect(task(on)).toMatchObject({ status: 'completed', outcome: 'parked' });
    expect(on.state().escalations).toHaveLength(1);
  });

  test('between the end of a task and the baseline, its tests become known red all the same', async () => {
    const on = await restarted(left({ status: 'failed', failure_reason: 'x', red_to_mark: 1 }));
    expect(on.parts.baseline.known(red[0]?.id ?? '')).toBe('red');
    expect(task(on)).not.toHaveProperty('red_to_mark');
    on.world.tests = inTurn(red);
    on.start();
    await on.pipeline.enqueue(['a.ts']);
    await on.until(() => on.state().queues.completed.length === 1);
    expect(on.world.asked).toBe(0);
  });

  test('without the record of its regression a task is triaged again', async () => {
    const on = await bench(green, { maxCrashes: 2 }, left({ phase: 'fix' }));
    await on.pipeline.recover();
    expect(task(on)).toMatchObject({ status: 'pending' });
    expect(task(on)).not.toHaveProperty('regression');
  });
});

describe('F13: what a running agent could not write down, since the disk was full for a moment', () => {
  /** The loop finds at its next turn what the turn before it has left. */
  async function running(state: StateDocument): Promise<Bench> {
    const on = await bench(green, { maxRetries: 2 }, state);
    await on.parts.runs.writeRegression(id, record);
    await on.parts.open.load(id);
    on.start();
    await on.until(() => on.state().queues.in_progress.length === 0);
    return on;
  }

  test('a fix that is in the tree is not paid for again', async () => {
    const state = left({ phase: 'land' });
    const common = { task_id: id, landed_at: at, files: [], folder: `${id}/landing`, attempt: 1 };
    state.landings.push({ ...common, status: 'landed' });
    const on = await running(state);
    expect(task(on)).toMatchObject({ outcome: 'fixed', attempts: [{ number: 1, verdict: 'accepted' }] });
    await on.until(() => !on.parts.open.has(id));
    expect(on.world.asked).toBe(0);
  });

  test('a task that was given up is told to people, and not tried once more', async () => {
    const on = await running(left({ phase: 'escalate', attempts: [{ ...attempt, verdict: 'rejected' }] }));
    expect(task(on)).toMatchObject({ status: 'failed', failure_reason: 'gave up after 1 attempt. Last: no good' });
    await on.until(() => !on.parts.open.has(id));
    expect([on.world.asked, on.state().escalations.length]).toEqual([0, 1]);
  });

  test('what became known red is told to the baseline, and the task holds no test any more', async () => {
    const on = await running(left({ status: 'failed', failure_reason: 'x', red_to_mark: 1 }));
    await on.until(() => !('red_to_mark' in task(on)));
    await on.until(() => !on.parts.open.has(id));
    expect(on.parts.baseline.known(red[0]?.id ?? '')).toBe('red');
  });

  test('a full disk of the lanes ends no task', async () => {
    const on = await bench(green, {}, left({ status: 'pending' }));
    await on.parts.runs.writeRegression(id, record);
    await on.parts.open.load(id);
    const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    Object.assign(on.parts.workspace, { snapshot: () => Promise.reject(full) });
    on.start();
    await on.until(() => on.events.some(({ type }) => type === 'fault'));
    await on.until(() => on.state().queues.in_progress.length === 0);
    expect(task(on)).toMatchObject({ status: 'pending', attempts: [] });
  });
});

describe('WATCH-6: the project is away', () => {
  test('what the tests say without its packages counts for nothing', async () => {
    const on = await bench(green);
    const { workspace } = on.parts;
    const { root } = workspace;
    on.world.tests = async () => {
      Object.assign(workspace, { root: join(root, 'gone') });
      return { kind: 'broken', reason: 'crashed', detail: 'no packages', outputTail: '', durationMs: 1 };
    };
    on.start();
    await on.pipeline.enqueue(['a.ts']);
    await on.until(() => workspace.root !== root && on.state().queues.in_progress.length === 0);
    expect(on.state().queues.pending).toMatchObject([{ file_path: 'a.ts', attempts: [] }]);
    Object.assign(workspace, { root });
    on.world.tests = inTurn(green);
    await on.until(() => on.state().queues.completed.length === 1, 1_000);
  });
});

describe('F1: the tree counts as triaged only when all of the round is kept', () => {
  afterEach(() => armFailpoint({}));

  test.each<Failpoint>(['triage.claimed', 'triage.finished', 'triage.tasks-durable', 'triage.baseline-saved'])(
    'not yet at %s',
    async (step) => {
      const on = await bench(green);
      on.world.tests = inTurn(green);
      const before = on.state().last_triaged_tree;
      armFailpoint({ NODE_ENV: 'test', MENDWATCH_FAIL: `${step}:1:throw` });
      on.start();
      await on.pipeline.enqueue(['a.ts']);
      await on.until(() => on.events.some(({ type }) => type === 'fault'));
      expect(on.state().last_triaged_tree).toBe(before);
    },
  );
});

test('F1: after the cache was emptied, or the project moved, a break is found although every file counts as changed', async () => {
  const on = await bench(green);
  Object.assign(on.parts.workspace, { changes: () => Promise.reject(new Error('no such tree')) });
  on.world.tests = inTurn(red);
  on.start();
  await on.pipeline.enqueue(['a.ts', file]);
  await on.until(() => on.events.some(({ type }) => type === 'regression.found'));
});

describe('F65: a task in which the agent crashes again and again', () => {
  async function crash(state: StateDocument): Promise<StateDocument> {
    const on = await restarted(state);
    await on.parts.state.update((draft) => {
      if (draft.queues.pending.some((each) => each.id === id)) claim(draft, id, at, 'fix');
    });
    return structuredClone(on.state());
  }

  test('is set aside after MAX_CRASHES and told to people; nothing runs it again', async () => {
    let state = left({ status: 'pending' });
    for (let times = 0; times < 2; times++) state = await crash(state);
    const on = await restarted(state);
    expect(task(on)).toMatchObject({
      status: 'failed',
      failure_reason: expect.stringMatching(/^set aside: the agent crashed 2 times in a row .* \(in the phase fix\)/),
    });
    expect(on.state().escalations).toMatchObject([{ task_id: id, fingerprint: record.fingerprint }]);
    on.start();
    on.world.tests = inTurn(green);
    await on.pipeline.enqueue(['b.ts']);
    await on.until(() => on.state().queues.completed.length === 1);
    expect(on.world.asked).toBe(0);
  });

  test('one crash is none of its fault, and a turn that ends well is forgiven', async () => {
    const once = await crash(left({ status: 'pending' }));
    const on = await restarted(once);
    expect(task(on).status).toBe('pending');
    on.start();
    await on.until(() => on.events.some(({ type }) => type === 'attempt.rejected'));
    expect(task(on)).not.toHaveProperty('begun');
  });

  test('before triage has said anything: the same file is not taken up again until it is another', async () => {
    const state = left({ phase: 'triage', begun: 2 });
    for (const each of state.queues.in_progress) delete each.regression;
    const on = await bench(green, { maxCrashes: 2 }, state);
    const root = on.parts.workspace.root;
    await writeFile(join(root, 'a.ts'), 'poison');
    Object.assign(on.parts.workspace, { blobId: (bytes: Buffer) => String(bytes) });
    await on.pipeline.recover();
    expect(task(on).failure_reason).toMatch(/^set aside/);
    await on.pipeline.enqueue(['a.ts']);
    expect(on.state().queues.pending).toEqual([]);
    await on.pipeline.enqueue(['a.ts', 'b.ts']);
    expect(on.state().queues.pending.map(({ file_path }) => file_path)).toEqual(['b.ts']);
    await rm(join(root, 'a.ts'));
    await on.pipeline.enqueue(['a.ts']);
    expect(on.state().queues.pending.map(({ file_path }) => file_path)).toEqual(['b.ts', 'a.ts']);
  });
});
