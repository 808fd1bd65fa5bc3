import { isoTime } from '../clock.ts';
import { type Breaker, type Breakers, maxBreakers, wholeAgent } from '../domain/breaker.ts';
import { afterBreakdown, retryDelayMs } from './back-off.ts';

/*
 *              `threshold` failures in `windowMs`             half_open_at
 *    closed ──────────────────────────────────────▶ open ─────────────────▶ half-open
 *      ▲                                              ▲                        │  │
 *      │                                              └────────────────────────┘  │
 *      │                                                   the probe fails        │
 *      └──────────────────────────────────────────────────────────────────────────┘
 *                                     the probe succeeds
 *
 * A closed breaker without failures is no record at all.
 */

export interface BreakerLimits {
  /** So many failures … */
  readonly threshold: number;
  /** … in this time open it. */
  readonly windowMs: number;
  /** How long it stays open, the first time and after a probe has failed. */
  readonly openMs: (trips: number) => number;
}

const maxReason = 300;
const clockToleranceMs = 60_000;

/** A file that keeps failing is left alone for as long as its failures count. */
export function fileLimits(threshold: number, windowMs: number): BreakerLimits {
  return { threshold, windowMs, openMs: () => windowMs };
}

/** What fails for everything is a machine that somebody is mending just now: it is looked at sooner. */
export function agentLimits(threshold: number, windowMs: number, random: () => number): BreakerLimits {
  return { threshold, windowMs, openMs: (trips) => retryDelayMs(trips, afterBreakdown, random) };
}

/** The breaker after one more failure. */
export function afterFailure(
  breaker: Breaker | undefined,
  reason: string,
  now: number,
  limits: BreakerLimits,
): Breaker {
  const { state, trips, ...old } = breaker ?? { state: 'closed', failures: [], trips: 0 };
  const recent = old.failures.filter((at) => now - Date.parse(at) < limits.windowMs);
  const failures = [...recent, isoTime(now)].slice(-20);
  const kept = { failures, reason: reason.slice(0, maxReason) };
  const opens = state === 'half-open' || (state === 'closed' && failures.length >= limits.threshold);
  if (!opens) return { ...breaker, state, trips, ...kept };
  return {
    state: 'open',
    ...kept,
    trips: trips + 1,
    opened_at: isoTime(now),
    half_open_at: isoTime(now + limits.openMs(trips + 1)),
  };
}

/** A probe that came to no end of its own (stopped, put back): another one may try. */
export function afterNothing(breaker: Breaker, taskId: string): Breaker {
  if (breaker.probe !== taskId) return breaker;
  const { probe: _, ...rest } = breaker;
  return rest;
}

export type Admission =
  | { readonly kind: 'pass' }
  /** As the one that tries: the breaker is `breaker` from now on. */
  | { readonly kind: 'probe'; readonly breaker: Breaker }
  | { readonly kind: 'refuse'; readonly until: number | undefined; readonly reason: string };

/** Whether this task may begin. */
export function admission(breaker: Breaker | undefined, taskId: string, now: number): Admission {
  if (breaker === undefined || breaker.state === 'closed') return { kind: 'pass' };
  const { state, probe, reason } = breaker;
  const until = Date.parse(breaker.half_open_at ?? '');
  // Written under a clock that was ahead, it would stay open for as long as that.
  const isOfOtherClock = Date.parse(breaker.opened_at ?? '') > now + clockToleranceMs;
  if (state === 'open' && until > now && !isOfOtherClock) return { kind: 'refuse', until, reason };
  if (state === 'half-open' && probe === taskId) return { kind: 'pass' };
  if (state === 'half-open' && probe !== undefined) return { kind: 'refuse', until: undefined, reason };
  return { kind: 'probe', breaker: { ...breaker, state: 'half-open', probe: taskId } };
}

/** With this breaker in its place; undefined: without. The one whose last failure is longest ago makes room. */
export function withBreaker(breakers: Breakers, key: string, breaker: Breaker | undefined): Breakers {
  const { [key]: _, ...others } = breakers;
  if (breaker === undefined) return others;
  const lastAt = ([name, { failures }]: [string, Breaker]): number =>
    name === wholeAgent ? Number.POSITIVE_INFINITY : Date.parse(failures.at(-1) ?? '') || 0;
  const kept = Object.entries(others)
    .sort((a, b) => lastAt(b) - lastAt(a))
    .slice(0, maxBreakers - 1);
  return { ...(kept.length === Object.keys(others).length ? others : Object.fromEntries(kept)), [key]: breaker };
}
