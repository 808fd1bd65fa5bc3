import { isoTime } from '../clock.ts';
import { type Breaker, wholeAgent } from '../domain/breaker.ts';
import { nextDayAt, spentTodayUsd } from '../domain/budget.ts';
import type { Task } from '../domain/task.ts';
import type { StateDocument } from '../state/schema.ts';
import { admission, afterNothing } from './breaker.ts';
import { affords, besideOthers, estimateUsd, type Left, leastUsd } from './budget.ts';
import { passage } from './gates.ts';
import { openGates, openOutdatedGates } from './keep-gates.ts';
import { hasKeptFix } from './kept-fix.ts';
import type { Parts } from './parts.ts';
import { roomFor, rounded } from './spend.ts';

/** Whether work on a regression may begin. */
export type Permission =
  | { readonly kind: 'go' }
  /** All tasks wait for the same. `until` in epoch ms, where it is known. */
  | { readonly kind: 'wait'; readonly for: string; readonly since: string; readonly until?: number }
  /** This task ends without another try. */
  | { readonly kind: 'refuse'; readonly reason: string };

/** Asks the breaker of the file, the money of the task, the gates, the breaker of the agent and the money of the day. */
export async function mayBegin(parts: Parts, task: Task): Promise<Permission> {
  await openOutdatedGates(parts);
  const { state, clock } = parts;
  const now = clock.now();
  const ofFile = admission(breakerOf(state.current, task.file_path), task.id, now);
  if (ofFile.kind === 'refuse') return { kind: 'refuse', reason: breakerReason(parts, ofFile.until, ofFile.reason) };
  const room = roomFor(parts, state.current, task.id, now);
  const isAffordable = affords(room, attemptUsd(state.current));
  const shut = atGate(state.current, task, now);
  // What was paid already has only to be judged: that takes neither money nor a model.
  const isPaid = (shut !== undefined || !isAffordable) && (await hasKeptFix(parts, task));
  if (!isPaid && !isAffordable && room.limit === 'task')
    return { kind: 'refuse', reason: overBudget(parts, task.id, room) };
  const held = (isPaid ? undefined : shut) ?? atBreaker(state.current, task, now);
  if (held !== undefined) return held;
  if (!isPaid && !isAffordable) {
    const { budget, queues } = state.current;
    const later = roomFor(parts, { budget: besideOthers(budget, task.id), queues }, task.id, now);
    // What they leave of it is known when they have ended, and that wakes whoever waits.
    if (affords(later, attemptUsd(state.current))) return waiting('other-calls');
    return atDayLimit(parts, task, now);
  }
  if (!isPaid && state.current.gates['daily-limit'] !== undefined) await openGates(parts, 'next day', ['daily-limit']);
  await beginProbes(parts, task.id, [task.file_path, wholeAgent], now);
  return { kind: 'go' };
}

/** What one attempt may cost, its plan included. */
function attemptUsd({ budget }: StateDocument): number {
  return estimateUsd(budget, 'plan') + estimateUsd(budget, 'fix');
}

/** Whether another attempt at a task fits into what the task may cost. */
export function affordsAttempt(parts: Parts, state: StateDocument, taskId: string): boolean {
  const room = roomFor(parts, state, taskId, parts.clock.now());
  return room.limit === 'day' || affords(room, attemptUsd(state));
}

/** A task of a file whose breaker lets another one try first. It is not in the way of others meanwhile. */
export function isBehindProbe(state: StateDocument, { id, file_path }: Task): boolean {
  const breaker = breakerOf(state, file_path);
  return breaker?.state === 'half-open' && breaker.probe !== undefined && breaker.probe !== id;
}

/** A breaker as it is now: where the task that was to try has ended in another way, the next one may. */
function breakerOf({ circuit_breakers, queues }: StateDocument, key: string): Breaker | undefined {
  const breaker = circuit_breakers[key];
  const probe = breaker?.probe;
  if (breaker === undefined || probe === undefined) return breaker;
  const isThere = [...queues.pending, ...queues.in_progress].some(({ id }) => id === probe);
  return isThere ? breaker : afterNothing(breaker, probe);
}

/** Whether a task in work, which may have been let in only to be judged, would have to wait before it may ask a model. */
export function waitsForModel({ state, clock }: Parts, task: Task): boolean {
  return atGate(state.current, task, clock.now()) !== undefined;
}

function atGate({ gates, queues }: StateDocument, task: Task, now: number): Permission | undefined {
  const way = passage(gates, now);
  const isOneOnItsWay = queues.in_progress.some(({ id, phase }) => id !== task.id && phase !== 'triage');
  if (way.kind === 'open' || (way.kind === 'half-open' && !isOneOnItsWay)) return undefined;
  return waiting(way.cause, gates[way.cause]?.since, way.kind === 'shut' ? way.opensAt : undefined);
}

function atBreaker(state: StateDocument, task: Task, now: number): Permission | undefined {
  const breaker = breakerOf(state, wholeAgent);
  const ofAgent = admission(breaker, task.id, now);
  return ofAgent.kind === 'refuse' ? waiting('breaker', breaker?.opened_at, ofAgent.until) : undefined;
}

function waiting(cause: string, since = '', until?: number): Permission {
  return { kind: 'wait', for: cause, since, ...(until === undefined ? {} : { until }) };
}

async function atDayLimit(parts: Parts, task: Task, now: number): Promise<Permission> {
  const { config, state, events, configuration } = parts;
  const spentUsd = spentTodayUsd(state.current.budget, now);
  const until = nextDayAt(now);
  const reached = { type: 'budget.reached', limit: 'day', spentUsd, limitUsd: config.maxCostPerDayUsd } as const;
  if (config.onDayLimit === 'report') {
    events.emit({ ...reached, taskId: task.id });
    return {
      kind: 'refuse',
      reason: `over budget: $${spentUsd.toFixed(2)} spent today, MAX_COST_PER_DAY_USD is ${config.maxCostPerDayUsd}, and ON_DAY_LIMIT is report.`,
    };
  }
  await state.update((draft) => {
    draft.gates['daily-limit'] = {
      reason: `$${spentUsd.toFixed(2)} spent today, MAX_COST_PER_DAY_USD is ${config.maxCostPerDayUsd}`,
      since: isoTime(now),
      opens_at: isoTime(until),
      probes: 0,
      configuration: configuration(),
    };
  });
  events.emit({ ...reached, taskId: task.id, until });
  return waiting('daily-limit', isoTime(now), until);
}

/** Why a task ends for its money. */
export function overBudget({ config, state, events }: Parts, taskId: string, { usd }: Pick<Left, 'usd'>): string {
  const limitUsd = config.maxCostPerTaskUsd;
  const spentUsd = Math.max(0, limitUsd - usd);
  events.emit({ type: 'budget.reached', limit: 'task', taskId, spentUsd, limitUsd });
  const rest = usd < leastUsd ? '' : `, and another attempt may cost $${attemptUsd(state.current).toFixed(2)}`;
  return `over budget: $${spentUsd.toFixed(2)} spent, MAX_COST_PER_TASK_USD is ${limitUsd}${rest}.`;
}

function breakerReason({ config }: Parts, until: number | undefined, last: string): string {
  const { breakerThreshold, breakerWindowMs } = config;
  const failures = breakerThreshold === 1 ? 'a task' : `${breakerThreshold} tasks`;
  const again = until === undefined ? '' : ` The file is tried again after ${isoTime(until)}, or by \`retry\`.`;
  return `not tried: ${failures} of this file failed within ${Math.round(breakerWindowMs / 1_000)} s.${again} Last: ${last}`;
}

async function beginProbes({ state }: Parts, taskId: string, keys: readonly string[], now: number): Promise<void> {
  const isDue = (draft: StateDocument, key: string): boolean =>
    admission(breakerOf(draft, key), taskId, now).kind === 'probe';
  if (!keys.some((key) => isDue(state.current, key))) return;
  await state.update((draft) => {
    for (const key of keys) {
      const said = admission(breakerOf(draft, key), taskId, now);
      if (said.kind === 'probe') draft.circuit_breakers[key] = said.breaker;
    }
  });
}

/** What a process may cost that is started before it is known whether it is needed; undefined: none is started now. */
export function warmUsd(parts: Parts): number | undefined {
  const { state, config, clock } = parts;
  const { budget, gates, circuit_breakers } = state.current;
  if (passage(gates, clock.now()).kind !== 'open' || circuit_breakers[wholeAgent]?.state === 'open') return undefined;
  const ofDay = config.maxCostPerDayUsd - spentTodayUsd(budget, clock.now());
  // The planner is paid first, out of the same limit, and may cost more than planners do: what was started with a cent
  // too much would be thrown away.
  const usd = Math.min(config.maxCostPerTaskUsd, ofDay) - 3 * estimateUsd(budget, 'plan');
  return usd < leastUsd ? undefined : rounded(usd);
}
