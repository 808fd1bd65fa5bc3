import { leftOutLines } from '../agent/left-out.ts';
import type { Budget } from '../domain/budget.ts';
import type { Statistics } from '../domain/task.ts';
import type { AgentEvent } from '../events.ts';
import { lineOfEscalation } from './escalation-lines.ts';
import { clock, lineOfLimit, moneyLines } from './limit-lines.ts';
import { bad, good, type Line, line, quiet, step, warn } from './line.ts';
import { count, seconds } from './quantities.ts';
import { lineOfSpace } from './space-lines.ts';

const maxListed = 3;

/** What a person at the terminal wants to know of an event, or undefined when it is for the log alone. */
export function lineOf(event: AgentEvent): Line | undefined {
  switch (event.type) {
    case 'agent.running':
      return good(
        `watching ${count(event.files, 'file')}${event.autoFix ? '' : '; regressions are reported, nothing is fixed'}`,
      );
    case 'runner.left':
      return warn(`not watched: ${event.reason} ${event.remedy}`);
    case 'agent.held':
      return quiet(held(event));
    case 'agent.stopping':
      return quiet(stopping(event.reason));
    case 'baseline.started':
      return quiet('running all tests once, to know what is green now');
    case 'baseline.made':
      return good(
        `${event.green} of ${count(event.tests, 'test')} green${event.red > 0 ? `, ${event.red} red before (left alone)` : ''} (${seconds(event.durationMs)})`,
      );
    case 'baseline.unavailable':
      return warn(`the tests could not be run: ${event.reason}`);
    case 'baseline.outdated':
      return quiet(
        `${event.reason}${event.total > 0 ? ` (${some(event.files, event.total)})` : ''}: a new baseline is made, nobody is blamed`,
      );
    case 'baseline.unlinked':
      return warn(unlinked(event));
    case 'baseline.barred':
      return warn(barred(event.files, event.total));
    case 'watch.batch':
      return quiet(`changed: ${some(event.files, event.total)}`);
    case 'triage.red':
      return warn(
        `${count(event.count, 'test')} red, running ${event.count === 1 ? 'it' : 'them'} once more: ${some(event.tests, event.count)}`,
      );
    case 'triage.machine':
      return warn(
        `${event.what}, without your change as well: ${count(event.count, 'test')} cannot be judged until that is over, ${some(event.tests, event.count)}`,
      );
    case 'triage.finished':
      return event.red > 0 || event.flaky > 0 ? undefined : good(clean(event.ran, event.knownRed, event.durationMs));
    case 'test.flaky':
      return warn(`flaky, passes without a change: ${event.title} (${event.file})`);
    case 'test.steady':
      return quiet(
        `no longer flaky, ${event.status} ${event.status === 'green' ? 'again' : 'every time'}: ${event.title} (${event.file})`,
      );
    default:
      return lineOfTask(event);
  }
}

function lineOfTask(event: AgentEvent): Line | undefined {
  switch (event.type) {
    case 'regression.found':
      return bad(`${event.taskId}: ${count(event.count, 'test')} broken by ${some(event.files, event.files.length)}`);
    case 'regression.joined':
      return warn(`${event.taskId} is joined by ${some(event.files, event.files.length)}`);
    case 'regression.muted':
      return quiet(
        `left red, since ${event.byHand ? 'you took the fix back' : 'you undid its fix'}: ${some(event.tests, event.tests.length)}`,
      );
    case 'task.phase':
      return step(`${phases[event.phase]} (attempt ${event.attempt} of ${event.of})`, event.phase === 'land');
    case 'plan.ready':
      return step(
        `plan${event.source === 'basic' ? ` (without the planner: ${event.reason ?? 'no answer'})` : ''}: ${event.summary} ${bill(event)}`,
      );
    case 'fix.ready':
      return step(
        `patch: ${some(event.files, event.files.length)}${event.takesBack ? ', takes most of your change back' : ''} ${bill(event)}`,
      );
    case 'verdict':
      return event.accepted
        ? good(`proven: ${count(event.ran, 'test')} ran in a clean copy (${seconds(event.durationMs)})`)
        : bad(`refused: ${event.reasons.join(' ')}`);
    case 'land.replayed':
      return warn('the tree changed meanwhile: the fix is replayed on it and proven again');
    case 'land.landed':
      return good(`landed in ${some(event.files, event.files.length)}`);
    case 'land.undone':
      return quiet(`taken back, as you said: ${movedFiles(event.files)}`);
    case 'land.applied':
      return quiet(`put in, as you said: ${movedFiles(event.files)}`);
    case 'land.parked':
      return warn(
        `parked, since ${event.reason.replace(/\.+$/, '')}: \`mendwatch apply ${event.taskId}\` puts it into your files`,
      );
    case 'attempt.rejected':
      return event.retryInMs === undefined
        ? undefined
        : quiet(`${whyRefused(event.reasons)}next attempt in ${seconds(event.retryInMs)}`);
    case 'model.unavailable':
      return warn(`${notNow(event.kind)}${event.detail}); trying again in ${seconds(event.retryInMs)}`);
    default:
      return limitLine(event) ?? lineOfEnd(event);
  }
}

function limitLine(event: AgentEvent): Line | undefined {
  const found = lineOfLimit(event);
  return found === undefined ? undefined : line(found.tone, found.text);
}

function notNow(kind: string): string {
  if (kind === 'test runner') return 'the tests could not be run (';
  return kind === 'hook' ? 'held back (' : `Claude is not available (${kind}: `;
}

function endWords({ outcome, note }: { outcome: string; note?: string }): string {
  if (note === undefined) return outcome;
  return note.startsWith(outcome) ? note : `${outcome}, ${note}`;
}

/** A verdict has said its reasons already; what Claude itself did not do has been said nowhere. */
function whyRefused(reasons: readonly string[]): string {
  const [first = ''] = reasons;
  return first.startsWith('Claude ') ? `${first}; ` : '';
}

function lineOfEnd(event: AgentEvent): Line | undefined {
  switch (event.type) {
    case 'task.finished':
      return event.outcome === 'clean' && event.note === undefined
        ? undefined
        : quiet(`${event.taskId} ${event.file}: ${endWords(event)} ${bill(event)}`);
    case 'task.failed':
      return bad(`${event.taskId} ${event.file}: failed, ${event.reason} ${bill(event)}`);
    case 'escalation.recorded':
      return warn(`report: ${event.report}`);
    case 'escalation.sent':
    case 'escalation.waiting':
    case 'escalation.parked':
    case 'escalation.closed':
      return lineOfEscalation(event);
    case 'triage.broken':
      return warn(`the tests could not be run: ${event.detail}`);
    case 'watch.skipped':
      return warn(`${leftOutLines(event.files).join('; ')}${event.total > event.files.length ? '; …' : ''}`);
    case 'watch.fault':
    case 'state.notice':
    case 'state.unavailable':
      return warn(event.message);
    case 'space.freed':
    case 'space.exceeded':
    case 'space.stale':
      return lineOfSpace(event);
    case 'hook.note':
      return quiet(`${event.taskId}: ${event.hook} says: ${event.note}`);
    case 'hook.warning':
      return warn(
        `${event.taskId === undefined ? '' : `${event.taskId}: `}the hook ${event.hook} failed: ${event.message}`,
      );
    case 'health.checked':
      return event.healthy ? undefined : warn(`health: not well: ${failing(event)}`);
    case 'fault':
      return bad(`an error inside the agent (${event.where}): ${event.message}`);
    default:
      return undefined;
  }
}

export const phases = {
  triage: 'looking at the change',
  plan: 'asking the planner',
  fix: 'asking the fixer',
  verify: 'proving the patch',
  land: 'landing',
  escalate: 'giving up',
} as const;

/** The statistics block of the end of a session. `uptimeMs` in milliseconds. */
export function statisticsLines(statistics: Statistics, uptimeMs: number, budget: Budget = {}): readonly string[] {
  const { tasks_processed, tasks_succeeded, tasks_failed, tasks_escalated, cost_usd } = statistics;
  const rate = tasks_processed === 0 ? 'none yet' : `${((100 * tasks_succeeded) / tasks_processed).toFixed(1)}%`;
  return [
    'Session Statistics:',
    `  Uptime: ${clockTime(uptimeMs)}`,
    `  Tasks processed: ${tasks_processed}`,
    `  Tasks succeeded: ${tasks_succeeded}`,
    `  Tasks failed: ${tasks_failed}`,
    `  Tasks escalated: ${tasks_escalated}`,
    `  Success rate: ${rate}`,
    `  Cost: $${cost_usd.toFixed(2)}`,
    ...moneyLines(budget).map((text) => `  ${text}`),
  ];
}

/** What the person can do about tests that want something that git ignores. */
export function unlinked(found: { files: number; paths: readonly string[]; setting: string }): string {
  const { files, paths, setting } = found;
  const [are, they] = paths.length === 1 ? ['is', 'it'] : ['are', 'them'];
  return `${count(files, 'test file')} cannot run in a private copy: ${paths.join(', ')} ${are} ignored by git. Set LANE_LINKS=${setting} to link ${they}`;
}

/** What the person can do about tests that write into her project. */
export function barred(files: readonly string[], total: number): string {
  return `${some(files, total)} ${total === 1 ? 'writes' : 'write'} into the project, which is read-only for test runs: red from the start. Set PROJECT_READ_ONLY=off to let ${total === 1 ? 'it' : 'them'}`;
}

/** None where the files were so already. */
function movedFiles(files: readonly string[]): string {
  return files.length === 0 ? 'nothing had to be changed' : some(files, files.length);
}

function held({ pausedAt, snoozedUntil }: Extract<AgentEvent, { type: 'agent.held' }>): string {
  const snoozed =
    snoozedUntil === undefined ? [] : [`snoozed: no fix is begun before ${clock(Date.parse(snoozedUntil))}`];
  const paused = pausedAt === undefined ? [] : ['paused: no task is taken up until `mendwatch resume`'];
  return [...paused, ...snoozed].join('; ') || 'going on';
}

/** Who pressed Ctrl-C and sees nothing end should know what it waits for. */
function stopping(reason: string): string {
  if (reason !== 'SIGINT') return `stopping: ${reason}`;
  return `stopping: ${reason}; what is under way may come to its end, Ctrl-C again ends it at once`;
}

function clean(ran: number, knownRed: number, durationMs: number): string {
  if (ran === 0) return 'no test depends on this';
  const before = knownRed > 0 ? `, ${knownRed} red as before` : '';
  return `nothing broken: ${count(ran, 'test')} ran (${seconds(durationMs)})${before}`;
}

function bill({ costUsd, durationMs }: { costUsd: number; durationMs: number }): string {
  return `(${costUsd > 0 ? `$${costUsd.toFixed(4)}, ` : ''}${seconds(durationMs)})`;
}

function failing({ checks, reasons }: Extract<AgentEvent, { type: 'health.checked' }>): string {
  return Object.entries(checks)
    .filter(([, isWell]) => !isWell)
    .map(([name]) => (reasons[name] === undefined ? name : `${name} (${reasons[name]})`))
    .join(', ');
}

function some(items: readonly string[], total: number): string {
  const more = total - Math.min(items.length, maxListed);
  return `${items.slice(0, maxListed).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function clockTime(ms: number): string {
  const total = Math.floor(ms / 1_000);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(total / 3_600)}:${two(Math.floor(total / 60) % 60)}:${two(total % 60)}`;
}
