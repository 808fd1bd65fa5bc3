import { z } from 'zod';

const text = z.string();
const usd = z.number().describe('US dollars');
const ms = z.number().describe('milliseconds');
const executionId = text.describe('as in exec_0123456789abcdef');
const paths = z.array(text);
const end = z.enum(['completed', 'failed', 'refused', 'timed-out', 'canceled']);

/** `execute` */
export const result = z.object({
  execution_id: executionId,
  outcome: end,
  reason: text.nullable().describe('in words, unless it was completed'),
  text: text.describe("Claude's last message"),
  files: z.object({
    created: paths,
    changed: paths,
    deleted: paths,
    is_complete: z.boolean().describe('false where there are too many files to say'),
  }),
  cost_usd: usd.nullable().describe('US dollars; null where Claude was ended before it said'),
  turns: z.int().nonnegative(),
  duration_ms: ms,
  session_id: text.nullable(),
  notes: z.array(z.object({ hook: text, note: text })),
  transcript: text.nullable(),
  record_sha256: text.nullable(),
});

/** `execute --list` */
export const listResult = z.object({
  outcome: z.enum(['completed', 'failed', 'refused', 'canceled']),
  reason: text.nullable(),
  tasks: z.array(
    z.object({
      id: text,
      outcome: z.union([end, z.enum(['not-run', 'skipped'])]),
      is_resumed: z.boolean(),
      result_file: text.nullable(),
      result: result.nullable(),
    }),
  ),
  cost_usd: usd.nullable().describe('US dollars, of this run; null where that of a task is'),
  duration_ms: ms,
  folder: text,
});

const ofList = { task_id: text.optional().describe('the id in the list, with --list') };

/** A line that `execute --json` says on standard error. */
export const executeEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('started'), execution_id: executionId, task: text, cwd: text, ...ofList }),
  z.object({ type: z.literal('text'), execution_id: executionId, text, ...ofList }),
  z.object({ type: z.literal('tool'), execution_id: executionId, tool: text, subject: text, ...ofList }),
  z.object({ type: z.literal('hook-note'), execution_id: executionId, hook: text, note: text, ...ofList }),
  z.object({ type: z.literal('hook-warning'), execution_id: text, hook: text, message: text, ...ofList }),
  z.object({ type: z.literal('ended'), execution_id: executionId, result, ...ofList }),
  z.object({ type: z.literal('next'), task_id: text, number: z.int(), of: z.int() }),
  z.object({ type: z.literal('skipped'), task_id: text, reason: text }),
]);

/** `verify` */
export const verified = z.object({
  execution_id: executionId,
  agrees: z.boolean(),
  checks: z.array(z.object({ what: text, difference: text.nullable() })),
});

/** `verify --list`, newest first. */
export const executions = z.array(z.object({ id: executionId, started_at: text.nullable(), what: text, end: text }));
