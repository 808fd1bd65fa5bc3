import { expect, test } from 'vitest';
import { remember, rememberTestRun } from '../../src/pipeline/settle.ts';
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
