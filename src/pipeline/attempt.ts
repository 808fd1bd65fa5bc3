import type { ClaudeOutcome } from '../claude/types.ts';
import type { Verdict } from '../verify/verify.ts';

/** How one attempt at a regression ended. */
export type AttemptEnd =
  | { readonly kind: 'landed'; readonly files: readonly string[] }
  | { readonly kind: 'parked'; readonly reason: string }
  /** The model holds the tests for wrong: that is for the person to decide. Its proposal is parked. */
  | { readonly kind: 'question'; readonly question: string }
  | { readonly kind: 'rejected'; readonly reasons: readonly string[] }
  /** Not the fix's fault: nothing is counted, the task waits. */
  | { readonly kind: 'unavailable'; readonly what: string; readonly detail: string; readonly opensAt?: number }
  /** Stopped from outside; the reason is the signal's. */
  | { readonly kind: 'stopped' };

/** What an attempt leaves behind, whatever its end. */
export interface AttemptLog {
  readonly number: number;
  strategy: string;
  patch: string | null;
  costUsd: number;
}

/** The attempt's end for every verdict but `accepted`. */
export function notAccepted(verdict: Verdict): AttemptEnd | undefined {
  switch (verdict.kind) {
    case 'accepted':
      return undefined;
    case 'rejected':
      return { kind: 'rejected', reasons: verdict.reasons };
    case 'broken':
      return { kind: 'unavailable', what: 'test runner', detail: verdict.detail };
    case 'cancelled':
      return { kind: 'stopped' };
  }
}

/** For an attempt that nobody stopped. A model that ran out of its limits has failed at the fix; a service that is away has not. */
export function withoutAnswer(outcome: ClaudeOutcome): AttemptEnd {
  switch (outcome.kind) {
    case 'done':
      throw new Error('A finished answer is not a missing one');
    case 'too-many-turns':
    case 'over-budget':
    case 'timed-out':
    case 'malformed':
    case 'crashed':
    case 'refused':
      return { kind: 'rejected', reasons: [`Claude did not finish (${outcome.kind}): ${outcome.detail}`] };
    case 'rate-limited':
      return {
        kind: 'unavailable',
        what: outcome.kind,
        detail: outcome.detail,
        ...(outcome.opensAt === undefined ? {} : { opensAt: outcome.opensAt }),
      };
    default:
      return { kind: 'unavailable', what: outcome.kind, detail: outcome.detail };
  }
}
