import { expect, test } from 'vitest';
import type { Task } from '../../src/domain/task.ts';
import { countMoney, remember, rememberTestRun } from '../../src/pipeline/settle.ts';
import { freshState, stateSchema } from '../../src/state/schema.ts';
import { passing, reportOf } from '../rig/reports.ts';

const at = '2026-01-02T03:04:05.000Z';
const taskId = 'task_0000000a';

test('an event of the history has its own fields; one that is too long for the state keeps its name', () => {
  const state = freshState(0);
  remember(state, at, 'task_created', taskId, { file_path: 'src/a.ts' });
  remember(state, at, 'verdict', taskId, { reasons: Array(5).fill('\u001b'.repeat(300)) });
  remember(state, at, 'plain', taskId);
  expect(state.conversation_history).toEqual([
    { timestamp: at, type: 'task_created', task_id: taskId, file_path: 'src/a.ts' },
    { timestamp: at, type: 'verdict', task_id: taskId, cut: true },
    { timestamp: at, type: 'plain', task_id: taskId },
  ]);
  expect(stateSchema.safeParse(state).success).toBe(true);
});

test('a task that ends, is tried again and ends has its money counted once', () => {
  const state = freshState(0);
  const task: Task = {
    id: taskId,
    type: 'file_change',
    file_path: 'src/a.ts',
    description: 'Process changes in src/a.ts',
    created_at: at,
    status: 'completed',
    outcome: 'fixed',
    retry_count: 0,
    priority: 0,
    attempts: [],
    cost_usd: 0.25,
  };
  state.queues.completed.push(task);
  countMoney(state, taskId);
  Object.assign(task, { outcome: 'cancelled', forgiven_usd: 0.25, cost_usd: 0.75 });
  countMoney(state, taskId);
  expect(state.budget.by_outcome).toEqual({ fixed: { tasks: 1, usd: 0.25 }, cancelled: { tasks: 1, usd: 0.5 } });
});

test('VERIFY-1: a run of the tests is kept with its files, in seconds', () => {
  const state = freshState(0);
  const many = Array.from({ length: 500 }, (_, index) => passing(`test/${index}.test.ts`, 'a')).flat();
  const { files, durationMs } = reportOf(many);
  rememberTestRun(state, taskId, at, { ran: many.length, files, durationMs, passed: true }, 'verdict');
  expect(state.test_results).toMatchObject([
    { task_id: taskId, timestamp: at, passed: true, duration: 0.01, purpose: 'verdict', tests: 500 },
  ]);
  expect(state.test_results[0]?.test_path).toMatch(/^test\/0\.test\.ts, /);
  expect(stateSchema.safeParse(state).success).toBe(true);
});
