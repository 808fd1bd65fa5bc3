import { z } from 'zod';
import type { ExecutionEnded } from '../domain/execution.ts';
import type { McpExecution } from './executions.ts';

const shortText = 200;

const outputSchema = z.object({ text: z.string(), dropped_bytes: z.int() });

/** What is told of an execution, in the words of the other interfaces. */
export const executionShape = {
  execution_id: z.string().describe('Names it in the log and in mendwatch://executions/{id}'),
  kind: z.enum(['command', 'task', 'list']),
  command: z.string(),
  state: z.enum(['running', 'paused', 'ended']),
  started_at: z.string(),
  ok: z.boolean().nullable().describe('Null while it is under way'),
  exit_code: z.int().nullable(),
  canceled: z.boolean().nullable(),
  timed_out: z.boolean().nullable(),
  problem: z.string().nullable(),
  duration_seconds: z.number().nullable(),
  survivors: z.array(z.int()).nullable(),
  result: z.unknown().describe('Of a task or list: what came of it'),
  stdout: outputSchema.optional().describe('Beginning and end'),
  stderr: outputSchema.optional(),
};

export function summaryOf({ id, wish, state, startedAt, end }: McpExecution) {
  const { command, kind } = wish;
  return {
    execution_id: id,
    kind,
    command: command.length > shortText ? `${command.slice(0, shortText)}…` : command,
    state,
    started_at: startedAt.toISOString(),
    ...endOf(end),
  };
}

export function recordOf(execution: McpExecution) {
  const { stdout, stderr } = execution.output;
  const { kind } = execution.wish;
  const result = kind === 'command' || execution.state !== 'ended' ? null : resultIn(stdout.text);
  const told = result === null ? { stdout: outputOf(stdout), stderr: outputOf(stderr) } : {};
  return { ...summaryOf(execution), result, ...told };
}

function endOf(end: ExecutionEnded | undefined) {
  return {
    ok: end === undefined ? null : end.cause === 'exited' && end.exitCode === 0,
    exit_code: end?.exitCode ?? null,
    canceled: end === undefined ? null : end.cause === 'canceled',
    timed_out: end === undefined ? null : end.cause === 'timed-out',
    problem: end?.reason ?? null,
    duration_seconds: end === undefined ? null : end.durationMs / 1_000,
    survivors: end === undefined ? null : [...end.survivors],
  };
}

function outputOf({ text, droppedBytes }: { readonly text: string; readonly droppedBytes: number }) {
  return { text, dropped_bytes: droppedBytes };
}

/** What a task prints is one JSON object; nothing when it did not come so far. */
function resultIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
