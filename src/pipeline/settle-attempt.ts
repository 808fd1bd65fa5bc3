import { isoTime } from '../clock.ts';
import type { Task } from '../domain/task.ts';
import { finish, putBack, requireTask } from '../queue/transitions.ts';
import type { StateDocument } from '../state/schema.ts';
import type { AttemptEnd, AttemptLog } from './attempt.ts';
import { retryDelayMs } from './back-off.ts';
import { askPerson, giveUp } from './give-up.ts';
import type { StopReason } from './open-regressions.ts';
import type { Parts } from './parts.ts';
import { costOf, remember, taskFinished } from './settle.ts';

const retryCapMs = 10 * 60_000;
/** While a service is away, it is asked again after this long, unless it said when. */
const unavailableDelay = { baseMs: 30_000, capMs: 10 * 60_000 };

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
    case 'stopped':
      return stopped(parts, task, reason);
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
  const { open, baseline, clock, state } = parts;
  const now = isoTime(clock.now());
  await state.update((draft) => {
    addAttempt(draft, task.id, parts, log, startedAt, said);
    finish(draft, task.id, outcome, now);
    draft.statistics.tasks_processed++;
    draft.statistics.tasks_succeeded++;
    remember(draft, now, 'task_finished', task.id, { outcome });
  });
  if (outcome === 'parked') {
    const record = open.record(task.id);
    // What joined later is not what this fix was made for: it stays a regression to be found.
    baseline.current?.markRed(record.tests.slice(0, task.regression?.count), record.fingerprint);
    await baseline.save();
  }
  open.close(task.id);
  taskFinished(parts, task.id, outcome === 'parked' ? said.reasons[0] : undefined);
}

/** The tests stay as they are and are known red; the person has the report and, where there is one, the proposal. */
async function ask(parts: Parts, task: Task, log: AttemptLog, startedAt: number, question: string): Promise<void> {
  await parts.state.update((draft) =>
    addAttempt(draft, task.id, parts, log, startedAt, { verdict: 'parked', reasons: [question] }),
  );
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
  const spent = costOf(task) + log.costUsd;
  const isLast = log.number >= config.maxRetries;
  const isOverBudget = spent >= config.maxCostPerTaskUsd;
  const retryInMs = retryDelayMs(log.number, { baseMs: config.retryDelayMs, capMs: retryCapMs }, random);
  const willRetry = !isLast && !isOverBudget;
  await state.update((draft) => {
    addAttempt(draft, task.id, parts, log, startedAt, { verdict: 'rejected', reasons });
    if (willRetry) putBack(draft, task.id, isoTime(clock.now() + retryInMs));
    else requireTask(draft, task.id).phase = 'escalate';
  });
  events.emit({
    type: 'attempt.rejected',
    taskId: task.id,
    attempt: log.number,
    of: config.maxRetries,
    reasons,
    ...(willRetry ? { retryInMs } : {}),
  });
  if (willRetry) return;
  const last = reasons.join(' ');
  const reason = isOverBudget
    ? `stopped after ${log.number} of ${config.maxRetries} attempts: $${spent.toFixed(2)} spent, MAX_COST_PER_TASK_USD is ${config.maxCostPerTaskUsd}. Last: ${last}`
    : `gave up after ${log.number} ${log.number === 1 ? 'attempt' : 'attempts'}. Last: ${last}`;
  await giveUp(parts, task.id, reason);
}

async function wait(
  parts: Parts,
  task: Task,
  log: AttemptLog,
  end: Extract<AttemptEnd, { kind: 'unavailable' }>,
): Promise<void> {
  const { clock, state, events, random } = parts;
  const waits = (parts.waits.get(task.id) ?? 0) + 1;
  parts.waits.set(task.id, waits);
  const now = clock.now();
  const retryInMs =
    end.opensAt === undefined ? retryDelayMs(waits, unavailableDelay, random) : Math.max(1_000, end.opensAt - now);
  await state.update((draft) => {
    putBack(draft, task.id, isoTime(now + retryInMs));
    remember(draft, isoTime(now), 'waiting', task.id, {
      for: end.what,
      detail: end.detail.slice(0, 300),
      cost_usd: log.costUsd,
    });
  });
  events.emit({ type: 'model.unavailable', taskId: task.id, kind: end.what, detail: end.detail, retryInMs });
}

async function stopped(parts: Parts, task: Task, reason: unknown): Promise<void> {
  const why = reason as StopReason;
  if (why !== 'mended by the person' && why !== 'cancelled') {
    await parts.state.update((draft) => putBack(draft, task.id));
    return;
  }
  const now = isoTime(parts.clock.now());
  await parts.state.update((draft) => {
    finish(draft, task.id, why === 'cancelled' ? 'cancelled' : 'clean', now);
    draft.statistics.tasks_processed++;
    draft.statistics.tasks_succeeded++;
    remember(draft, now, 'task_finished', task.id, { outcome: why === 'cancelled' ? 'cancelled' : 'clean', note: why });
  });
  parts.open.close(task.id);
  taskFinished(parts, task.id, why);
}

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
    reasons: said.reasons.slice(0, 20).map((text) => text.slice(0, 1_000)),
    patch: log.patch,
    cost_usd: log.costUsd,
    duration: (parts.clock.monotonic() - startedAt) / 1_000,
  });
  task.retry_count = task.attempts.length - 1;
}
