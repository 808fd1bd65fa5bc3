import { isoTime } from '../clock.ts';
import { claim, findTask } from '../queue/transitions.ts';
import type { StateDocument } from '../state/schema.ts';
import type { Parts } from './parts.ts';
import { quarantine } from './quarantine.ts';

/** How often each task has been begun that is in work now, by its id. */
export type InWork = ReadonlyMap<string, number>;

/** To be taken when an error ends the agent, before anything is put back. */
export function tasksInWork({ queues }: StateDocument): InWork {
  return new Map(queues.in_progress.map(({ id, begun = 1 }) => [id, begun]));
}

/** They were put back in good order, and yet each was in work when the agent came to a bad end: that counts as a crash. */
export async function noteCrash({ state }: Pick<Parts, 'state'>, inWork: InWork): Promise<void> {
  if (inWork.size === 0) return;
  await state.update((draft) => {
    for (const [id, begun] of inWork) {
      const task = findTask(draft, id);
      if (task?.status === 'pending') task.begun = begun;
    }
  });
}

/** After a start: what waits, and has ended the agent too often. */
export async function quarantineWaiting(parts: Parts): Promise<void> {
  const { state, config, clock } = parts;
  for (const task of state.current.queues.pending) {
    if ((task.begun ?? 0) < config.maxCrashes) continue;
    await state.update((draft) => void claim(draft, task.id, isoTime(clock.now()), 'escalate'));
    await quarantine(parts, task);
  }
}
