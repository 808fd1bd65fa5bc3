import type { Task } from '../domain/task.ts';
import { findTask } from '../queue/transitions.ts';
import type { StateDocument } from '../state/schema.ts';
import { withOutcome } from './budget.ts';
import type { Parts } from './parts.ts';

const maxTestPath = 1_000;

/** As the state file takes them; names and messages full of control characters grow in JSON. */
const maxEventCharacters = 4_000;

/** Adds to the history that people read back; the store keeps the latest hundred. */
export function remember(
  state: StateDocument,
  timestamp: string,
  type: string,
  taskId: string,
  more: Record<string, unknown> = {},
): void {
  const event = { timestamp, type, task_id: taskId, ...more };
  const isTooLong = JSON.stringify(event).length > maxEventCharacters;
  state.conversation_history.push(isTooLong ? { timestamp, type, task_id: taskId, cut: true } : event);
}

/** One entry of `test_results`. `duration` is in seconds. */
export function rememberTestRun(
  state: StateDocument,
  taskId: string,
  timestamp: string,
  run: {
    readonly ran: number;
    readonly files: readonly string[];
    readonly durationMs: number;
    readonly passed: boolean;
  },
  purpose: 'triage' | 'verdict',
): void {
  state.test_results.push({
    task_id: taskId,
    timestamp,
    passed: run.passed,
    duration: run.durationMs / 1_000,
    test_path: run.files.join(', ').slice(0, maxTestPath),
    purpose,
    tests: run.ran,
  });
}

/** All that a task has cost, attempts that came to no end included. */
export function costOf(task: Task): number {
  return task.cost_usd ?? task.attempts.reduce((sum, attempt) => sum + attempt.cost_usd, 0);
}

/** A task has ended in this draft: its money counts under how it ended, and what it cost before a `retry` only once. */
export function countMoney(draft: StateDocument, taskId: string): void {
  const task = findTask(draft, taskId);
  if (task === undefined) return;
  draft.budget = withOutcome(
    draft.budget,
    task.outcome ?? task.status,
    Math.max(0, costOf(task) - (task.forgiven_usd ?? 0)),
  );
}

/** Says how a task ended, from what the state now holds. */
export function taskFinished(parts: Parts, taskId: string, note?: string): void {
  const task = findTask(parts.state.current, taskId);
  if (task === undefined) return;
  const durationMs = Date.parse(task.finished_at ?? '') - Date.parse(task.started_at ?? task.created_at);
  const common = {
    taskId,
    file: task.file_path,
    costUsd: costOf(task),
    durationMs: Number.isFinite(durationMs) ? durationMs : 0,
  };
  if (task.status === 'failed')
    parts.events.emit({ type: 'task.failed', ...common, reason: task.failure_reason ?? 'not known' });
  if (task.status === 'completed' && task.outcome !== undefined) {
    parts.events.emit({
      type: 'task.finished',
      ...common,
      outcome: task.outcome,
      ...(note === undefined ? {} : { note }),
    });
  }
  // Its end may have put something there.
  parts.outbox.wake();
}
