import { z } from 'zod';
import { budget } from '../../domain/budget.ts';
import { channelName, escalationEvent } from '../../domain/escalation.ts';
import { statistics, taskOutcome, taskPhase } from '../../domain/task.ts';

const text = z.string();
const texts = z.array(text);
const count = z.int().nonnegative();
const ms = z.number().describe('milliseconds');
const usd = z.number().describe('US dollars');
const moment = z.number().describe('milliseconds since 1970');
const at = moment.describe('when it was told, in milliseconds since 1970');
const taskId = text.describe('as in task_37f2f7e8');
const paths = texts.describe("relative to the project's root");
const bill = { costUsd: usd, durationMs: ms };

function event<Name extends string, Shape extends z.ZodRawShape>(type: Name, shape: Shape) {
  return z.object({ type: z.literal(type), ...shape, at });
}

const ofAgent = [
  event('runner.left', { reason: text, remedy: text }),
  event('agent.starting', { projectRoot: text, runner: text, claude: text, stateFile: text, logFile: text }),
  event('agent.running', { watching: texts, files: count, autoFix: z.boolean() }),
  event('agent.held', { pausedAt: text.exactOptional(), snoozedUntil: text.exactOptional() }),
  event('agent.stopping', { reason: text }),
  event('agent.stopped', { statistics, budget: budget.exactOptional(), uptimeMs: ms }),
  event('health.checked', {
    healthy: z.boolean(),
    checks: z.record(text, z.boolean()),
    reasons: z.record(text, text),
  }),
  event('space.freed', { bytes: count, runs: count, cacheBytes: count }),
  event('space.exceeded', { what: z.enum(['cache', 'runs']), bytes: count, limitBytes: count }),
  event('space.stale', { caches: count, bytes: count }),
  event('state.notice', { message: text }),
  event('state.unavailable', { message: text }),
  event('fault', { where: text, message: text, stack: text.exactOptional() }),
] as const;

const ofTests = [
  event('baseline.started', {}),
  event('baseline.made', { tests: count, green: count, red: count, durationMs: ms }),
  event('baseline.unavailable', { reason: text }),
  event('baseline.outdated', { reason: text, files: paths, total: count }),
  event('baseline.unlinked', { files: count, paths, setting: text }),
  event('baseline.barred', { files: paths, total: count }),
  event('watch.batch', { files: paths, total: count, seenAt: moment.exactOptional() }),
  event('watch.fault', { message: text }),
  event('watch.skipped', { files: z.array(z.object({ path: text, reason: text })), total: count }),
  event('triage.started', { files: paths, snapshotMs: ms.exactOptional() }),
  event('triage.red', { tests: texts, count }),
  event('triage.finished', { ran: count, red: count, knownRed: count, flaky: count, durationMs: ms }),
  event('triage.broken', { reason: text, detail: text }),
  event('triage.machine', { what: text, tests: texts, count }),
  event('test.flaky', { file: text, title: text, during: z.enum(['triage', 'verdict']) }),
  event('test.steady', { file: text, title: text, status: z.enum(['green', 'red']) }),
  event('regression.found', { taskId, fingerprint: text, tests: texts, count, files: paths }),
  event('regression.joined', { taskId, files: paths }),
  event('regression.muted', { fingerprint: text, files: paths, tests: texts, byHand: z.boolean() }),
] as const;

const ofTasks = [
  event('task.created', { taskId, file: text }),
  event('task.phase', { taskId, phase: taskPhase, attempt: count, of: count }),
  event('lane.ready', { taskId, lane: z.enum(['plan', 'fix', 'verify']), durationMs: ms }),
  event('plan.ready', {
    ...{ taskId, summary: text, source: z.enum(['claude', 'basic']), reason: text.exactOptional() },
    ...bill,
  }),
  event('fix.ready', { taskId, files: paths, takesBack: z.literal(true).exactOptional(), ...bill }),
  event('verdict', { taskId, accepted: z.boolean(), reasons: texts, ran: count, durationMs: ms }),
  event('land.replayed', { taskId, round: count }),
  event('land.landed', { taskId, files: paths, durationMs: ms.exactOptional() }),
  event('land.undone', { taskId, files: paths }),
  event('land.applied', { taskId, files: paths }),
  event('land.parked', { taskId, reason: text, patch: text }),
  event('attempt.rejected', { taskId, attempt: count, of: count, reasons: texts, retryInMs: ms.exactOptional() }),
  event('task.finished', { taskId, file: text, outcome: taskOutcome, note: text.exactOptional(), ...bill }),
  event('task.failed', { taskId, file: text, reason: text, ...bill }),
  event('hook.warning', { taskId: taskId.exactOptional(), hook: text, message: text }),
  event('hook.note', { taskId, hook: text, note: text }),
] as const;

const ofLimits = [
  event('gate.shut', { cause: text, detail: text, probes: count, opensAt: moment.exactOptional() }),
  event('gate.opened', {
    cause: text,
    by: z.enum(['answer', 'configuration', 'command', 'next day', 'mains']),
    shutMs: ms,
  }),
  event('task.waiting', { taskId, file: text, for: text, until: moment.exactOptional() }),
  event('budget.reached', {
    ...{ limit: z.enum(['task', 'day']), taskId, spentUsd: usd, limitUsd: usd },
    until: moment.exactOptional(),
  }),
  event('budget.assumed', { taskId, kind: text, usd }),
  event('breaker.opened', { file: text.exactOptional(), failures: count, reason: text, until: moment }),
  event('breaker.closed', { file: text.exactOptional() }),
  event('model.unavailable', { taskId, kind: text, detail: text, retryInMs: ms }),
] as const;

const ofEscalations = [
  event('escalation.recorded', { taskId, report: text }),
  event('escalation.sent', { taskId, channel: channelName, event: escalationEvent, url: text.exactOptional() }),
  event('escalation.waiting', { channel: channelName, reason: text, retryInMs: ms }),
  event('escalation.parked', { taskId, channel: channelName, reason: text }),
  event('escalation.closed', { channel: channelName, reason: text }),
] as const;

/** One line of `events --json`. A test keeps it the same as `AgentEvent`. */
export const agentEvent = z.discriminatedUnion('type', [
  ...ofAgent,
  ...ofTests,
  ...ofTasks,
  ...ofLimits,
  ...ofEscalations,
]);
