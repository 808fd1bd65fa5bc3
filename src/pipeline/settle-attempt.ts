import { isoTime } from '../clock.ts';
import type { Task } from '../domain/task.ts';
import { failpoint } from '../failpoint.ts';
import { countingAttempts } from '../queue/reopen.ts';
import { finish, putBack, requireTask, setPhase } from '../queue/transitions.ts';
import type { StateDocument } from '../state/schema.ts';
import type { AttemptEnd, AttemptLog } from './attempt.ts';
import { afterBreakdown, betweenAttempts, retryDelayMs } from './back-off.ts';
import { noteMended } from './escalations.ts';
import { askPerson, giveUp } from './give-up.ts';
import { shutGate } from './keep-gates.ts';
import { markRed, promiseRed } from './mark-red.ts';
import { affordsAttempt, overBudget } from './may-begin.ts';
import type { StopReason } from './open-regressions.ts';
import type { Parts } from './parts.ts';
import { countMoney, remember, taskFinished } from './settle.ts';
import { roomFor } from './spend.ts';
import { clearAgent, clearFile, releaseProbes, strikeAgent, strikeFile } from './strikes.ts';

/** Writes down how an attempt ended and decides what comes next: done, another attempt, waiting, or giving up. */
export async function settleAttempt(
  parts: Parts,
  task: Task,
  log: AttemptLog,
  end: AttemptEnd,
  startedAt: number,
  reason: unknown,
): Promise<void> {
  if (end.kind !== 'unavailable') parts.waits.delete(task.id);
  await countStrikes(parts, task, end);
  switch (end.kind) {
    case 'landed':
      return complete(parts, task, log, startedAt, 'fixed', { verdict: 'accepted', reasons: [] });
    case 'parked':
      return complete(parts, task, log, startedAt, 'parked', { verdict: 'parked', reasons: [end.reason] });
    case 'question':
      return ask(parts, task, log, startedAt, end.question);
    case 'rejected':
      return reject(parts, task, log, startedAt, end.reasons);
    case 'unavailable':
      return wait(parts, task, log, end);
    case 'overtaken':
      return standBack(parts, task, end.files);
    case 'out-of-money':
      return withoutMoney(parts, task, end.limit);
    case 'stopped':
      return stopped(parts, task, reason);
  }
}

/** What this end says of the file and of the machine. A task that is given up strikes its file there. */
async function countStrikes(parts: Parts, task: Task, end: AttemptEnd): Promise<void> {
  switch (end.kind) {
    case 'landed':
    case 'parked':
      await clearFile(parts, task);
      return clearAgent(parts);
    case 'rejected':
      return end.isBreakdown ? strikeAgent(parts, end.reasons.join(' ')) : clearAgent(parts);
    case 'unavailable':
      if (end.fault === undefined && !end.isHeld) await strikeAgent(parts, `${end.what}: ${end.detail}`);
      return releaseProbes(parts, task.id);
    case 'question':
      await clearAgent(parts);
      return releaseProbes(parts, task.id);
    case 'stopped':
    case 'overtaken':
    case 'out-of-money':
      return releaseProbes(parts, task.id);
  }
}

async function complete(
  parts: Parts,
  task: Task,
  log: AttemptLog,
  startedAt: number,
  outcome: 'fixed' | 'parked',
  said: { verdict: 'accepted' | 'parked'; reasons: readonly string[] },
): Promise<void> {
  const { open, clock, state } = parts;
  const now = isoTime(clock.now());
  const { tests, fingerprint } = open.record(task.id);
  // What joined later is not what this fix was made for: it stays a regression to be found.
  const settled = tests.slice(0, task.regression?.count);
  await state.update((draft) => {
    addAttempt(draft, task.id, parts, log, startedAt, said);
    finish(draft, task.id, outcome, now);
    countMoney(draft, task.id);
    if (outcome === 'parked') promiseRed(draft, task.id, settled.length);
    if (outcome === 'fixed') noteMended(draft, parts.outbox.names, fingerprint, clock.now());
    draft.statistics.tasks_processed++;
    draft.statistics.tasks_succeeded++;
    remember(draft, now, 'task_finished', task.id, { outcome });
  });
  await failpoint('attempt.settled');
  if (outcome === 'parked') await markRed(parts, task.id, settled, fingerprint);
  open.close(task.id);
  taskFinished(parts, task.id, outcome === 'parked' ? said.reasons[0] : undefined);
}

/** The tests stay as they are and are known red; the person has the report and, where there is one, the proposal. */
async function ask(parts: Parts, task: Task, log: AttemptLog, startedAt: number, question: string): Promise<void> {
  await parts.state.update((draft) => {
    addAttempt(draft, task.id, parts, log, startedAt, { verdict: 'parked', reasons: [question] });
    setPhase(requireTask(draft, task.id), 'escalate', isoTime(parts.clock.now()));
  });
  await askPerson(parts, task.id, question);
}

async function reject(
  parts: Parts,
  task: Task,
  log: AttemptLog,
  startedAt: number,
  reasons: readonly string[],
): Promise<void> {
  const { config, clock, events, state, random } = parts;
  const tries = countingAttempts(task).length + 1;
  const isLast = tries >= config.maxRetries;
  const retryInMs = retryDelayMs(tries, betweenAttempts(config.retryDelayMs), random);
  const willRetry = await state.update((draft) => {
    addAttempt(draft, task.id, parts, log, startedAt, { verdict: 'rejected', reasons });
    const goesOn = !isLast && affordsAttempt(parts, draft, task.id);
    if (goesOn) putBack(draft, task.id, isoTime(clock.now() + retryInMs));
    else setPhase(requireTask(draft, task.id), 'escalate', isoTime(clock.now()));
    return goesOn;
  });
  await failpoint('attempt.rejected');
  events.emit({
    type: 'attempt.rejected',
    taskId: task.id,
    attempt: tries,
    of: config.maxRetries,
    reasons,
    ...(willRetry ? { retryInMs } : {}),
  });
  if (willRetry) return;
  const last = reasons.join(' ');
  const attempts = `${tries} ${tries === 1 ? 'attempt' : 'attempts'}`;
  const why = isLast
    ? `gave up after ${attempts}.`
    : `${moneyReason(parts, task.id)} ${attempts} of ${config.maxRetries}.`;
  await strikeFile(parts, task, last);
  await giveUp(parts, task.id, `${why} Last: ${last}`);
}

function moneyReason(parts: Parts, taskId: string): string {
  return overBudget(parts, taskId, roomFor(parts, parts.state.current, taskId, parts.clock.now()));
}

/** The task's own limit ends it; at that of the day it waits for its turn, and `mayBegin` says for how long. */
async function withoutMoney(parts: Parts, task: Task, limit: 'task' | 'day'): Promise<void> {
  if (limit === 'day') {
    await parts.state.update((draft) => putBack(draft, task.id));
    return;
  }
  const reason = moneyReason(parts, task.id);
  await strikeFile(parts, task, reason);
  await giveUp(parts, task.id, reason);
}

async function standBack(
  { state, clock, events }: Parts,
  { id, file_path }: Task,
  files: readonly string[],
): Promise<void> {
  await state.update((draft) => {
    putBack(draft, id);
    const shown = files.slice(0, 5).map((file) => file.slice(0, 300));
    remember(draft, isoTime(clock.now()), 'waiting', id, { for: 'other-task', files: shown });
  });
  events.emit({ type: 'task.waiting', taskId: id, file: file_path, for: 'other-task' });
}

async function wait(
  parts: Parts,
  task: Task,
  log: AttemptLog,
  end: Extract<AttemptEnd, { kind: 'unavailable' }>,
): Promise<void> {
  const { clock, state, events, random } = parts;
  const now = clock.now();
  const putBackUntil = (notBefore?: string): Promise<void> =>
    state.update((draft) => {
      putBack(draft, task.id, notBefore);
      remember(draft, isoTime(now), 'waiting', task.id, {
        for: end.what,
        detail: end.detail.slice(0, 300),
        cost_usd: log.costUsd,
      });
    });
  if (end.fault !== undefined) {
    await shutGate(parts, end.fault);
    return putBackUntil();
  }
  const waits = (parts.waits.get(task.id) ?? 0) + 1;
  parts.waits.set(task.id, waits);
  const retryInMs = retryDelayMs(waits, afterBreakdown, random);
  await putBackUntil(isoTime(now + retryInMs));
  events.emit({ type: 'model.unavailable', taskId: task.id, kind: end.what, detail: end.detail, retryInMs });
}

async function stopped(parts: Parts, task: Task, reason: unknown): Promise<void> {
  const why = reason as StopReason;
  // A cancelled one is ended by the next turn of the loop, as if it had only waited.
  if (why !== 'mended by the person') {
    await parts.state.update((draft) => putBack(draft, task.id));
    return;
  }
  const now = isoTime(parts.clock.now());
  await parts.state.update((draft) => {
    finish(draft, task.id, 'clean', now);
    noteMended(draft, parts.outbox.names, task.regression?.fingerprint, parts.clock.now());
    countMoney(draft, task.id);
    draft.statistics.tasks_processed++;
    draft.statistics.tasks_succeeded++;
    remember(draft, now, 'task_finished', task.id, { outcome: 'clean', note: why });
  });
  parts.open.close(task.id);
  taskFinished(parts, task.id, why);
}

const takenBack = 'It takes back most of the change that broke the tests.';

function addAttempt(
  draft: StateDocument,
  taskId: string,
  parts: Parts,
  log: AttemptLog,
  startedAt: number,
  said: { verdict: 'accepted' | 'parked' | 'rejected'; reasons: readonly string[] },
): void {
  const task = requireTask(draft, taskId);
  task.attempts.push({
    number: log.number,
    strategy: log.strategy.slice(0, 2_000),
    verdict: said.verdict,
    reasons: [...(log.takesBack ? [takenBack] : []), ...said.reasons].slice(0, 20).map((text) => text.slice(0, 1_000)),
    patch: log.patch,
    cost_usd: log.costUsd,
    duration: (parts.clock.monotonic() - startedAt) / 1_000,
  });
  task.retry_count = task.attempts.length - 1;
}
