import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isoTime } from '../clock.ts';
import type { Task } from '../domain/task.ts';
import { reportMarkdown } from '../escalate/markdown.ts';
import { makeReport, type Report } from '../escalate/report.ts';
import { failpoint } from '../failpoint.ts';
import { claim, fail, finish, requireTask } from '../queue/transitions.ts';
import type { StateDocument } from '../state/schema.ts';
import { type GivenUp, noteGivenUp } from './escalations.ts';
import { markRed, promiseRed } from './mark-red.ts';
import type { Parts } from './parts.ts';
import type { Runs } from './runs.ts';
import { countMoney, remember, taskFinished } from './settle.ts';

const maxPageCharacters = 1_000_000;

/** The end of a task that could not be mended: failed with its reason, a report, and what it holds is known red now. */
export async function giveUp(parts: Parts, taskId: string, reason: string): Promise<void> {
  await writeReport(parts, taskId, 'failed', reason, (state, now) => {
    fail(state, taskId, reason.slice(0, 2_000), now);
    state.statistics.tasks_failed++;
    countEscalated(state, taskId);
    remember(state, now, 'task_failed', taskId, { reason: reason.slice(0, 500) });
  });
}

/** The model says that the tests have to change: parked, with the question in the report. */
export async function askPerson(parts: Parts, taskId: string, question: string): Promise<void> {
  const reason = `a question to you. Claude holds the tests for wrong: ${question}`;
  await writeReport(parts, taskId, 'question', reason, (state, now) => {
    finish(state, taskId, 'parked', now);
    state.statistics.tasks_succeeded++;
    countEscalated(state, taskId);
    remember(state, now, 'task_finished', taskId, { outcome: 'parked', question: question.slice(0, 500) });
  });
}

/** Once for each task, however often it is tried again. */
function countEscalated({ escalations, statistics }: StateDocument, taskId: string): void {
  if (!escalations.some(({ task_id }) => task_id === taskId)) statistics.tasks_escalated++;
}

/** `AUTO_FIX_ENABLED=false`: the regression is told, and no model is asked. */
export async function reportOnly(parts: Parts, taskId: string): Promise<void> {
  await writeReport(parts, taskId, 'reported', 'reported only: AUTO_FIX_ENABLED is false.', (state, now) => {
    claim(state, taskId, now, 'escalate');
    finish(state, taskId, 'reported', now);
    state.statistics.tasks_succeeded++;
    remember(state, now, 'task_finished', taskId, { outcome: 'reported' });
  });
}

async function writeReport(
  parts: Parts,
  taskId: string,
  kind: Report['kind'],
  reason: string,
  settle: (state: StateDocument, now: string) => void,
): Promise<void> {
  const { open, runs, state, events, clock, outbox } = parts;
  const record = open.record(taskId);
  const nowMs = clock.now();
  const told = await writeFiles(parts, requireTask(state.current, taskId), kind, reason, isoTime(nowMs));
  await failpoint('report.written');
  await state.update((draft) => {
    settle(draft, isoTime(nowMs));
    countMoney(draft, taskId);
    promiseRed(draft, taskId, record.tests.length);
    draft.statistics.tasks_processed++;
    noteGivenUp(draft, outbox.names, { ...told, nowMs });
  });
  // Settled: from now on these tests were red before, and a later save is not blamed for them.
  await failpoint('give-up.settled');
  await markRed(parts, taskId, record.tests, record.fingerprint);
  open.close(taskId);
  events.emit({ type: 'escalation.recorded', taskId, report: join(runs.folder, told.page) });
  taskFinished(parts, taskId);
}

/** The report is made once: as a page for the person, and as what every channel is told from. */
async function writeFiles(
  { open, runs, workspace, clean }: Parts,
  task: Task,
  kind: Report['kind'],
  reason: string,
  now: string,
): Promise<Omit<GivenUp, 'nowMs'>> {
  const record = open.record(task.id);
  const patches = await patchesOf(runs, task);
  const project = basename(workspace.root);
  const report = await makeReport({ task, kind, reason, ...record, project, patches, now }, clean);
  return {
    taskId: task.id,
    fingerprint: record.fingerprint,
    title: report.tests[0]?.title ?? report.files[0] ?? '',
    reason: report.reason,
    page: await runs.write(task.id, 'report.md', reportMarkdown(report, maxPageCharacters)),
    report: await runs.write(task.id, 'report.json', JSON.stringify(report)),
  };
}

async function patchesOf({ folder }: Runs, { attempts }: Task): Promise<ReadonlyMap<number, string>> {
  const patches = new Map<number, string>();
  for (const { number, patch } of attempts) {
    // A report without a patch is better than none.
    const text = patch === null ? '' : await readFile(join(folder, patch), 'utf8').catch(() => '');
    if (text !== '') patches.set(number, text);
  }
  return patches;
}
