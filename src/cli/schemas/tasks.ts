import { z } from 'zod';
import { escalation, outboxEntry } from '../../domain/escalation.ts';
import { task } from '../../domain/task.ts';
import { stateSchema } from '../../state/schema.ts';

/** How the agent stands: what `pause`, `resume` and `snooze` say. */
export const standing = stateSchema.shape.processes.shape.orchestrator;

export const oneTask = task;
export const tasks = z.array(task);

const ms = z.number().describe('milliseconds');

/** `show`, and with `--timing` where the time went; null where nothing was noted. */
export const shownTask = task.extend({
  timing: z
    .object({
      steps: z
        .array(z.object({ name: z.string(), start_ms: ms, duration_ms: ms, beside: z.boolean() }))
        .describe('by their beginning; `beside` is what was done while the others went on'),
      total_ms: ms,
      tests_ms: ms,
      model_ms: ms,
      waited_ms: ms.describe('for the end of the saves, for its turn, between attempts'),
      own_ms: ms,
      overlap_ms: ms.describe('what was done beside, all together'),
    })
    .nullable()
    .optional(),
});

const paths = z.array(z.string());

/** `undo` and `apply`. */
export const moved = z.discriminatedUnion('kind', [
  z.object({
    task: z.string(),
    kind: z.literal('restored'),
    files: paths,
    merged: paths.describe('of these, files that the person had changed meanwhile'),
  }),
  z.object({
    task: z.string(),
    kind: z.literal('conflict').describe('nothing was changed; exit code 1'),
    paths,
  }),
]);

export const escalations = z.array(
  z.object({
    ...escalation.shape,
    outbox: z.array(z.object(outboxEntry.shape)).describe('what waits to be sent'),
  }),
);
