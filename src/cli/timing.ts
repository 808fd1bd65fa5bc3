import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { timingSchema, type Waterfall, waterfallOf } from '../domain/timing.ts';

const barWidth = 40;

/** Where a task's time went, or undefined where nothing was noted: it was never more than a look at the tests. */
export async function readWaterfall(runsFolder: string, taskId: string): Promise<Waterfall | undefined> {
  try {
    const { marks } = timingSchema.parse(JSON.parse(await readFile(join(runsFolder, taskId, 'timing.json'), 'utf8')));
    return waterfallOf(marks);
  } catch {
    return undefined;
  }
}

/** A line for each step: when it began, how long it took, and a bar where it lies in the whole. */
export function waterfallLines(waterfall: Waterfall | undefined): string[] {
  if (waterfall === undefined) return ['  Times: nothing was noted for this task.'];
  const { steps, totalMs, testsMs, modelMs, waitedMs, ownMs, overlapMs } = waterfall;
  const columnOf = (ms: number): number => Math.round((ms / Math.max(1, totalMs)) * barWidth);
  const rounded = (ms: number): string => `${Math.round(ms)} ms`;
  return [
    `  Times: ${rounded(totalMs)} since the save was seen; tests ${rounded(testsMs)}, Claude ${rounded(modelMs)}, waiting ${rounded(waitedMs)}, the rest ${rounded(ownMs)}`,
    ...(overlapMs > 0
      ? [`  Side by side (=): ${rounded(overlapMs)} of work that nothing had to wait for in turn`]
      : []),
    `    ${'step'.padEnd(14)} ${'from'.padStart(10)} ${'takes'.padStart(10)}`,
    ...steps.map(({ name, startMs, durationMs, beside }) => {
      const from = Math.min(columnOf(startMs), barWidth - 1);
      const length = Math.max(1, columnOf(startMs + durationMs) - from);
      const bar = `${' '.repeat(from)}${(beside ? '=' : '#').repeat(length)}`;
      return `    ${name.padEnd(14)} ${`+${rounded(startMs)}`.padStart(10)} ${rounded(durationMs).padStart(10)}  ${bar}`;
    }),
  ];
}
