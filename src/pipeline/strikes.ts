import { wholeAgent } from '../domain/breaker.ts';
import type { Task } from '../domain/task.ts';
import type { StateDocument } from '../state/schema.ts';
import { afterFailure, afterNothing, agentLimits, fileLimits, withBreaker } from './breaker.ts';
import { ofService, openIn } from './keep-gates.ts';
import type { Parts } from './parts.ts';
import { costOf } from './settle.ts';

/** A task of this file has failed: its attempts or its money were spent. Faults of the infrastructure are none of the file's. */
export async function strikeFile(parts: Parts, { file_path }: Task, reason: string): Promise<void> {
  const { breakerThreshold, breakerWindowMs } = parts.config;
  await strike(parts, file_path, reason, fileLimits(breakerThreshold, breakerWindowMs));
}

/** Something went wrong that is nobody's change: the runner does not run, Claude crashes, an error of our own. */
export async function strikeAgent(parts: Parts, reason: string): Promise<void> {
  const { breakerThreshold, breakerWindowMs } = parts.config;
  await strike(parts, wholeAgent, reason, agentLimits(breakerThreshold, breakerWindowMs, parts.random));
}

async function strike(
  parts: Parts,
  key: string,
  reason: string,
  limits: Parameters<typeof afterFailure>[3],
): Promise<void> {
  const now = parts.clock.now();
  const wasOpen = parts.state.current.circuit_breakers[key]?.state === 'open';
  const after = await parts.state.update((draft) => {
    const breaker = afterFailure(draft.circuit_breakers[key], reason, now, limits);
    draft.circuit_breakers = withBreaker(draft.circuit_breakers, key, breaker);
    return breaker;
  });
  if (after.state !== 'open' || wasOpen) return;
  parts.events.emit({
    type: 'breaker.opened',
    ...(key === wholeAgent ? {} : { file: key }),
    failures: after.failures.length,
    reason: after.reason,
    until: Date.parse(after.half_open_at ?? ''),
  });
}

/** A task of this file ended well. */
export async function clearFile(parts: Parts, { file_path }: Task): Promise<void> {
  await clear(parts, file_path);
}

/** An attempt came to a verdict: models and tests are at work, whatever the verdict is. */
export async function clearAgent(parts: Parts): Promise<void> {
  await clear(parts, wholeAgent);
}

async function clear(parts: Parts, key: string): Promise<void> {
  const before = parts.state.current.circuit_breakers[key];
  if (before === undefined) return;
  await parts.state.update((draft) => resetBreaker(draft, key));
  if (before.state !== 'closed')
    parts.events.emit({ type: 'breaker.closed', ...(key === wholeAgent ? {} : { file: key }) });
}

/** This task tries no longer, and nothing is known from it: another one may. */
export async function releaseProbes(parts: Parts, taskId: string): Promise<void> {
  const isProbe = (state: StateDocument): boolean =>
    Object.values(state.circuit_breakers).some(({ probe }) => probe === taskId);
  if (!isProbe(parts.state.current)) return;
  await parts.state.update((draft) => {
    for (const [key, breaker] of Object.entries(draft.circuit_breakers))
      draft.circuit_breakers[key] = afterNothing(breaker, taskId);
  });
}

/** The breaker of a file (or `wholeAgent`) as if nothing had failed. For a command, with or without an agent. */
function resetBreaker(draft: StateDocument, key: string): void {
  draft.circuit_breakers = withBreaker(draft.circuit_breakers, key, undefined);
}

/** What a person wants tried again is tried: the breakers and the service's gates before it are opened. */
export function resetFor(draft: StateDocument, task: Task): void {
  resetBreaker(draft, task.file_path);
  resetBreaker(draft, wholeAgent);
  openIn(draft, ofService(draft.gates));
  // It had come to its end: what it may cost begins anew, too.
  if (task.forgiven === task.attempts.length) task.forgiven_usd = costOf(task);
}
