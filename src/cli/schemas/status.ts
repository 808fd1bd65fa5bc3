import { z } from 'zod';
import { breaker } from '../../domain/breaker.ts';
import { gate } from '../../domain/gate.ts';
import { statistics, taskOutcome, taskPhase, taskStatus, timestamp } from '../../domain/task.ts';
import { stateSchema } from '../../state/schema.ts';

const count = z.int().nonnegative();
const usd = z.number().describe('US dollars');

const troubles = z.array(
  z.object({
    kind: z.enum(['heartbeat', 'state', 'health', 'gate', 'breaker', 'outbox', 'space']),
    text: z.string(),
  }),
);

/** What can make work, and why the rest cannot. */
const watchedTests = z.object({
  runner: z.string(),
  tests: count,
  watched: count,
  red_before: count,
  flaky: z.array(z.object({ name: z.string(), file: z.string(), rate: z.number(), flips: count, runs: count })),
  skipped: count,
  cannot_load: z.array(z.string()),
  unlinked: z.array(z.object({ path: z.string(), files: z.array(z.string()) })),
  barred: z.array(z.string()),
});

const money = z.object({
  today_usd: usd,
  max_per_day_usd: usd,
  max_per_task_usd: usd,
  reserved_usd: usd,
  total_usd: usd,
  by_outcome: z.record(z.string(), z.object({ tasks: count, usd })),
});

/** `status`, and a line of `status --watch`. */
export const status = z.object({
  project: z.string(),
  processes: stateSchema.shape.processes,
  gone: z.boolean().describe('the agent has ended without a word'),
  now: z.array(
    z.object({
      phase: taskPhase,
      files: z.array(z.string()),
      task_id: z.string().nullable(),
      attempt: count.nullable(),
      cost_usd: usd,
      since: timestamp.nullable(),
    }),
  ),
  recent: z.array(
    z.object({
      id: z.string(),
      file_path: z.string(),
      outcome: z.union([taskOutcome, taskStatus]),
      finished_at: timestamp.nullable(),
      cost_usd: usd,
    }),
  ),
  troubles,
  health: stateSchema.shape.health,
  statistics,
  queues: z.object({ pending: count, in_progress: count, completed: count, failed: count }),
  gates: z.record(z.string(), z.object(gate.shape)),
  circuit_breakers: z.record(z.string(), z.object(breaker.shape)),
  outbox: z.object({ waiting: count, parked: count }),
  money,
  tests: watchedTests.nullable(),
});

/** `status --check` */
export const check = z.object({
  ok: z.boolean(),
  status: z.enum(['starting', 'running', 'paused', 'stopping', 'stopped', 'not running']),
  troubles,
});
