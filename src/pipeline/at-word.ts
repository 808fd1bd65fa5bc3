import { isoTime } from '../clock.ts';
import type { Task } from '../domain/task.ts';
import { enqueueFiles } from '../queue/enqueue.ts';
import { reopen } from '../queue/reopen.ts';
import { finish, requireTask } from '../queue/transitions.ts';
import type { StateDocument } from '../state/schema.ts';
import { tellOpened } from './keep-gates.ts';
import { markRed, promiseRed } from './mark-red.ts';
import type { Parts } from './parts.ts';
import { countMoney, remember, taskFinished } from './settle.ts';
import { resetFor } from './strikes.ts';
import { takeUp } from './take-up.ts';

/*
 * What a person says to one task. The changes of the state stand alone, since they are the same where no agent runs.
 */

/** The task is due again, and its file is looked at beside it: should the tests be green by now, nothing is paid. */
export function retryIn(state: StateDocument, taskId: string, now: string): Task {
  const task = reopen(state, taskId);
  resetFor(state, task);
  remember(state, now, 'retry', taskId);
  if (task.regression !== undefined && task.type !== 'batch') enqueueFiles(state, [task.file_path], now);
  return task;
}

/** For a task that waits. Its tests stay red, and no later save is blamed for them. */
export function cancelIn(state: StateDocument, taskId: string, now: string): Task {
  const task = finish(state, taskId, 'cancelled', now);
  countMoney(state, taskId);
  state.statistics.tasks_processed++;
  if (task.regression !== undefined) promiseRed(state, taskId, task.regression.count);
  remember(state, now, 'task_finished', taskId, { outcome: 'cancelled' });
  return task;
}

export async function retryTask(parts: Parts, taskId: string): Promise<Task> {
  const now = isoTime(parts.clock.now());
  const { gates } = parts.state.current;
  const task = await parts.state.update((draft) => structuredClone(retryIn(draft, taskId, now)));
  const opened = Object.keys(gates).filter((cause) => parts.state.current.gates[cause] === undefined);
  tellOpened(parts, gates, opened, 'command');
  parts.waits.delete(taskId);
  parts.open.close(taskId);
  await takeUp(parts);
  return task;
}

/**
 * Ends the task, and the model that works on it. An open regression is ended by the loop that works on regressions, so
 * that no two end it at once; `turn` wakes the loop that has the task and resolves when it has moved. Gives what became of it.
 */
export async function cancelTask(parts: Parts, taskId: string, turn: (task: Task) => Promise<void>): Promise<Task> {
  for (;;) {
    const task = requireTask(parts.state.current, taskId);
    if (task.status === 'completed' || task.status === 'failed') return task;
    if (task.status === 'pending' && task.regression === undefined) await cancelUntriaged(parts, taskId);
    else {
      parts.open.stop(taskId, 'cancelled');
      await turn(task);
    }
  }
}

async function cancelUntriaged(parts: Parts, taskId: string): Promise<void> {
  const now = isoTime(parts.clock.now());
  const ended = await parts.state.update((draft) => {
    const task = draft.queues.pending.find(({ id }) => id === taskId);
    if (task?.regression !== undefined || task === undefined) return false;
    cancelIn(draft, taskId, now);
    return true;
  });
  if (ended) taskFinished(parts, taskId, 'cancelled by you');
}

/** The loop's part: a stopped regression that waits again. */
export async function endCancelled(parts: Parts, taskId: string): Promise<void> {
  const { tests, fingerprint } = parts.open.record(taskId);
  const now = isoTime(parts.clock.now());
  await parts.state.update((draft) => cancelIn(draft, taskId, now));
  await markRed(parts, taskId, tests, fingerprint);
  parts.open.close(taskId);
  parts.waits.delete(taskId);
  taskFinished(parts, taskId, 'cancelled by you');
}
