import { z } from 'zod';
import { openRecord, timestamp } from './task.ts';

export const callKinds = ['plan', 'fix'] as const;
/** What Claude is asked for. */
export type CallKind = (typeof callKinds)[number];

/** So many calls of a kind are remembered: what the next one may cost is told from them. */
export const rememberedCalls = 50;

const dollars = z.number().nonnegative();

/** Money that a call under way may cost. What a dead agent has left is settled at its estimate. */
const reservation = z.object({
  id: z.string().min(1).max(40),
  task_id: z.string().max(40),
  kind: z.enum(callKinds),
  usd: dollars,
  /** The most that it may cost, where other calls go on beside it. */
  max_usd: dollars.optional(),
  at: timestamp,
});
export type Reservation = z.infer<typeof reservation>;

const calls = z.array(dollars).max(rememberedCalls);

/** Empty at first: what is absent is nothing. */
export const budget = openRecord(
  {
    /** The local day that `spent_usd` is of, as `2026-01-31`. */
    day: z.string().max(10).optional(),
    spent_usd: dollars.optional(),
    reserved: z.array(reservation).max(50).optional(),
    history: z.object({ plan: calls, fix: calls }).optional(),
    /** Tasks that money was spent on, by how they ended. */
    by_outcome: z.record(z.string().max(40), z.object({ tasks: z.int().nonnegative(), usd: dollars })).optional(),
  },
  20_000,
);
export type Budget = z.infer<typeof budget>;

/** The local day of a moment: people's limits end at their own midnight. */
export function dayOf(now: number): string {
  const date = new Date(now);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** Spent on the day of `now`. A clock that was set back over midnight, or a flight to the west, gives no second day's money. */
export function spentTodayUsd({ day, spent_usd = 0 }: Budget, now: number): number {
  return day === dayOf(now) || day === dayOf(nextDayAt(now)) ? spent_usd : 0;
}

/** The next local midnight, in epoch ms. */
export function nextDayAt(now: number): number {
  const date = new Date(now);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime();
}
