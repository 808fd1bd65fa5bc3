import { existsSync } from 'node:fs';
import { isoTime } from '../clock.ts';
import type { Task } from '../domain/task.ts';
import { codeOf, messageOf } from '../errors.ts';
import { fail, finish, putBack } from '../queue/transitions.ts';
import { StateFencedError, StateUnavailableError } from '../state/store.ts';
import { GitError, ProjectGoneError } from '../workspace/git.ts';
import { endCancelled } from './at-word.ts';
import { noteMended } from './escalations.ts';
import type { Parts } from './parts.ts';
import { countMoney, remember, taskFinished } from './settle.ts';
import { strikeAgent } from './strikes.ts';
import { tellFault } from './tell-fault.ts';

/** Whose tasks these are: the one loop's or the other's. */
export type IsIts = (task: Task) => boolean;

export interface Loop {
  readonly where: string;
  readonly isIts: IsIts;
  /** Ends or puts back what a turn of the loop could not settle, since the disk did not take it. */
  readonly takeBack: (parts: Parts, isIts: IsIts) => Promise<void>;
}

export async function putBackLeft({ state }: Parts, isIts: IsIts): Promise<void> {
  const left = state.current.queues.in_progress.filter(isIts);
  if (left.length === 0) return;
  await state.update((draft) => {
    for (const { id } of left) putBack(draft, id);
  });
}

/** Regressions that wait for their next attempt and were mended or cancelled meanwhile. */
export async function endStopped(parts: Parts): Promise<void> {
  const { state, open, clock, waits, outbox } = parts;
  for (const task of state.current.queues.pending) {
    const note = open.stopReason(task.id);
    if (task.regression === undefined || note === undefined) continue;
    if (note === 'cancelled') {
      await endCancelled(parts, task.id);
      continue;
    }
    const now = isoTime(clock.now());
    await state.update((draft) => {
      finish(draft, task.id, 'clean', now);
      if (note === 'mended by the person') noteMended(draft, outbox.names, task.regression?.fingerprint, clock.now());
      countMoney(draft, task.id);
      draft.statistics.tasks_processed++;
      draft.statistics.tasks_succeeded++;
      remember(draft, now, 'task_finished', task.id, { note });
    });
    open.close(task.id);
    waits.delete(task.id);
    taskFinished(parts, task.id, note);
  }
}

/**
 * An error ends the tasks that it came from. While a disk is full or away, or the agent is stopping, they are put back
 * instead: at once, or where that cannot be written either, by the next turn or the next start. When another agent has
 * taken over, they are that one's.
 */
export async function afterError(
  parts: Parts,
  { where, isIts, takeBack }: Loop,
  error: unknown,
  signal: AbortSignal,
): Promise<void> {
  if (error instanceof StateFencedError) return;
  const isTold = error instanceof StateUnavailableError || error instanceof ProjectGoneError;
  const isOfDisk = !isTold && isAboutTheDisk(error);
  if (!signal.aborted && !isTold) tellFault(parts, where, error);
  try {
    if (signal.aborted || isTold || isOfDisk) {
      await takeBack(parts, isIts);
      // What was paid for may be lost each time: after a few, nothing is begun for a while.
      if (isOfDisk) await strikeAgent(parts, messageOf(error));
      return;
    }
    const reason = `an error inside the agent: ${messageOf(error)}`.slice(0, 2_000);
    for (const { id } of parts.state.current.queues.in_progress.filter(isIts)) await failTask(parts, id, reason);
  } catch (another) {
    if (another instanceof StateUnavailableError || another instanceof StateFencedError) return;
    tellFault(parts, where, another);
  }
}

/** Tests that ran while the project's folder was away have missed its packages, and say nothing. @throws ProjectGoneError */
export function assertThere({ workspace: { root } }: Pick<Parts, 'workspace'>): void {
  if (!existsSync(root)) throw new ProjectGoneError(root);
}

const diskCodes = ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE'];

/** Of any disk: beside the state lie the records of the tasks, in the cache the lanes. */
function isAboutTheDisk(error: unknown): boolean {
  return error instanceof GitError ? error.isAboutTheMachine : diskCodes.includes(codeOf(error) ?? '');
}

async function failTask(parts: Parts, taskId: string, reason: string): Promise<void> {
  await strikeAgent(parts, reason);
  const { state, clock, open, waits } = parts;
  const now = isoTime(clock.now());
  await state.update((draft) => {
    fail(draft, taskId, reason, now);
    countMoney(draft, taskId);
    draft.statistics.tasks_processed++;
    draft.statistics.tasks_failed++;
    remember(draft, now, 'task_failed', taskId, { reason: reason.slice(0, 500) });
  });
  open.close(taskId);
  waits.delete(taskId);
  taskFinished(parts, taskId);
}
