import { describe, expect, test } from 'vitest';
import type { Task, TaskStatus } from '../../src/domain/task.ts';
import { claim, fail, findTask, finish, putBack, recover, requireTask } from '../../src/queue/transitions.ts';
import { freshState, type StateDocument } from '../../src/state/schema.ts';

const now = '2026-01-02T03:04:05.000Z';
const later = '2026-01-02T03:04:06.000Z';

function someTask(status: TaskStatus, id = 'task_00000001'): Task {
  return {
    id,
    type: 'file_change',
    file_path: 'src/a.ts',
    description: 'Process changes in src/a.ts',
    created_at: now,
    status,
    retry_count: 0,
    priority: 0,
    attempts: [],
  };
}

function stateWith(...tasks: readonly Task[]): StateDocument {
  const state = freshState(0);
  for (const task of tasks) state.queues[task.status].push(task);
  return state;
}

const steps = {
  claim: { to: 'in_progress', take: (state: StateDocument, id: string) => claim(state, id, later, 'plan') },
  'put back': { to: 'pending', take: (state: StateDocument, id: string) => putBack(state, id) },
  finish: { to: 'completed', take: (state: StateDocument, id: string) => finish(state, id, 'clean', later) },
  fail: { to: 'failed', take: (state: StateDocument, id: string) => fail(state, id, 'why', later) },
} as const;

/** `✓` where the step may be taken; everything else throws. */
const table: Readonly<Record<TaskStatus, Readonly<Record<keyof typeof steps, '✓' | '✗'>>>> = {
  pending: { claim: '✓', 'put back': '✗', finish: '✓', fail: '✗' },
  in_progress: { claim: '✗', 'put back': '✓', finish: '✓', fail: '✓' },
  completed: { claim: '✗', 'put back': '✗', finish: '✗', fail: '✗' },
  failed: { claim: '✗', 'put back': '✗', finish: '✗', fail: '✗' },
};

const pairs = Object.entries(table).flatMap(([from, row]) =>
  Object.entries(row).map(([name, mark]) => ({
    from: from as TaskStatus,
    name: name as keyof typeof steps,
    isLegal: mark === '✓',
  })),
);

describe('QUEUE-2: the steps of a task', () => {
  test.each(pairs)('$from, $name: $isLegal', ({ from, name, isLegal }) => {
    const { to, take } = steps[name];
    const others = [someTask('pending', 'task_0000000a'), someTask('in_progress', 'task_0000000b')];
    const state = stateWith(...others, someTask(from));
    const before = structuredClone(state);
    if (!isLegal) {
      expect(() => take(state, 'task_00000001')).toThrow(`Task task_00000001 is ${from} and cannot become ${to}`);
      expect(state).toEqual(before);
      return;
    }
    expect(take(state, 'task_00000001')).toMatchObject({ id: 'task_00000001', status: to });
    expect(state.queues[to].map(({ id }) => id)).toContain('task_00000001');
    expect(Object.values(state.queues).flat()).toHaveLength(3);
  });

  test('one that does not exist throws', () => {
    for (const { take } of Object.values(steps)) {
      expect(() => take(stateWith(), 'task_ffffffff')).toThrow('There is no task task_ffffffff in the state');
    }
    expect(findTask(stateWith(), 'task_ffffffff')).toBeUndefined();
  });

  test('a claim notes when work first began and in which phase, and forgets the waiting time', () => {
    const state = stateWith({ ...someTask('pending'), not_before: now });
    expect(claim(state, 'task_00000001', now, 'triage')).toMatchObject({ started_at: now, phase: 'triage' });
    expect(requireTask(state, 'task_00000001')).not.toHaveProperty('not_before');
    putBack(state, 'task_00000001', later);
    expect(requireTask(state, 'task_00000001')).toMatchObject({ not_before: later });
    expect(requireTask(state, 'task_00000001')).not.toHaveProperty('phase');
    expect(claim(state, 'task_00000001', later, 'plan')).toMatchObject({ started_at: now, phase: 'plan' });
  });

  test('an end notes how and when', () => {
    const state = stateWith(someTask('in_progress', 'task_00000001'), someTask('in_progress', 'task_00000002'));
    expect(finish(state, 'task_00000001', 'fixed', later)).toMatchObject({ outcome: 'fixed', finished_at: later });
    expect(fail(state, 'task_00000002', 'why', later)).toMatchObject({ failure_reason: 'why', finished_at: later });
  });

  test('a task that was moved to another queue by hand is taken from there, and no other is lost', () => {
    const moved = { ...someTask('in_progress'), phase: 'fix' as const };
    const state = stateWith(someTask('in_progress', 'task_0000000b'));
    state.queues.pending.push(moved);
    claim(state, moved.id, later, 'plan');
    expect(state.queues.pending).toEqual([]);
    expect(state.queues.in_progress.map(({ id }) => id)).toEqual(['task_0000000b', moved.id]);
  });

  test('QUEUE-2: after a crash everything that was in progress is pending again, and keeps its attempts', () => {
    const attempt = {
      number: 1,
      strategy: 'x',
      verdict: 'rejected' as const,
      reasons: [],
      patch: null,
      cost_usd: 0.1,
      duration: 1,
    };
    const working = { ...someTask('in_progress', 'task_00000002'), attempts: [attempt], phase: 'verify' as const };
    const state = stateWith(someTask('pending'), working, someTask('in_progress', 'task_00000003'));
    expect(recover(state).map(({ id }) => id)).toEqual(['task_00000002', 'task_00000003']);
    expect(state.queues.in_progress).toEqual([]);
    expect(state.queues.pending.map(({ id }) => id)).toEqual(['task_00000001', 'task_00000002', 'task_00000003']);
    expect(requireTask(state, 'task_00000002')).toMatchObject({ status: 'pending', attempts: [attempt] });
    expect(recover(state)).toEqual([]);
  });
});
