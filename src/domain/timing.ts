import { z } from 'zod';

const mark = z.object({
  /** What had happened: the name of the step that ended with it. */
  name: z.string(),
  /** Milliseconds since 1970. */
  at: z.number(),
  /** Of the step's time, what the project's tests or a model took. */
  testsMs: z.number().optional(),
  modelMs: z.number().optional(),
  /** It was done beside the steps in their order, and took this long. */
  besideMs: z.number().optional(),
});

/** When what happened to a task, in order; the first mark is where the time begins. */
export const timingSchema = z.object({ version: z.literal(1), marks: z.array(mark) });
export type Mark = z.infer<typeof mark>;

/** Ends where the next step begins. */
export const waiting = 'wait';
/** The same within an attempt, where most often nothing is waited for: then it belongs to the next step. */
export const handOver = 'hand-over';
const leastWaitMs = 100;
/** Time in which nothing was to be done. */
const idle: ReadonlySet<string> = new Set(['debounce', waiting, 'back-off']);

export interface Step {
  readonly name: string;
  /** From the first mark to the step's beginning. */
  readonly startMs: number;
  readonly durationMs: number;
  /** Done while the steps in their order went on. */
  readonly beside: boolean;
}

export interface Waterfall {
  /** By their beginning. */
  readonly steps: readonly Step[];
  readonly totalMs: number;
  readonly testsMs: number;
  readonly modelMs: number;
  /** Until the saves were over, for its turn, and between attempts. */
  readonly waitedMs: number;
  /** What is none of these: the agent's own share. */
  readonly ownMs: number;
  /** What was done beside, all together: so much longer it would have taken one after the other. */
  readonly overlapMs: number;
}

/** Where the time between the first mark and the last went. */
export function waterfallOf(marks: readonly Mark[]): Waterfall {
  const inOrder = marks.filter(({ besideMs }) => besideMs === undefined);
  const [first] = inOrder;
  if (first === undefined)
    return { steps: [], totalMs: 0, testsMs: 0, modelMs: 0, waitedMs: 0, ownMs: 0, overlapMs: 0 };
  const kept = inOrder.filter(({ name, at }, index) => {
    return name !== handOver || at - (inOrder[index - 1]?.at ?? at) >= leastWaitMs;
  });
  const steps = kept.map((to, index): Step => {
    const from = kept[index - 1] ?? to;
    const name = to.name === handOver ? waiting : to.name;
    return { name, startMs: from.at - first.at, durationMs: to.at - from.at, beside: false };
  });
  const totalMs = (kept.at(-1) ?? first).at - first.at;
  const beside = marks.flatMap((to): Step[] => {
    const { name, at, besideMs } = to;
    if (besideMs === undefined) return [];
    const startMs = Math.max(0, at - besideMs - first.at);
    return [{ name, startMs, durationMs: Math.max(0, Math.min(at - first.at, totalMs) - startMs), beside: true }];
  });
  const testsMs = marks.reduce((sum, { testsMs: ms = 0 }) => sum + ms, 0);
  const modelMs = marks.reduce((sum, { modelMs: ms = 0 }) => sum + ms, 0);
  const waitedMs = steps.filter(({ name }) => idle.has(name)).reduce((sum, { durationMs }) => sum + durationMs, 0);
  return {
    steps: [...steps, ...beside].sort((one, other) => one.startMs - other.startMs),
    ...{ totalMs, testsMs, modelMs, waitedMs, ownMs: totalMs - testsMs - modelMs - waitedMs },
    overlapMs: beside.reduce((sum, { durationMs }) => sum + durationMs, 0),
  };
}
