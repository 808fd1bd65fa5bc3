import { z } from 'zod';

const mark = z.object({
  /** What had happened: the name of the step that ended with it. */
  name: z.string(),
  /** Milliseconds since 1970. */
  at: z.number(),
  /** Of the step's time, what the project's tests or a model took. */
  testsMs: z.number().optional(),
  modelMs: z.number().optional(),
});

/** When what happened to a task, in order; the first mark is where the time begins. */
export const timingSchema = z.object({ version: z.literal(1), marks: z.array(mark) });
export type Mark = z.infer<typeof mark>;

/** One step between two marks. */
export interface Step {
  readonly name: string;
  /** From the first mark to the step's beginning. */
  readonly startMs: number;
  readonly durationMs: number;
}

export interface Waterfall {
  readonly steps: readonly Step[];
  readonly totalMs: number;
  readonly testsMs: number;
  readonly modelMs: number;
  /** What is neither: the agent's own share. */
  readonly ownMs: number;
}

/** Where the time between the first mark and the last went. */
export function waterfallOf(marks: readonly Mark[]): Waterfall {
  const [first] = marks;
  const steps = marks.flatMap((to, index) => {
    const from = marks[index - 1];
    if (from === undefined || first === undefined) return [];
    return [{ name: to.name, startMs: from.at - first.at, durationMs: to.at - from.at }];
  });
  const totalMs = steps.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const testsMs = marks.reduce((sum, { testsMs: ms = 0 }) => sum + ms, 0);
  const modelMs = marks.reduce((sum, { modelMs: ms = 0 }) => sum + ms, 0);
  return { steps, totalMs, testsMs, modelMs, ownMs: totalMs - testsMs - modelMs };
}
