import type { RedTest } from '../domain/tests.ts';
import { failpoint } from '../failpoint.ts';
import { findTask, requireTask } from '../queue/transitions.ts';
import type { StateDocument } from '../state/schema.ts';
import type { Parts } from './parts.ts';

/**
 * Part of the write that ends a task whose tests stay red: the baseline has still to learn of them. It is another file,
 * and a crash between the two would blame the next save for them.
 *
 * @param count so many of the regression's tests, from the first
 */
export function promiseRed(draft: StateDocument, taskId: string, count: number): void {
  requireTask(draft, taskId).red_to_mark = count;
}

/** Keeps the promise: from now on these tests were red before. */
export async function markRed(
  { baseline, state }: Parts,
  taskId: string,
  tests: readonly RedTest[],
  fingerprint: string,
): Promise<void> {
  baseline.current?.markRed(tests, fingerprint);
  await baseline.save();
  await failpoint('red.marked');
  await state.update((draft) => {
    const task = findTask(draft, taskId);
    if (task !== undefined) delete task.red_to_mark;
  });
}

/** After a crash: what was promised and not done. */
export async function markPromised(parts: Parts): Promise<void> {
  const { completed, failed } = parts.state.current.queues;
  for (const { id, red_to_mark: count } of [...completed, ...failed]) {
    if (count === undefined) continue;
    // Without its record the next save finds the regression again.
    const record = await parts.runs.readRegression(id).catch(() => undefined);
    await markRed(parts, id, record?.tests.slice(0, count) ?? [], record?.fingerprint ?? '');
  }
}
