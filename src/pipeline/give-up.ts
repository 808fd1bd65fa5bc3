import { join } from 'node:path';
import { isoTime } from '../clock.ts';
import type { Task } from '../domain/task.ts';
import { reportText } from '../escalate/report.ts';
import { claim, fail, finish, requireTask } from '../queue/transitions.ts';
import type { StateDocument } from '../state/schema.ts';
import type { Parts } from './parts.ts';
import { remember, taskFinished } from './settle.ts';

/** The end of a task that could not be mended: failed with its reason, a report, and what it holds is known red now. */
export async function giveUp(parts: Parts, taskId: string, reason: string): Promise<void> {
  await writeReport(parts, taskId, reason, (state, now) => {
    fail(state, taskId, reason.slice(0, 2_000), now);
    state.statistics.tasks_failed++;
    state.statistics.tasks_escalated++;
    remember(state, now, 'task_failed', taskId, { reason: reason.slice(0, 500) });
  });
}

/** The model says that the tests have to change: parked, with the question in the report. */
export async function askPerson(parts: Parts, taskId: string, question: string): Promise<void> {
  await writeReport(parts, taskId, `a question to you. Claude holds the tests for wrong: ${question}`, (state, now) => {
    finish(state, taskId, 'parked', now);
    state.statistics.tasks_succeeded++;
    state.statistics.tasks_escalated++;
    remember(state, now, 'task_finished', taskId, { outcome: 'parked', question: question.slice(0, 500) });
  });
}

/** `AUTO_FIX_ENABLED=false`: the regression is told, and no model is asked. */
export async function reportOnly(parts: Parts, taskId: string): Promise<void> {
  await writeReport(parts, taskId, 'reported only: AUTO_FIX_ENABLED is false.', (state, now) => {
    claim(state, taskId, now, 'escalate');
    finish(state, taskId, 'reported', now);
    state.statistics.tasks_succeeded++;
    remember(state, now, 'task_finished', taskId, { outcome: 'reported' });
  });
}

async function writeReport(
  parts: Parts,
  taskId: string,
  reason: string,
  settle: (state: StateDocument, now: string) => void,
): Promise<void> {
  const { open, runs, state, baseline, events, clock } = parts;
  const record = open.record(taskId);
  const task: Task = requireTask(state.current, taskId);
  const report = await runs.write(taskId, 'report.md', reportText({ task, reason, ...record }));
  const now = isoTime(clock.now());
  await state.update((draft) => {
    settle(draft, now);
    draft.statistics.tasks_processed++;
    draft.escalations.push({
      task_id: taskId,
      fingerprint: record.fingerprint,
      created_at: now,
      report,
      status: 'recorded',
    });
  });
  // Settled: from now on these tests were red before, and a later save is not blamed for them.
  baseline.current?.markRed(record.tests, record.fingerprint);
  await baseline.save();
  open.close(taskId);
  events.emit({ type: 'escalation.recorded', taskId, report: join(runs.folder, report) });
  taskFinished(parts, taskId);
}
