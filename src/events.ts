import type { Budget } from './domain/budget.ts';
import type { ChannelName, EscalationEvent } from './domain/escalation.ts';
import type { Statistics, TaskOutcome, TaskPhase } from './domain/task.ts';
import { mapStrings } from './secrets/strings.ts';

/**
 * Everything that can be said about a running agent. The log, the view on the terminal, services and tests read this
 * union and nothing else. Times are milliseconds, money US dollars, paths relative to the project's root.
 */
export type AgentFact =
  /** A test runner of the project cannot be run: its tests are not watched. */
  | { type: 'runner.left'; reason: string; remedy: string }
  | { type: 'agent.starting'; projectRoot: string; runner: string; claude: string; stateFile: string; logFile: string }
  | { type: 'agent.running'; watching: readonly string[]; files: number; autoFix: boolean }
  /** A person has told it to leave things for now, or to go on. Times are ISO 8601. */
  | { type: 'agent.held'; pausedAt?: string; snoozedUntil?: string }
  | { type: 'agent.stopping'; reason: string }
  | { type: 'agent.stopped'; statistics: Statistics; budget?: Budget; uptimeMs: number }
  | { type: 'baseline.started' }
  | { type: 'baseline.made'; tests: number; green: number; red: number; durationMs: number }
  | { type: 'baseline.unavailable'; reason: string }
  /** What is known no longer fits: all tests are run once, and nobody is blamed. `files` are the first of them. */
  | { type: 'baseline.outdated'; reason: string; files: readonly string[]; total: number }
  /** Test files that cannot run in a lane for want of something that git ignores. `paths` are for `LANE_LINKS`. */
  | { type: 'baseline.unlinked'; files: number; paths: readonly string[]; setting: string }
  /** Tests are red since they write into the project, which is read-only for them. */
  | { type: 'baseline.barred'; files: readonly string[]; total: number }
  /** `seenAt` is when the first of it was seen, in epoch ms. */
  | { type: 'watch.batch'; files: readonly string[]; total: number; seenAt?: number }
  | { type: 'watch.fault'; message: string }
  /** In no snapshot, and so in no lane, although no rule excludes it. */
  | { type: 'watch.skipped'; files: ReadonlyArray<{ path: string; reason: string }>; total: number }
  | { type: 'task.created'; taskId: string; file: string }
  /** `snapshotMs` is what it took to see what has changed. */
  | { type: 'triage.started'; files: readonly string[]; snapshotMs?: number }
  | { type: 'triage.red'; tests: readonly string[]; count: number }
  | { type: 'triage.finished'; ran: number; red: number; knownRed: number; flaky: number; durationMs: number }
  | { type: 'triage.broken'; reason: string; detail: string }
  /** Red for a fault of the machine, with and without the change: nobody is blamed, and nothing is known of them now. */
  | { type: 'triage.machine'; what: string; tests: readonly string[]; count: number }
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
  /** A private copy was brought to what the attempt begins with; told whenever it is ready, beside all else. */
  | { type: 'lane.ready'; taskId: string; lane: 'plan' | 'fix' | 'verify'; durationMs: number }
  | {
      type: 'plan.ready';
      taskId: string;
      summary: string;
      source: 'claude' | 'basic';
      reason?: string;
      costUsd: number;
      durationMs: number;
    }
  | {
      type: 'fix.ready';
      taskId: string;
      files: readonly string[];
      /** It mainly takes back what the person did. */
      takesBack?: true;
      costUsd: number;
      durationMs: number;
    }
  | { type: 'verdict'; taskId: string; accepted: boolean; reasons: readonly string[]; ran: number; durationMs: number }
  | { type: 'land.replayed'; taskId: string; round: number }
  | { type: 'land.landed'; taskId: string; files: readonly string[]; durationMs?: number }
  /** By the person's word. */
  | { type: 'land.undone'; taskId: string; files: readonly string[] }
  | { type: 'land.applied'; taskId: string; files: readonly string[] }
  | { type: 'land.parked'; taskId: string; reason: string; patch: string }
  | {
      type: 'attempt.rejected';
      taskId: string;
      attempt: number;
      of: number;
      reasons: readonly string[];
      retryInMs?: number;
    }
  /** All tasks wait, since the model's service is away (or our own limit of the day is reached). `opensAt` in epoch ms. */
  | { type: 'gate.shut'; cause: string; detail: string; probes: number; opensAt?: number }
  | {
      type: 'gate.opened';
      cause: string;
      by: 'answer' | 'configuration' | 'command' | 'next day' | 'mains';
      shutMs: number;
    }
  /** Told once for each task and cause. `until` in epoch ms, where it is known. */
  | { type: 'task.waiting'; taskId: string; file: string; for: string; until?: number }
  | {
      type: 'budget.reached';
      limit: 'task' | 'day';
      taskId: string;
      spentUsd: number;
      limitUsd: number;
      until?: number;
    }
  /** A call whose bill never came is counted at what it was expected to cost. */
  | { type: 'budget.assumed'; taskId: string; kind: string; usd: number }
  /** Of a file, or without one of the whole agent. `until` in epoch ms. */
  | { type: 'breaker.opened'; file?: string; failures: number; reason: string; until: number }
  | { type: 'breaker.closed'; file?: string }
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
  | { type: 'escalation.sent'; taskId: string; channel: ChannelName; event: EscalationEvent; url?: string }
  /** A service is away or wants us to wait; told once, until it takes something again. */
  | { type: 'escalation.waiting'; channel: ChannelName; reason: string; retryInMs: number }
  /** This message will not be taken; the report is still in its file. */
  | { type: 'escalation.parked'; taskId: string; channel: ChannelName; reason: string }
  /** Nothing is sent there any more before the next start. */
  | { type: 'escalation.closed'; channel: ChannelName; reason: string }
  /** `reasons` says why a check is not well, by its name. */
  | {
      type: 'health.checked';
      healthy: boolean;
      checks: Readonly<Record<string, boolean>>;
      reasons: Readonly<Record<string, string>>;
    }
  /** Old runs, lanes and snapshots were removed. */
  | { type: 'space.freed'; bytes: number; runs: number; cacheBytes: number }
  /** What is needed takes more than its limit. Told again when it has been kept meanwhile. */
  | { type: 'space.exceeded'; what: 'cache' | 'runs'; bytes: number; limitBytes: number }
  /** Caches of other projects that nobody seems to need. */
  | { type: 'space.stale'; caches: number; bytes: number }
  /** A program of the person's own failed; things went on without it. */
  | { type: 'hook.warning'; taskId?: string; hook: string; message: string }
  | { type: 'hook.note'; taskId: string; hook: string; note: string }
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

/**
 * Listeners are called in order, at once; one that throws does not keep the others from hearing. Every text of a fact goes
 * through `scrub` first: whoever listens may be a terminal, a file or a socket.
 */
export function createEvents(now: () => number, scrub: (text: string) => string): AgentEvents {
  const listeners = new Set<(event: AgentEvent) => void>();
  return {
    emit(fact) {
      const event: AgentEvent = { ...mapStrings(fact, scrub), at: now() };
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
