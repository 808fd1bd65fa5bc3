import { randomBytes } from 'node:crypto';
import type { ClaudeAnswer } from '../claude/types.ts';
import type { CallKind, Reservation } from '../domain/budget.ts';
import { failpoint } from '../failpoint.ts';
import { findTask } from '../queue/transitions.ts';
import type { StateDocument } from '../state/schema.ts';
import { estimateUsd, type Left, leastUsd, left, newReservation, settled, withReservation } from './budget.ts';
import { isAnswer } from './gates.ts';
import { ofService, openIn, tellOpened } from './keep-gates.ts';
import type { Parts } from './parts.ts';
import { costOf } from './settle.ts';

export interface Call<T> {
  readonly taskId: string;
  readonly kind: CallKind;
  /** May cost at most so much, where the one who is asked can be told. */
  readonly run: (maxUsd: number) => Promise<T>;
  readonly answerOf: (result: T) => ClaudeAnswer;
}

export type Paid<T> =
  | { readonly kind: 'paid'; readonly result: T; readonly costUsd: number }
  /** Nothing was asked. */
  | { readonly kind: 'out-of-money'; readonly limit: Left['limit'] };

/**
 * A question to Claude, with its money: an estimate is reserved in the state before it, and the true cost takes its place
 * afterwards. Whatever ends the agent in between, the next one finds the reservation.
 */
export async function pay<T>(parts: Parts, { taskId, kind, run, answerOf }: Call<T>): Promise<Paid<T>> {
  const granted = await reserve(parts, taskId, kind);
  if (granted.kind === 'refused') return { kind: 'out-of-money', limit: granted.left.limit };
  await failpoint('money.reserved');
  const { reservation, maxUsd } = granted;
  let result: T;
  try {
    result = await run(maxUsd);
  } catch (error) {
    await settle(parts, reservation, undefined);
    throw error;
  }
  return { kind: 'paid', result, costUsd: await settle(parts, reservation, answerOf(result)) };
}

type Granted =
  | { readonly kind: 'granted'; readonly reservation: Reservation; readonly maxUsd: number }
  | { readonly kind: 'refused'; readonly left: Left };

async function reserve(parts: Parts, taskId: string, kind: CallKind): Promise<Granted> {
  const { state, clock } = parts;
  const id = randomBytes(4).toString('hex');
  const { granted, lost } = await state.update((draft) => {
    const now = clock.now();
    // A task asks one question at a time: what is still reserved for it could not be settled when its call ended.
    const lost = (draft.budget.reserved ?? []).filter(({ task_id }) => task_id === taskId);
    for (const one of lost) enter(draft, one, { usd: one.usd, isKnown: false }, now);
    const room = roomFor(parts, draft, taskId, now);
    const estimate = estimateUsd(draft.budget, kind);
    const isAlone = parts.config.maxConcurrentTasks === 1;
    const usd = isAlone ? room.usd : besideCalls(parts, draft.budget, room, estimate, now);
    if (usd < leastUsd) return { granted: { kind: 'refused', left: room } as Granted, lost };
    const maxUsd = rounded(usd);
    const reservation = newReservation(id, taskId, kind, estimate, now, isAlone ? undefined : maxUsd);
    draft.budget = withReservation(draft.budget, reservation);
    return { granted: { kind: 'granted', reservation, maxUsd } as Granted, lost };
  });
  for (const one of lost) tellAssumed(parts, one);
  return granted;
}

/**
 * Of what may be spent on a task, as much as leaves the others something of the day. Nothing where its calls would only be
 * cut off: more may be left when those under way have ended.
 */
function besideCalls({ config }: Parts, budget: StateDocument['budget'], room: Left, estimate: number, now: number) {
  const calls = budget.reserved?.length ?? 0;
  if (room.limit === 'day' && room.usd < estimate && calls > 0) return 0;
  const limits = { perTaskUsd: Number.POSITIVE_INFINITY, perDayUsd: config.maxCostPerDayUsd };
  const ofDay = left(budget, { id: '', spentUsd: 0 }, limits, now);
  const share = ofDay.usd / Math.max(1, config.maxConcurrentTasks - calls);
  return Math.min(room.usd, Math.max(share, 2 * estimate));
}

/** What may still be spent on a task, by the limits of the task and of the day. */
export function roomFor(
  { config }: Parts,
  state: Pick<StateDocument, 'budget' | 'queues'>,
  taskId: string,
  now: number,
): Left {
  const task = findTask(state, taskId);
  const limits = { perTaskUsd: config.maxCostPerTaskUsd, perDayUsd: config.maxCostPerDayUsd };
  const spentUsd = task === undefined ? 0 : Math.max(0, costOf(task) - (task.forgiven_usd ?? 0));
  return left(state.budget, { id: taskId, spentUsd }, limits, now);
}

/** Writes down what the call has cost; an answer of the service opens the gates before it. */
async function settle(parts: Parts, reservation: Reservation, answer: ClaudeAnswer | undefined): Promise<number> {
  const { state, clock } = parts;
  const isKnown = answer !== undefined && answer.usage.isUnbilled !== true;
  const usd = isKnown ? answer.usage.costUsd : Math.max(reservation.usd, answer?.usage.costUsd ?? 0);
  const before = state.current.gates;
  const opened = await state.update((draft) => {
    enter(draft, reservation, { usd, isKnown }, clock.now());
    return answer !== undefined && isAnswer(answer.outcome) ? openIn(draft, ofService(draft.gates)) : [];
  });
  if (!isKnown) tellAssumed(parts, { ...reservation, usd });
  tellOpened(parts, before, opened, 'answer');
  return usd;
}

function enter(
  draft: StateDocument,
  { id, task_id }: Reservation,
  cost: { readonly usd: number; readonly isKnown: boolean },
  now: number,
): void {
  if (draft.budget.reserved?.some((one) => one.id === id) !== true) return;
  draft.budget = settled(draft.budget, id, cost, now);
  draft.statistics.cost_usd += cost.usd;
  const task = findTask(draft, task_id);
  if (task !== undefined) task.cost_usd = costOf(task) + cost.usd;
}

/** After a start: calls that an earlier agent had begun, and whose end nobody knows, are paid at their estimate. */
export async function settleLostCalls(parts: Parts): Promise<void> {
  const { state, clock } = parts;
  if ((state.current.budget.reserved ?? []).length === 0) return;
  const lost = await state.update((draft) => {
    const all = structuredClone(draft.budget.reserved ?? []);
    for (const one of all) enter(draft, one, { usd: one.usd, isKnown: false }, clock.now());
    return all;
  });
  for (const one of lost) tellAssumed(parts, one);
}

function tellAssumed({ events }: Parts, { task_id, kind, usd }: Reservation): void {
  events.emit({ type: 'budget.assumed', taskId: task_id, kind, usd });
}

/** In hundredths of a cent, never more than it is. */
export function rounded(usd: number): number {
  return Math.floor(usd * 10_000) / 10_000;
}
