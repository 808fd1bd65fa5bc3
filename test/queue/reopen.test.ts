import { describe, expect, test } from 'vitest';
import type { Task, TaskOutcome } from '../../src/domain/task.ts';
import { countingAttempts, reopen } from '../../src/queue/reopen.ts';
import { freshState, type StateDocument } from '../../src/state/schema.ts';

const id = 'task_0000000a';
const attempt = {
  number: 1,
  strategy: 'Do it',
  verdict: 'rejected' as const,
  reasons: [],
  patch: null,
  cost_usd: 0.5,
  duration: 1,
};

function stateWith(status: Task['status'], more: Partial<Task> = {}): StateDocument {
  const state = freshState(0);
  state.queues[status].push({
    id,
    type: 'file_change',
    file_path: 'a.ts',
    description: '',
    created_at: '2026-01-01T00:00:00.000Z',
    status,
    retry_count: 0,
    priority: 0,
    attempts: [attempt],
    regression: { fingerprint: 'f', tests: [], count: 1 },
    ...more,
  });
  return state;
}

describe('reopen', () => {
  test('a failed task waits again; its attempts stay, and count no more', () => {
    const ended = { failure_reason: 'gave up', finished_at: '2026-01-02T00:00:00.000Z', begun: 2, quarantined: 'x' };
    const state = stateWith('failed', ended);
    const task = reopen(state, id);
    expect(state.queues).toMatchObject({ pending: [task], failed: [] });
    expect(task).toMatchObject({ status: 'pending', attempts: [attempt], forgiven: 1 });
    for (const name of [...Object.keys(ended), 'phase', 'not_before', 'outcome']) expect(task).not.toHaveProperty(name);
    expect(countingAttempts(task)).toEqual([]);
  });

  test.each<TaskOutcome>(['parked', 'reported', 'cancelled'])('so does one that ended as %s', (outcome) => {
    expect(reopen(stateWith('completed', { outcome }), id).status).toBe('pending');
  });

  test('so does one whose fix was undone, and its regression is muted no longer', () => {
    const state = stateWith('completed', { outcome: 'fixed' });
    state.muted = [{ fingerprint: 'f' }, { fingerprint: 'other' }];
    const landing = { task_id: id, landed_at: '2026-01-02T00:00:00.000Z', files: [], folder: 'x' };
    state.landings = [{ ...landing, status: 'landed' }];
    expect(() => reopen(state, id)).toThrow(`${id} has ended as fixed, so there is nothing to try again.`);
    state.landings = [{ ...landing, status: 'undone' }];
    expect(reopen(state, id).status).toBe('pending');
    expect(state.muted).toEqual([{ fingerprint: 'other' }]);
  });

  test.each<[string, Task['status'], TaskOutcome | undefined, readonly number[]]>([
    ['failed', 'failed', undefined, [4, 3, 0]],
    ['was parked', 'completed', 'parked', [4, 2, 1]],
    ['was cancelled', 'completed', 'cancelled', [4, 3, 1]],
    ['waits', 'pending', undefined, [5, 3, 1]],
  ])('one that %s counts by its next end alone', (_how, status, outcome, expected) => {
    const state = stateWith(status, outcome === undefined ? {} : { outcome });
    Object.assign(state.statistics, { tasks_processed: 5, tasks_succeeded: 3, tasks_failed: 1, tasks_escalated: 1 });
    reopen(state, id);
    const { tasks_processed, tasks_succeeded, tasks_failed, tasks_escalated } = state.statistics;
    expect([tasks_processed, tasks_succeeded, tasks_failed]).toEqual(expected);
    expect(tasks_escalated).toBe(1);
  });

  test('one that waits is due at once, with what it has tried', () => {
    const task = reopen(stateWith('pending', { not_before: '2030-01-01T00:00:00.000Z' }), id);
    expect(task.not_before).toBeUndefined();
    expect(countingAttempts(task)).toEqual([attempt]);
  });

  test.each<[Task['status'], TaskOutcome | undefined, RegExp]>([
    ['in_progress', undefined, /is being worked on/],
    ['completed', 'clean', /has ended as clean/],
    ['completed', 'flaky', /has ended as flaky/],
    ['completed', 'duplicate', /has ended as duplicate/],
  ])('one that is %s %s is refused', (status, outcome, said) => {
    expect(() => reopen(stateWith(status, outcome === undefined ? {} : { outcome }), id)).toThrow(said);
  });
});
