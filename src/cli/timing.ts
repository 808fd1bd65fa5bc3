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

/** A line for each step, with a bar where it lies in the whole. */
export function waterfallLines(waterfall: Waterfall | undefined): string[] {
  if (waterfall === undefined) return ['  Times: nothing was noted for this task.'];
  const { steps, totalMs, testsMs, modelMs, ownMs } = waterfall;
  const columnOf = (ms: number): number => Math.round((ms / Math.max(1, totalMs)) * barWidth);
  const rounded = (ms: number): string => `${Math.round(ms)} ms`;
  return [
    `  Times: ${rounded(totalMs)} since the last save; tests ${rounded(testsMs)}, Claude ${rounded(modelMs)}, the rest ${rounded(ownMs)}`,
    ...steps.map(({ name, startMs, durationMs }) => {
      const from = columnOf(startMs);
      const bar = `${' '.repeat(from)}${'#'.repeat(Math.max(1, columnOf(startMs + durationMs) - from))}`;
      return `    ${name.padEnd(22)} ${rounded(durationMs).padStart(10)}  ${bar}`;
    }),
  ];
}
