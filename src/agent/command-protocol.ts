import { z } from 'zod';

/**
 * What is spoken on the command socket: one JSON object a line. A request is answered by one line; after `stop` the
 * connection stays until the agent is gone, after `events` one line follows for each event.
 */
export const protocolVersion = 1;

export const protocolLimits = {
  requestBytes: 16 * 1024,
  answerBytes: 4 * 1024 * 1024,
  /** From the connection to the end of the request. */
  requestMs: 5_000,
  connections: 32,
  /** A reader of events that falls behind by so much is let go. */
  backlogBytes: 4 * 1024 * 1024,
} as const;

const taskId = z.string().regex(/^task_[0-9a-f]{8}$/);
const v = z.literal(protocolVersion);
const plain = ['status', 'pause', 'resume'] as const;
const ofTask = ['retry', 'cancel', 'undo', 'apply'] as const;

export const requestSchema = z.union([
  z.object({ v, command: z.enum(plain) }),
  z.object({ v, command: z.literal('events') }),
  z.object({ v, command: z.literal('stop'), force: z.boolean().default(false) }),
  z.object({ v, command: z.literal('snooze'), ms: z.int().positive() }),
  z.object({ v, command: z.enum(ofTask), task: taskId }),
]);
export type CommandRequest = z.output<typeof requestSchema>;

const fault = z.object({
  message: z.string(),
  remedy: z.string().optional(),
  exit_code: z.int().optional(),
});

export const answerSchema = z.union([
  z.object({ v, ok: z.literal(true), result: z.unknown() }),
  z.object({ v: z.int(), ok: z.literal(false), error: fault }),
]);
export type CommandAnswer = z.output<typeof answerSchema>;
