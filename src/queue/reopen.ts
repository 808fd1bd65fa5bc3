import type { Attempt, Task } from '../domain/task.ts';
import { MendwatchError } from '../errors.ts';
import type { StateDocument } from '../state/schema.ts';
import { findTask } from './transitions.ts';

/**
 * A person wants it tried again: the one step out of an end. Its regression is muted no longer, and the earlier attempts
 * stay to be read but count no more. A task that waits is due at once.
 *
 * @throws MendwatchError when there is nothing to try again
 */
export function reopen(state: StateDocument, id: string): Task {
  const task = findTask(state, id);
  if (task === undefined) throw refusal(`There is no task ${id}.`);
  const { queues } = state;
  const reason = whyNot(state, task);
  if (reason !== undefined) throw refusal(`${id} ${reason}, so there is nothing to try again.`);
  if (!queues.pending.includes(task)) {
    uncount(state, task);
    queues.failed = queues.failed.filter((other) => other !== task);
    queues.completed = queues.completed.filter((other) => other !== task);
    queues.pending.push(task);
    task.status = 'pending';
    task.forgiven = task.attempts.length;
    task.retry_count = 0;
  }
  for (const name of ['phase', 'not_before', 'finished_at', 'outcome', 'failure_reason'] as const) delete task[name];
  for (const name of ['begun', 'quarantined', 'red_to_mark'] as const) delete task[name];
  const { fingerprint } = task.regression ?? {};
  state.muted = state.muted.filter((entry) => fingerprint === undefined || entry.fingerprint !== fingerprint);
  return task;
}

/** A task counts by how it ends at last. That people were told of it stays true, and is counted once (`give-up.ts`). */
function uncount({ queues, statistics }: StateDocument, task: Task): void {
  const less = (name: 'tasks_processed' | 'tasks_succeeded' | 'tasks_failed'): void => {
    statistics[name] = Math.max(0, statistics[name] - 1);
  };
  less('tasks_processed');
  if (queues.failed.includes(task)) less('tasks_failed');
  else if (task.outcome !== 'cancelled') less('tasks_succeeded');
}

/** The attempts that count: those since the person's latest `retry`. */
export function countingAttempts({ attempts, forgiven = 0 }: Pick<Task, 'attempts' | 'forgiven'>): readonly Attempt[] {
  return attempts.slice(forgiven);
}

function whyNot({ queues, landings }: StateDocument, task: Task): string | undefined {
  if (queues.in_progress.includes(task)) return 'is being worked on';
  if (!queues.completed.includes(task)) return undefined;
  const ended = `has ended as ${task.outcome ?? 'completed'}`;
  switch (task.outcome) {
    case 'parked':
    case 'reported':
    case 'cancelled':
      return undefined;
    case 'fixed': {
      const landing = landings.findLast(({ task_id }) => task_id === task.id);
      return landing?.status === 'undone' ? undefined : ended;
    }
    default:
      return ended;
  }
}

function refusal(message: string): MendwatchError {
  return new MendwatchError(message, { remedy: '`mendwatch tasks` shows what became of each.' });
}
