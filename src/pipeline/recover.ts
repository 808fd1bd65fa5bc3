import type { Task } from '../domain/task.ts';
import { failpoint } from '../failpoint.ts';
import { countingAttempts } from '../queue/reopen.ts';
import { crashesIn, putBack, recover as recoverTasks } from '../queue/transitions.ts';
import { quarantineWaiting } from './crash.ts';
import { askPerson, giveUp } from './give-up.ts';
import { openOutdatedGates } from './keep-gates.ts';
import type { IsIts } from './loose-ends.ts';
import { markPromised } from './mark-red.ts';
import type { Parts } from './parts.ts';
import { quarantine } from './quarantine.ts';
import { noteMendedBy, recoverLandings } from './recover-landings.ts';
import { settleLostCalls } from './spend.ts';
import { takeUp } from './take-up.ts';

/**
 * After a start: what was open when the last run ended is brought to its end or put back. A crash in the middle of this
 * leaves it to the next start: every part can be done again.
 */
export async function recover(parts: Parts): Promise<void> {
  await settleLostCalls(parts);
  await openOutdatedGates(parts);
  const landed = await recoverLandings(parts);
  await failpoint('recover.landings');
  await markPromised(parts);
  await takeUp(parts);
  await noteMendedBy(parts, landed);
  const { state, config } = parts;
  const isPoison = (task: Task): boolean => crashesIn(task) >= config.maxCrashes;
  const isLeft = (task: Task): boolean => isPoison(task) || isGivenUp(parts, task);
  if (state.current.queues.in_progress.length > 0) await state.update((draft) => void recoverTasks(draft, isLeft));
  await failpoint('recover.tasks');
  for (const task of state.current.queues.in_progress) {
    if (isPoison(task)) await quarantine(parts, task);
    else if (isGivenUp(parts, task)) await tellPeople(parts, task);
    else await state.update((draft) => void putBack(draft, task.id));
  }
  await quarantineWaiting(parts);
}

/**
 * In a running agent: what a loop that fixes could not bring to its end, since the disk did not take it. Put back only,
 * a fix that is in the tree would be paid for again, and a task that was given up tried once more.
 */
export async function settleLeft(parts: Parts, isIts: IsIts): Promise<void> {
  const { state, open } = parts;
  await noteMendedBy(parts, await recoverLandings(parts, isIts));
  await markPromised(parts);
  for (const task of state.current.queues.in_progress.filter(isIts)) {
    if (isGivenUp(parts, task)) await tellPeople(parts, task);
    else await state.update((draft) => void putBack(draft, task.id));
  }
  const { completed, failed } = state.current.queues;
  for (const { id } of [...completed, ...failed]) open.close(id);
}

/** The word was spoken; what is missing is to tell people. */
function isGivenUp({ open }: Parts, task: Task): boolean {
  return task.phase === 'escalate' && open.has(task.id) && countingAttempts(task).length > 0;
}

async function tellPeople(parts: Parts, task: Task): Promise<void> {
  const { id } = task;
  const attempts = countingAttempts(task);
  const last = attempts.at(-1);
  const said = last?.reasons.join(' ') ?? '';
  if (last?.verdict === 'parked') await askPerson(parts, id, said);
  else
    await giveUp(
      parts,
      id,
      `gave up after ${attempts.length} ${attempts.length === 1 ? 'attempt' : 'attempts'}. Last: ${said}`,
    );
}
