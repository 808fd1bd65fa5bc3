import { type Task, type TaskOutcome, type TaskPhase, taskStatus } from '../domain/task.ts';
import type { StateDocument } from '../state/schema.ts';

/**
 * ```
 *             claim                    finish
 *   pending ─────────▶ in_progress ──────────────▶ completed (outcome)
 *      ▲                 │     │        fail
 *      │     put back    │     └─────────────────▶ failed (reason)
 *      └─────────────────┘
 * ```
 * A pending task may also be finished without work of its own (clean, duplicate, cancelled). Any other step throws.
 */
const legalSteps: Readonly<Record<Task['status'], readonly Task['status'][]>> = {
  pending: ['in_progress', 'completed'],
  in_progress: ['pending', 'completed', 'failed'],
  completed: [],
  failed: [],
};

/** The task with this id in whichever queue it is, or undefined. */
export function findTask(state: Pick<StateDocument, 'queues'>, id: string): Task | undefined {
  for (const queue of Object.values(state.queues)) {
    const task = queue.find((candidate) => candidate.id === id);
    if (task !== undefined) return task;
  }
  return undefined;
}

/** Like `findTask`, but a missing task is a bug. */
export function requireTask(state: StateDocument, id: string): Task {
  const task = findTask(state, id);
  if (task === undefined) throw new Error(`There is no task ${id} in the state`);
  return task;
}

/** The queue that a task stands in counts, not its status: people and other tools move tasks by hand. */
function step(state: StateDocument, id: string, to: Task['status']): Task {
  const task = requireTask(state, id);
  const from = taskStatus.options.find((status) => state.queues[status].includes(task));
  if (from === undefined || !legalSteps[from].includes(to)) {
    throw new Error(`Task ${id} is ${from ?? 'in no queue'} and cannot become ${to}`);
  }
  state.queues[from].splice(state.queues[from].indexOf(task), 1);
  task.status = to;
  state.queues[to].push(task);
  return task;
}

export function claim(state: StateDocument, id: string, now: string, phase: TaskPhase): Task {
  const task = step(state, id, 'in_progress');
  task.started_at ??= now;
  setPhase(task, phase, now);
  task.begun = (task.begun ?? 0) + 1;
  delete task.not_before;
  return task;
}

/** Back to pending: for a retry (`notBefore`), a shutdown. */
export function putBack(state: StateDocument, id: string, notBefore?: string): Task {
  const task = step(state, id, 'pending');
  leavePhase(task);
  delete task.begun;
  if (notBefore !== undefined) task.not_before = notBefore;
  return task;
}

/** A task in progress comes into its next phase. */
export function setPhase(task: Task, phase: TaskPhase, now: string): void {
  task.phase = phase;
  task.phase_at = now;
}

function leavePhase(task: Task): void {
  delete task.phase;
  delete task.phase_at;
}

export function finish(state: StateDocument, id: string, outcome: TaskOutcome, now: string): Task {
  const task = step(state, id, 'completed');
  task.outcome = outcome;
  task.finished_at = now;
  leavePhase(task);
  delete task.begun;
  delete task.not_before;
  return task;
}

export function fail(state: StateDocument, id: string, reason: string, now: string): Task {
  const task = step(state, id, 'failed');
  task.failure_reason = reason;
  task.finished_at = now;
  leavePhase(task);
  delete task.begun;
  return task;
}

/**
 * After a crash: what was in progress is pending again; the interrupted attempt was never recorded, so it does not count.
 * How often it was begun stays, for `crashesIn`.
 */
export function recover(state: StateDocument, isLeft: (task: Task) => boolean = () => false): readonly Task[] {
  return state.queues.in_progress
    .filter((task) => !isLeft(task))
    .map(({ id }) => {
      const task = step(state, id, 'pending');
      leavePhase(task);
      return task;
    });
}

/** How often in a row the agent has ended without a word while this task was in progress; for a task that a crash left so. */
export function crashesIn({ begun }: Task): number {
  return begun ?? 1;
}
