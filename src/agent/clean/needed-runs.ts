import { lastGoodPath } from '../../state/disk.ts';
import type { StateDocument } from '../../state/schema.ts';
import { readState } from '../../state/store.ts';

/** Why the run of a task must stay. */
export type Need = 'under way' | 'open' | 'undo' | 'parked' | 'report';

/** What each is needed for, by the id of its task. `all`: nobody can say, so everything is. */
export type Needs = ReadonlyMap<string, Need> | 'all';

type Known = Pick<StateDocument, 'queues' | 'landings' | 'outbox' | 'escalations'>;

/** Pure. The more pressing reason is given where there are several. */
export function needsOf({ queues, landings, outbox, escalations }: Known): ReadonlyMap<string, Need> {
  const needs = new Map<string, Need>();
  const need = (taskId: string, why: Need): void => {
    if (!needs.has(taskId)) needs.set(taskId, why);
  };
  for (const { task_id, folder, status } of landings) {
    if (!['landing', 'applying', 'undoing'].includes(status)) continue;
    for (const id of [task_id, folderOf(folder)]) need(id, 'under way');
  }
  for (const { id } of [...queues.pending, ...queues.in_progress]) need(id, 'open');
  for (const { task_id, folder, status } of landings) {
    if (status === 'landed') for (const id of [task_id, folderOf(folder)]) need(id, 'undo');
  }
  for (const { id, outcome, red_to_mark } of [...queues.completed, ...queues.failed]) {
    if (outcome === 'parked') need(id, 'parked');
    else if (red_to_mark !== undefined) need(id, 'open');
  }
  for (const { task_id, report } of outbox) for (const id of [task_id, folderOf(report)]) need(id, 'report');
  // Whether what people were told of is mended is asked of its record.
  for (const { task_id, report, status } of escalations) {
    if (status === 'open') for (const id of [task_id, folderOf(report)]) need(id, 'report');
  }
  return needs;
}

/** By the state file, or the last good copy of it. */
export async function readNeeds(stateFile: string): Promise<Needs> {
  let isDamaged = false;
  for (const file of [stateFile, lastGoodPath(stateFile)]) {
    const read = await readState(file);
    if (read.kind === 'state') return needsOf(read.document);
    isDamaged ||= read.kind === 'damaged';
  }
  return isDamaged ? 'all' : new Map();
}

/** The first step of a path under `runs/`. */
function folderOf(path: string): string {
  return path.split('/')[0] ?? path;
}
