import { isoTime } from '../clock.ts';
import {
  type Budget,
  type CallKind,
  dayOf,
  nextDayAt,
  type Reservation,
  rememberedCalls,
  spentTodayUsd,
} from '../domain/budget.ts';

/** A call that begins is taken to cost at least this. */
const floorUsd: Readonly<Record<CallKind, number>> = { plan: 0.01, fix: 0.02 };
/** Until there was a call of its kind. */
const firstGuessUsd: Readonly<Record<CallKind, number>> = { plan: 0.05, fix: 0.15 };
/** Of the calls before, so many cost no more than the estimate. */
const percentile = 0.9;
const maxReservations = 50;
const maxOutcomes = 20;
/** Less than this buys nothing. */
export const leastUsd = 0.001;

export interface SpendLimits {
  readonly perTaskUsd: number;
  readonly perDayUsd: number;
}

/** What a call of this kind may cost, from the history of such calls. */
export function estimateUsd({ history }: Budget, kind: CallKind): number {
  const costs = (history?.[kind] ?? []).toSorted((a, b) => a - b);
  const high = costs[Math.min(costs.length - 1, Math.floor(costs.length * percentile))];
  return Math.max(floorUsd[kind], high ?? firstGuessUsd[kind]);
}

/** For a task: its own calls at what they are expected to cost, those of others at the most that they may. */
function reservedUsd({ reserved = [] }: Budget, taskId: string): { readonly own: number; readonly others: number } {
  const sum = { own: 0, others: 0 };
  for (const { task_id, usd, max_usd = usd } of reserved) {
    if (task_id === taskId) sum.own += usd;
    else sum.others += Math.max(usd, max_usd);
  }
  return sum;
}

/** The budget without the calls of other tasks: what it is when they have ended and have cost nothing. */
export function besideOthers(budget: Budget, taskId: string): Budget {
  return { ...budget, reserved: budget.reserved?.filter(({ task_id }) => task_id === taskId) ?? [] };
}

/** What is left, and which of the limits says so. */
export interface Left {
  readonly usd: number;
  readonly limit: 'task' | 'day';
  /** Nothing has been spent of that limit yet. */
  readonly isUntouched: boolean;
}

/** What may still be spent on a task now, calls under way counted as spent. */
export function left(
  budget: Budget,
  task: { readonly id: string; readonly spentUsd: number },
  limits: SpendLimits,
  now: number,
): Left {
  const { own, others } = reservedUsd(budget, task.id);
  const onTask = task.spentUsd + own;
  const onDay = spentTodayUsd(budget, now) + own + others;
  const ofTask = { usd: limits.perTaskUsd - onTask, limit: 'task', isUntouched: onTask === 0 } as const;
  const ofDay = { usd: limits.perDayUsd - onDay, limit: 'day', isUntouched: onDay === 0 } as const;
  return ofTask.usd <= ofDay.usd ? ofTask : ofDay;
}

/**
 * Whether calls of this estimate may begin. A limit that nothing was spent of lets one begin whatever the estimate
 * says: else a limit below the estimate would let nothing begin ever.
 */
export function affords({ usd, isUntouched }: Left, estimate: number): boolean {
  return usd >= leastUsd && (isUntouched || usd >= estimate);
}

export function withReservation(budget: Budget, reservation: Reservation): Budget {
  return { ...budget, reserved: [...(budget.reserved ?? []), reservation].slice(-maxReservations) };
}

/** @param maxUsd the most that it may cost, where other calls go on beside it */
export function newReservation(
  id: string,
  taskId: string,
  kind: CallKind,
  usd: number,
  now: number,
  maxUsd?: number,
): Reservation {
  const max = maxUsd === undefined ? {} : { max_usd: maxUsd };
  return { id, task_id: taskId, kind, usd, ...max, at: isoTime(now) };
}

/** The call has ended and cost this: its reservation goes. What is not there any more was settled before. */
export function settled(
  budget: Budget,
  id: string,
  cost: { readonly usd: number; readonly isKnown: boolean },
  now: number,
): Budget {
  const reservation = budget.reserved?.find((one) => one.id === id);
  if (reservation === undefined) return budget;
  const { plan = [], fix = [] } = budget.history ?? {};
  const history = { plan, fix };
  // A call that failed before it cost anything says nothing about the next one.
  if (cost.isKnown && cost.usd > 0)
    history[reservation.kind] = [...history[reservation.kind], cost.usd].slice(-rememberedCalls);
  return {
    ...budget,
    day: budget.day === dayOf(nextDayAt(now)) ? budget.day : dayOf(now),
    spent_usd: spentTodayUsd(budget, now) + cost.usd,
    reserved: budget.reserved?.filter((one) => one.id !== id) ?? [],
    history,
  };
}

/** With the money of one more task that has ended. */
export function withOutcome(budget: Budget, outcome: string, usd: number): Budget {
  const by = budget.by_outcome ?? {};
  if (usd <= 0 || (by[outcome] === undefined && Object.keys(by).length >= maxOutcomes)) return budget;
  const { tasks, usd: before } = by[outcome] ?? { tasks: 0, usd: 0 };
  return { ...budget, by_outcome: { ...by, [outcome]: { tasks: tasks + 1, usd: before + usd } } };
}
