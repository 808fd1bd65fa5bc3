import { isoTime } from '../clock.ts';
import type { StateDocument } from './schema.ts';

type Orchestrator = StateDocument['processes']['orchestrator'];

/** What a person has told the agent to leave for now. */
export interface Holds {
  /** No task is claimed, neither to look at nor to fix. */
  readonly paused: boolean;
  /** No fix is begun before this (epoch milliseconds), while changes are looked at as ever. */
  readonly snoozedUntilMs: number | undefined;
}

export function holdsOf({ processes: { orchestrator } }: StateDocument, nowMs: number): Holds {
  const untilMs = Date.parse(orchestrator.snoozed_until ?? '');
  return { paused: orchestrator.paused_at !== undefined, snoozedUntilMs: untilMs > nowMs ? untilMs : undefined };
}

export function pause(state: StateDocument, nowMs: number): void {
  const { orchestrator } = state.processes;
  orchestrator.paused_at ??= isoTime(nowMs);
  if (orchestrator.status === 'running') orchestrator.status = 'paused';
}

/** Ends a pause and a snooze. */
export function resume(state: StateDocument): void {
  const { orchestrator } = state.processes;
  delete orchestrator.paused_at;
  delete orchestrator.snoozed_until;
  if (orchestrator.status === 'paused') orchestrator.status = 'running';
}

export function snooze(state: StateDocument, untilMs: number): void {
  state.processes.orchestrator.snoozed_until = isoTime(untilMs);
}

/** The word for an agent that is up and takes work, or would. */
export function workingStatus({ processes: { orchestrator } }: StateDocument): Orchestrator['status'] {
  return orchestrator.paused_at === undefined ? 'running' : 'paused';
}
