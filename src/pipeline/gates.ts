import type { ClaudeOutcome } from '../claude/types.ts';
import { isoTime } from '../clock.ts';
import { type Gate, type GateCause, type Gates, gateCauses } from '../domain/gate.ts';
import { atGate, retryDelayMs } from './back-off.ts';

/*
 * One gate for each cause, and all tasks wait at it:
 *
 *            fault                opens_at            an answer
 *    open ─────────▶ shut ──────────────────▶ half-open ────────▶ open
 *                     ▲                          │
 *                     └──────────────────────────┘
 *                               a fault
 *
 * Half-open, one task is let through. A gate for a person to mend has no opens_at: another configuration opens it, or a command.
 */

/** A fault of the service, as an outcome tells it. */
export interface ServiceFault {
  readonly cause: GateCause;
  readonly detail: string;
  /** Epoch ms, where the service said so. */
  readonly opensAt?: number;
  /** The service asked for this much patience at least. */
  readonly retryAfterMs?: number;
}

const forPeople: readonly GateCause[] = ['not-logged-in', 'no-credit', 'unknown-model'];
const maxReason = 500;
/** A service that names a time in the past, or in a month, is not believed. */
const longestShutMs = 8 * 24 * 3_600_000;
const clockToleranceMs = 60_000;

/** The fault of the service in an outcome; undefined where the service has answered, or nobody knows. */
export function faultOf(outcome: ClaudeOutcome): ServiceFault | undefined {
  switch (outcome.kind) {
    case 'rate-limited':
    case 'overloaded': {
      const { kind, detail } = outcome;
      const opensAt = outcome.kind === 'rate-limited' ? outcome.opensAt : undefined;
      return {
        cause: kind,
        detail,
        ...(opensAt === undefined ? {} : { opensAt }),
        ...(outcome.retryAfterMs === undefined ? {} : { retryAfterMs: outcome.retryAfterMs }),
      };
    }
    case 'unreachable':
    case 'not-logged-in':
    case 'no-credit':
    case 'unknown-model':
      return { cause: outcome.kind, detail: outcome.detail };
    // The command may be on its way to a newer version: it is looked for again.
    case 'not-installed':
      return { cause: 'unreachable', detail: `the command could not be started: ${outcome.detail}` };
    default:
      return undefined;
  }
}

/** Whether the service has answered, so that every gate before it is open. */
export function isAnswer({ kind }: ClaudeOutcome): boolean {
  return ['done', 'refused', 'too-many-turns', 'over-budget', 'malformed'].includes(kind);
}

/** Ours, whatever the service says. */
export function isOwnGate(cause: string): boolean {
  return cause === 'daily-limit' || cause === 'on-battery';
}

/** The gates after a fault. The newest fault of the service is the one that counts. */
export function shut(
  gates: Gates,
  fault: ServiceFault,
  now: number,
  random: () => number,
  configuration: string,
): Gates {
  const before = gates[fault.cause];
  const probes = before === undefined ? 0 : before.probes + 1;
  const opensAt = forPeople.includes(fault.cause) ? undefined : whenToAsk(fault, probes, now, random);
  const gate: Gate = {
    reason: fault.detail.slice(0, maxReason),
    since: before !== undefined && Date.parse(before.since) <= now ? before.since : isoTime(now),
    opens_at: opensAt === undefined ? null : isoTime(opensAt),
    probes,
    configuration,
  };
  const others = Object.entries(gates).filter(([cause]) => isOwnGate(cause));
  return { ...Object.fromEntries(others), [fault.cause]: gate };
}

function whenToAsk({ opensAt, retryAfterMs = 0 }: ServiceFault, probes: number, now: number, random: () => number) {
  const backOff = now + Math.max(retryAfterMs, retryDelayMs(probes + 1, atGate, random));
  if (opensAt === undefined || opensAt <= now || opensAt > now + longestShutMs) return backOff;
  return opensAt;
}

/** What the gates say to whoever wants to pass. */
export type Passage =
  | { readonly kind: 'open' }
  /** One may pass, to see. */
  | { readonly kind: 'half-open'; readonly cause: string }
  | { readonly kind: 'shut'; readonly cause: string; readonly reason: string; readonly opensAt: number | undefined };

export function passage(gates: Gates, now: number): Passage {
  let halfOpen: Passage = { kind: 'open' };
  for (const [cause, { opens_at, reason, since }] of Object.entries(gates)) {
    const opensAt = opens_at === null ? undefined : Date.parse(opens_at);
    // The file may have been edited, or written under a clock that was ahead: such a time must not keep everything for long.
    const isOfOtherClock = Date.parse(since) > now + clockToleranceMs || (opensAt ?? 0) > now + longestShutMs;
    if (opensAt === undefined || (opensAt > now && !isOfOtherClock)) return { kind: 'shut', cause, reason, opensAt };
    halfOpen = { kind: 'half-open', cause };
  }
  return halfOpen;
}

/** The gates that another configuration has opened: whoever shut them may be gone. */
export function outdatedGates(gates: Gates, configuration: string): readonly GateCause[] {
  return gateCauses.filter(
    (cause) => cause !== 'on-battery' && gates[cause] !== undefined && gates[cause].configuration !== configuration,
  );
}

export function without(gates: Gates, causes: readonly string[]): Gates {
  return Object.fromEntries(Object.entries(gates).filter(([cause]) => !causes.includes(cause)));
}
