import { isoTime } from '../clock.ts';
import type { Task } from '../domain/task.ts';
import { keepBytes, land, park } from '../land/land.ts';
import type { Verdict } from '../verify/verify.ts';
import type { Patch } from '../workspace/types.ts';
import { type AttemptEnd, notAccepted } from './attempt.ts';
import type { Parts } from './parts.ts';

/** So often is a patch replayed on a tree that keeps moving. */
const maxReplays = 3;

export interface LandInput {
  readonly parts: Parts;
  readonly task: Task;
  readonly patch: Patch;
  /** Proves a patch again after it was replayed. */
  readonly judge: (patch: Patch) => Promise<Verdict>;
  readonly mode: 'apply' | 'park';
  readonly signal: AbortSignal;
}

/** Lands a proven patch on exactly the tree that it was proven on, else replays and proves it again, else parks it. */
export async function landOrPark({ parts, task, patch, judge, mode, signal }: LandInput): Promise<AttemptEnd> {
  if (mode === 'park') return parkPatch(parts, task, patch, 'LAND=park: fixes are parked for you to apply');
  let proven = patch;
  for (let round = 1; ; round++) {
    const now = await parts.workspace.snapshot();
    if (signal.aborted) return { kind: 'stopped' };
    if (now.tree === proven.base.tree) {
      const placed = await place(parts, task, proven);
      if (placed === undefined) return { kind: 'landed', files: proven.changes.map(({ path }) => path) };
      if (round > maxReplays) return parkPatch(parts, task, proven, `${placed} was being changed`);
      continue;
    }
    if (round > maxReplays) return parkPatch(parts, task, proven, 'the files kept changing while the fix was verified');
    const replay = await parts.workspace.replay(proven, now);
    if (replay.kind === 'conflict')
      return parkPatch(parts, task, proven, `you changed the same lines in ${replay.paths.join(', ')}`);
    parts.events.emit({ type: 'land.replayed', taskId: task.id, round });
    const refused = notAccepted(await judge(replay.patch));
    if (refused !== undefined) return refused;
    proven = replay.patch;
  }
}

/** Gives the path that the person changed in the last moment, or undefined when everything is in place. */
async function place(parts: Parts, task: Task, patch: Patch): Promise<string | undefined> {
  const { workspace, state, runs, events, clock, noteOwnWrite } = parts;
  const folder = `${runs.folderOf(task.id)}/landing`;
  await keepBytes(workspace, patch, folder);
  await state.update((draft) => {
    draft.landings.push({
      task_id: task.id,
      landed_at: isoTime(clock.now()),
      files: patch.changes.map(({ path, oldBlob, newBlob, oldMode, newMode }) => ({
        path,
        old_blob: oldBlob,
        new_blob: newBlob,
        old_mode: oldMode,
        new_mode: newMode,
      })),
      folder: `${task.id}/landing`,
      status: 'landing',
    });
  });
  // Before the files appear: the watcher must know them as ours when their events come.
  const isAbsent = (blob: string): boolean => /^0+$/.test(blob);
  for (const { path, newBlob } of patch.changes) noteOwnWrite(path, isAbsent(newBlob) ? undefined : newBlob);
  const placed = await land(workspace, patch);
  if (placed.kind === 'person-won') {
    for (const { path, oldBlob } of patch.changes) noteOwnWrite(path, isAbsent(oldBlob) ? undefined : oldBlob);
  }
  await state.update((draft) => {
    const record = draft.landings.findLast(({ task_id }) => task_id === task.id);
    if (record !== undefined) record.status = placed.kind === 'placed' ? 'landed' : 'rolled-back';
  });
  if (placed.kind === 'person-won') return placed.path;
  events.emit({ type: 'land.landed', taskId: task.id, files: patch.changes.map(({ path }) => path) });
  return undefined;
}

async function parkPatch(parts: Parts, task: Task, patch: Patch, reason: string): Promise<AttemptEnd> {
  const file = await park(patch, parts.runs.folderOf(task.id));
  parts.events.emit({ type: 'land.parked', taskId: task.id, reason, patch: file });
  return { kind: 'parked', reason };
}
