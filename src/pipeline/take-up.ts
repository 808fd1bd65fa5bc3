import type { Task } from '../domain/task.ts';
import { findTask } from '../queue/transitions.ts';
import type { Parts } from './parts.ts';

/**
 * Opens the regressions that wait, or that a crash has left in progress, and that nobody has opened: after a start, by
 * `retry`, or when someone has put the task there by hand.
 */
export async function takeUp(parts: Parts): Promise<void> {
  const { pending, in_progress } = parts.state.current.queues;
  for (const task of [...pending, ...in_progress]) {
    if (task.regression !== undefined && !parts.open.has(task.id)) await takeUpOne(parts, task);
  }
}

async function takeUpOne({ state, open, baseline }: Parts, { id, regression }: Task): Promise<void> {
  try {
    await open.load(id);
  } catch {
    // Without its record the regression is found anew by triage of the same file.
    await state.update((draft) => {
      const lost = findTask(draft, id);
      if (lost !== undefined) delete lost.regression;
    });
  }
  // It may have been given up before: what is open is not known red, or nobody would be told when it turns red again.
  if (regression === undefined || !baseline.current?.unmarkRed(regression.fingerprint)) return;
  await baseline.save();
}
