import { z } from 'zod';

/*
 * The records that the state file keeps, in its own words (snake_case). Every text and list has a limit, so that no
 * single record can swell the file; whoever makes a record cuts its texts first.
 */

/** ISO 8601. Only the length is checked: tools in other languages write offsets and fractions in their own ways. */
export const timestamp = z.string().min(10).max(40);

const taskId = z.string().regex(/^task_[0-9a-f]{8}$/);
const path = z.string().min(1).max(4_096);
const count = z.int().nonnegative();
const dollars = z.number().nonnegative();
const seconds = z.number().nonnegative();

/**
 * A record that others may extend. Its JSON stays under `limit` characters.
 */
export function openRecord<Shape extends z.ZodRawShape>(shape: Shape, limit: number) {
  return z.looseObject(shape).refine((value) => JSON.stringify(value).length <= limit, {
    error: `expected at most ${limit} characters of JSON`,
  });
}

export const taskStatus = z.enum(['pending', 'in_progress', 'completed', 'failed']);
export type TaskStatus = z.infer<typeof taskStatus>;

export const taskPhase = z.enum(['triage', 'plan', 'fix', 'verify', 'land', 'escalate']);
export type TaskPhase = z.infer<typeof taskPhase>;

export const taskOutcome = z.enum(['clean', 'fixed', 'parked', 'flaky', 'duplicate', 'reported', 'cancelled']);
export type TaskOutcome = z.infer<typeof taskOutcome>;

/** Tests that went from green to red together. `tests` names at most 50 of them, `count` says how many there are. */
const regression = z.object({
  fingerprint: z.string().min(1).max(128),
  tests: z.array(z.string().max(2_000)).max(50),
  count,
});

/** One try at mending a regression. `patch` is a path under `runs/`, `duration` is in seconds. */
export const attempt = z.object({
  number: z.int().positive(),
  strategy: z.string().max(2_000),
  verdict: z.enum(['accepted', 'rejected', 'parked', 'error']),
  reasons: z.array(z.string().max(1_000)).max(20),
  patch: path.nullable(),
  cost_usd: dollars,
  duration: seconds,
});
export type Attempt = z.infer<typeof attempt>;

export const task = z.object({
  id: taskId,
  type: z.enum(['file_change', 'batch', 'manual']),
  file_path: path,
  description: z.string().max(5_000),
  created_at: timestamp,
  status: taskStatus,
  retry_count: count,
  /** Higher goes first. */
  priority: z.number(),
  phase: taskPhase.optional(),
  /** When it came into this phase. */
  phase_at: timestamp.optional(),
  /** Not to be claimed before this time. */
  not_before: timestamp.optional(),
  started_at: timestamp.optional(),
  finished_at: timestamp.optional(),
  outcome: taskOutcome.optional(),
  failure_reason: z.string().max(2_000).optional(),
  regression: regression.optional(),
  /** All that was spent on it, attempts that came to no end included. */
  cost_usd: dollars.optional(),
  /** Of that, what was spent before the person's latest `retry`: the limit of the task does not count it. */
  forgiven_usd: dollars.optional(),
  attempts: z.array(attempt).max(50),
  /** So many of the attempts came before the person's latest `retry`: neither their number nor their cost counts any more. */
  forgiven: count.optional(),
  /** Times that it was begun since it last came to a good end of its turn: each but the running one ended with the agent. */
  begun: count.optional(),
  /** Set aside since the agent crashed in it again and again; the blob id that its file had then, empty where there was none. */
  quarantined: z.string().max(64).optional(),
  /** It has ended, and so many of its tests have still to become known red in the baseline. */
  red_to_mark: count.optional(),
});
export type Task = z.infer<typeof task>;

/** Something that happened, for the person who looks back. Open: each type has its own fields. */
export const conversationEvent = openRecord({ timestamp, type: z.string().min(1).max(100) }, 4_000);

/** What a test run of the harness said. `duration` is in seconds. */
export const testResultRecord = openRecord(
  { task_id: taskId, timestamp, passed: z.boolean(), duration: seconds, test_path: z.string().max(4_096) },
  6_000,
);

export const statistics = z.object({
  tasks_processed: count,
  tasks_succeeded: count,
  tasks_failed: count,
  tasks_escalated: count,
  uptime_start: timestamp.nullable(),
  cost_usd: dollars,
});
export type Statistics = z.infer<typeof statistics>;

/** What was done to the working tree, so that it can be finished after a crash and undone at any time. */
export const landing = z.object({
  task_id: taskId,
  landed_at: timestamp,
  /** Blob ids and git modes as in a tree change: zeros where the file is absent. */
  files: z
    .array(
      z.object({
        path,
        old_blob: z.string().max(64),
        new_blob: z.string().max(64),
        old_mode: z.string().max(6),
        new_mode: z.string().max(6),
      }),
    )
    .max(200),
  /** Where the replaced bytes are kept, under `runs/`. */
  folder: path,
  /** `landing`, `applying` and `undoing` are under way: a start that finds them finishes them or takes them back. */
  status: z.enum(['landing', 'landed', 'rolled-back', 'applying', 'undoing', 'undone']),
  /** Of the task: which attempt was landed. */
  attempt: z.int().positive().optional(),
  /** Of the regression that it mended. */
  fingerprint: z.string().max(128).optional(),
});
export type Landing = z.infer<typeof landing>;
