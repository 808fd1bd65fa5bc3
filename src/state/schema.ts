import { z } from 'zod';
import { isoTime } from '../clock.ts';
import { breakers } from '../domain/breaker.ts';
import { budget } from '../domain/budget.ts';
import { escalation, outboxEntry } from '../domain/escalation.ts';
import { gates } from '../domain/gate.ts';
import {
  conversationEvent,
  landing,
  openRecord,
  statistics,
  task,
  testResultRecord,
  timestamp,
} from '../domain/task.ts';

/** The version that this program reads and writes; older ones are migrated, newer ones refused. */
export const stateVersion = 1;

const orchestrator = z.object({
  status: z.enum(['starting', 'running', 'paused', 'stopping', 'stopped']),
  pid: z.int().nullable(),
  host: z.string().max(255).nullable(),
  started_at: timestamp.nullable(),
  last_heartbeat: timestamp.nullable(),
  /** Since when no task is claimed, by a person's word; kept over restarts. */
  paused_at: timestamp.optional(),
  /** No fix is begun before this, by a person's word; kept over restarts. */
  snoozed_until: timestamp.optional(),
  /** Since when all tests are being run, to know what is green. */
  baseline_since: timestamp.optional(),
  /** Parts of the project that are not watched although no rule excludes them, and why; the first of them. */
  left_out: z
    .array(z.object({ path: z.string().max(4_096), reason: z.string().max(50) }))
    .max(20)
    .optional(),
  /** Where the running agent takes commands. */
  socket: z.string().max(4_096).optional(),
});

/** Null: not checked yet. */
const verdict = z.boolean().nullable();

const health = z.object({
  checked_at: timestamp.nullable(),
  healthy: verdict,
  checks: z.object({ state_manager: verdict, file_watcher: verdict, test_runner: verdict, claude_instances: verdict }),
  /** Why a check is not well, by its name. */
  reasons: z.record(z.string().max(50), z.string().max(500)).optional(),
});

const counter = z.int().nonnegative();

/**
 * The whole state file. Fields that it does not name are kept as they are: other tools may add their own.
 */
export const stateSchema = z.object({
  version: z.literal(stateVersion),
  /** Grows by one with every write of the file. */
  revision: counter,
  /** Grows with every agent that takes the file over; a writer whose epoch is gone has been replaced. */
  epoch: counter,
  /** The real path of the project whose tasks these are; absent until an agent has run on it. */
  project: z.string().max(4_096).optional(),
  last_triaged_tree: z.string().max(64).nullable(),
  processes: z.object({ orchestrator }),
  health,
  queues: z.object({
    pending: z.array(task),
    in_progress: z.array(task),
    completed: z.array(task).max(50),
    failed: z.array(task).max(50),
  }),
  conversation_history: z.array(conversationEvent).max(100),
  test_results: z.array(testResultRecord).max(100),
  statistics,
  circuit_breakers: breakers,
  gates,
  budget,
  outbox: z.array(outboxEntry).max(200),
  escalations: z.array(escalation).max(100),
  landings: z.array(landing).max(100),
  muted: z.array(openRecord({}, 1_000)).max(500),
});
export type StateDocument = z.infer<typeof stateSchema>;

/** A state in which nothing has happened. `now` in milliseconds since the epoch. */
export function freshState(now: number): StateDocument {
  return {
    version: stateVersion,
    revision: 0,
    epoch: 0,
    last_triaged_tree: null,
    processes: { orchestrator: { status: 'stopped', pid: null, host: null, started_at: null, last_heartbeat: null } },
    health: {
      checked_at: null,
      healthy: null,
      checks: { state_manager: null, file_watcher: null, test_runner: null, claude_instances: null },
    },
    queues: { pending: [], in_progress: [], completed: [], failed: [] },
    conversation_history: [],
    test_results: [],
    statistics: {
      tasks_processed: 0,
      tasks_succeeded: 0,
      tasks_failed: 0,
      tasks_escalated: 0,
      uptime_start: isoTime(now),
      cost_usd: 0,
    },
    circuit_breakers: {},
    gates: {},
    budget: {},
    outbox: [],
    escalations: [],
    landings: [],
    muted: [],
  };
}
