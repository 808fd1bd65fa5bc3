import { join } from 'node:path';
import { isoTime } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { recoverLanding } from '../land/recover.ts';
import { findTask, finish } from '../queue/transitions.ts';
import type { Parts } from './parts.ts';
import { remember, taskFinished } from './settle.ts';

/** A landing that a crash cut short is finished or taken back; only then is its task looked at again. */
export async function recoverLandings(parts: Parts): Promise<void> {
  const { state, runs, workspace, events, clock } = parts;
  for (const { task_id: taskId, folder } of state.current.landings.filter(({ status }) => status === 'landing')) {
    let recovered: 'finished' | 'rolled-back' | 'conflict';
    try {
      const merge = (versions: Parameters<typeof workspace.mergeFile>[0]) => workspace.mergeFile(versions);
      recovered = await recoverLanding({ root: workspace.root, folder: join(runs.folder, folder), merge });
    } catch (error) {
      events.emit({ type: 'fault', where: `landing of ${taskId}`, message: messageOf(error) });
      recovered = 'conflict';
    }
    if (recovered === 'conflict') {
      events.emit({
        type: 'state.notice',
        message: `The landing of ${taskId} was cut short, and you have changed its files since: a part of the fix may be in your tree. What it was is in ${join(runs.folder, folder)}.`,
      });
    }
    const now = isoTime(clock.now());
    await state.update((draft) => {
      const record = draft.landings.findLast(({ task_id, status }) => task_id === taskId && status === 'landing');
      if (record !== undefined) record.status = recovered === 'finished' ? 'landed' : 'rolled-back';
      if (recovered !== 'finished' || findTask(draft, taskId)?.status !== 'in_progress') return;
      finish(draft, taskId, 'fixed', now);
      draft.statistics.tasks_processed++;
      draft.statistics.tasks_succeeded++;
      remember(draft, now, 'task_finished', taskId, {
        outcome: 'fixed',
        note: 'the landing was finished after a restart',
      });
    });
    if (recovered === 'finished') taskFinished(parts, taskId, 'the landing was finished after a restart');
  }
}
