import type { Statistics, TaskOutcome, TaskPhase } from './domain/task.ts';

/**
 * Everything that can be said about a running agent. The log, the view on the terminal, services and tests read this
 * union and nothing else. Times are milliseconds, money US dollars, paths relative to the project's root.
 */
export type AgentFact =
  | { type: 'agent.starting'; projectRoot: string; runner: string; claude: string; stateFile: string; logFile: string }
  | { type: 'agent.running'; watching: readonly string[]; files: number; autoFix: boolean }
  | { type: 'agent.stopping'; reason: string }
  | { type: 'agent.stopped'; statistics: Statistics; uptimeMs: number }
  | { type: 'baseline.started' }
  | { type: 'baseline.made'; tests: number; green: number; red: number; durationMs: number }
  | { type: 'baseline.unavailable'; reason: string }
  /** What is known no longer fits: all tests are run once, and nobody is blamed. `files` are the first of them. */
  | { type: 'baseline.outdated'; reason: string; files: readonly string[]; total: number }
  /** Test files that cannot run in a lane for want of something that git ignores. `paths` are for `LANE_LINKS`. */
  | { type: 'baseline.unlinked'; files: number; paths: readonly string[]; setting: string }
  | { type: 'watch.batch'; files: readonly string[]; total: number }
  | { type: 'watch.fault'; message: string }
  | { type: 'task.created'; taskId: string; file: string }
  | { type: 'triage.started'; files: readonly string[] }
  | { type: 'triage.red'; tests: readonly string[]; count: number }
  | { type: 'triage.finished'; ran: number; red: number; knownRed: number; flaky: number; durationMs: number }
  | { type: 'triage.broken'; reason: string; detail: string }
  | { type: 'test.flaky'; file: string; title: string; during: 'triage' | 'verdict' }
  /** It was flaky, and has ended the same way often enough. */
  | { type: 'test.steady'; file: string; title: string; status: 'green' | 'red' }
  | {
      type: 'regression.found';
      taskId: string;
      fingerprint: string;
      tests: readonly string[];
      count: number;
      files: readonly string[];
    }
  | { type: 'regression.joined'; taskId: string; files: readonly string[] }
  | {
      type: 'regression.muted';
      fingerprint: string;
      files: readonly string[];
      tests: readonly string[];
      byHand: boolean;
    }
  | { type: 'task.phase'; taskId: string; phase: TaskPhase; attempt: number; of: number }
  | {
      type: 'plan.ready';
      taskId: string;
      summary: string;
      source: 'claude' | 'basic';
      reason?: string;
      costUsd: number;
      durationMs: number;
    }
  | { type: 'fix.ready'; taskId: string; files: readonly string[]; costUsd: number; durationMs: number }
  | { type: 'verdict'; taskId: string; accepted: boolean; reasons: readonly string[]; ran: number; durationMs: number }
  | { type: 'land.replayed'; taskId: string; round: number }
  | { type: 'land.landed'; taskId: string; files: readonly string[] }
  | { type: 'land.parked'; taskId: string; reason: string; patch: string }
  | {
      type: 'attempt.rejected';
      taskId: string;
      attempt: number;
      of: number;
      reasons: readonly string[];
      retryInMs?: number;
    }
  | { type: 'model.unavailable'; taskId: string; kind: string; detail: string; retryInMs: number }
  | {
      type: 'task.finished';
      taskId: string;
      file: string;
      outcome: TaskOutcome;
      note?: string;
      costUsd: number;
      durationMs: number;
    }
  | { type: 'task.failed'; taskId: string; file: string; reason: string; costUsd: number; durationMs: number }
  | { type: 'escalation.recorded'; taskId: string; report: string }
  | { type: 'health.checked'; healthy: boolean; checks: Readonly<Record<string, boolean>> }
  | { type: 'state.notice'; message: string }
  | { type: 'state.unavailable'; message: string }
  | { type: 'fault'; where: string; message: string; stack?: string };

/** A fact with the moment (epoch ms) at which it was told. */
export type AgentEvent = AgentFact & { readonly at: number };

export interface AgentEvents {
  emit(fact: AgentFact): void;
  /** Returns the function that ends the subscription. */
  on(listener: (event: AgentEvent) => void): () => void;
}

/** Listeners are called in order, at once; one that throws does not keep the others from hearing. */
export function createEvents(now: () => number): AgentEvents {
  const listeners = new Set<(event: AgentEvent) => void>();
  return {
    emit(fact) {
      const event: AgentEvent = { ...fact, at: now() };
      for (const listener of listeners) {
        try {
          listener(event);
        } catch (error) {
          // A broken view must not end a task; the process-wide handler reports it once the stack has unwound.
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    },
    on(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
