import { join } from 'node:path';
import { isoTime } from '../clock.ts';
import type { Landing, Task } from '../domain/task.ts';
import { messageOf } from '../errors.ts';
import { type Recovered, recoverLanding } from '../land/recover.ts';
import { findTask, finish } from '../queue/transitions.ts';
import type { StateDocument } from '../state/schema.ts';
import { noteMended } from './escalations.ts';
import type { IsIts } from './loose-ends.ts';
import { recoverMoves } from './moves.ts';
import type { Parts } from './parts.ts';
import { ownTests } from './runs.ts';
import { countMoney, remember, taskFinished } from './settle.ts';

const note = 'the landing was finished afterwards';

/**
 * What a crash cut short is finished or taken back; only then is its task looked at again. What a worker is just landing
 * is its own: `isIts` says whose tasks in progress these are. Gives the tasks that this has brought to their end.
 */
export async function recoverLandings(parts: Parts, isIts: IsIts = () => true): Promise<readonly string[]> {
  const { state, runs, workspace, config } = parts;
  const tell = (message: string): void => parts.events.emit({ type: 'state.notice', message });
  const merge = (versions: Parameters<typeof workspace.mergeFile>[0]) => workspace.mergeFile(versions);
  await recoverMoves({
    state,
    stateFile: config.stateFile,
    runsFolder: runs.folder,
    root: workspace.root,
    merge,
    tell,
  });
  const ended: string[] = [];
  for (const landing of state.current.landings) {
    const task = state.current.queues.in_progress.find(({ id }) => id === landing.task_id);
    if (task !== undefined && task.phase !== 'triage' && !isIts(task)) continue;
    let isEnd = false;
    if (landing.status === 'landing') isEnd = await recoverOne(parts, landing, tell);
    // The files and the record were there, the end of the task was not.
    else if (landing.status === 'landed' && isOpenAttempt(state.current, landing))
      isEnd = await settle(parts, landing, 'finished');
    if (isEnd) ended.push(landing.task_id);
  }
  return ended;
}

/** The others that are open are held to what these have mended. */
export async function noteMendedBy({ open, runs, state }: Parts, taskIds: readonly string[]): Promise<void> {
  for (const id of taskIds) {
    // Without its record they are judged as if nothing had been landed beside them.
    const record = await runs.readRegression(id).catch(() => undefined);
    if (record !== undefined) await open.noteMended(id, ownTests(record, findTask(state.current, id)?.regression));
  }
}

async function recoverOne(parts: Parts, landing: Landing, tell: (message: string) => void): Promise<boolean> {
  const { runs, workspace, events } = parts;
  const folder = join(runs.folder, landing.folder);
  let recovered: Recovered;
  try {
    recovered = await recoverLanding({
      root: workspace.root,
      folder,
      merge: (versions) => workspace.mergeFile(versions),
    });
  } catch (error) {
    events.emit({ type: 'fault', where: `landing of ${landing.task_id}`, message: messageOf(error) });
    recovered = 'conflict';
  }
  if (recovered === 'conflict') {
    tell(
      `The landing of ${landing.task_id} was cut short, and you have changed its files since: a part of the fix may be in your tree. What it was is in ${folder}.`,
    );
  }
  return settle(parts, landing, recovered);
}

/** Gives whether it has ended its task. */
async function settle(parts: Parts, landing: Landing, recovered: Recovered): Promise<boolean> {
  const now = isoTime(parts.clock.now());
  const { task_id: taskId } = landing;
  const isEnd = await parts.state.update((draft) => {
    const isOpen = isOpenAttempt(draft, landing);
    const record = draft.landings.findLast((entry) => entry.task_id === taskId && entry.status === landing.status);
    if (record !== undefined) record.status = recovered === 'finished' ? 'landed' : 'rolled-back';
    if (recovered !== 'finished' || !isOpen) return false;
    const task = finish(draft, taskId, 'fixed', now);
    noteAttempt(task);
    countMoney(draft, taskId);
    noteMended(draft, parts.outbox.names, landing.fingerprint, parts.clock.now());
    draft.statistics.tasks_processed++;
    draft.statistics.tasks_succeeded++;
    remember(draft, now, 'task_finished', taskId, { outcome: 'fixed', note });
    return true;
  });
  if (!isEnd) return false;
  parts.open.close(taskId);
  parts.waits.delete(taskId);
  taskFinished(parts, taskId, note);
  return true;
}

/** Whether the task is in the very attempt that was landed: it may have been asked for again since. */
function isOpenAttempt(state: StateDocument, { task_id, status, attempt }: Landing): boolean {
  const task = findTask(state, task_id);
  if (task?.status !== 'in_progress') return false;
  return attempt === undefined ? status === 'landing' : attempt === task.attempts.length + 1;
}

/** What it cost and how long it took went with the agent that made it. */
function noteAttempt(task: Task): void {
  task.attempts.push({
    number: task.attempts.length + 1,
    strategy: '',
    verdict: 'accepted',
    reasons: [],
    patch: null,
    cost_usd: 0,
    duration: 0,
  });
  task.retry_count = task.attempts.length - 1;
}
