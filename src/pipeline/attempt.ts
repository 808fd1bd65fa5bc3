import type { ClaudeOutcome } from '../claude/types.ts';
import type { Verdict } from '../verify/verify.ts';
import { faultOf, type ServiceFault } from './gates.ts';

/** How one attempt at a regression ended. */
export type AttemptEnd =
  | { readonly kind: 'landed'; readonly files: readonly string[] }
  | { readonly kind: 'parked'; readonly reason: string }
  /** The model holds the tests for wrong: that is for the person to decide. Its proposal is parked. */
  | { readonly kind: 'question'; readonly question: string }
  | {
      readonly kind: 'rejected';
      readonly reasons: readonly string[];
      /** It says more of the machine than of the fix. */
      readonly isBreakdown?: true;
    }
  /** Not the fix's fault: nothing is counted, the task waits. With a fault of the service all tasks wait. */
  | {
      readonly kind: 'unavailable';
      readonly what: string;
      readonly detail: string;
      readonly fault?: ServiceFault;
      /** By the person's own hook: no sign of a broken machine. */
      readonly isHeld?: true;
    }
  /** Another task has its files, or has landed on them: nothing is counted, and it begins anew when they are free. */
  | { readonly kind: 'overtaken'; readonly files: readonly string[] }
  /** A limit of money is reached; nothing was asked. */
  | { readonly kind: 'out-of-money'; readonly limit: 'task' | 'day' }
  /** Stopped from outside; the reason is the signal's. */
  | { readonly kind: 'stopped' };

/** What an attempt leaves behind, whatever its end. */
export interface AttemptLog {
  readonly number: number;
  strategy: string;
  patch: string | null;
  /** Its fix mainly takes back what the person did. */
  takesBack?: true;
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
    case 'refused':
      return { kind: 'rejected', reasons: [didNotFinish(outcome)] };
    case 'crashed':
      return { kind: 'rejected', reasons: [didNotFinish(outcome)], isBreakdown: true };
    default: {
      const fault = faultOf(outcome);
      return {
        kind: 'unavailable',
        what: outcome.kind,
        detail: outcome.detail,
        ...(fault === undefined ? {} : { fault }),
      };
    }
  }
}

function didNotFinish({ kind, detail }: Exclude<ClaudeOutcome, { kind: 'done' }>): string {
  return `Claude did not finish (${kind}): ${detail}`;
}
