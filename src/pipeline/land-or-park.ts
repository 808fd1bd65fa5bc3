import { join } from 'node:path';
import { isoTime } from '../clock.ts';
import type { Task } from '../domain/task.ts';
import { messageOf } from '../errors.ts';
import { failpoint } from '../failpoint.ts';
import type { Placed } from '../land/files.ts';
import { keepPatch } from '../land/kept.ts';
import { land, park } from '../land/land.ts';
import type { Verdict } from '../verify/verify.ts';
import type { Patch, Workspace } from '../workspace/types.ts';
import { type AttemptEnd, notAccepted } from './attempt.ts';
import type { LandedBeside } from './landed.ts';
import type { Parts } from './parts.ts';
import { sayConflict } from './say-conflict.ts';

/** So often is a patch replayed on a tree that keeps moving. */
const maxReplays = 3;

export interface LandInput {
  readonly parts: Parts;
  readonly task: Task;
  readonly patch: Patch;
  /** Proves a patch again after it was replayed. */
  readonly judge: (patch: Patch) => Promise<Verdict>;
  /** What was landed since the tree was looked at that the patch was made on. */
  readonly beside: LandedBeside;
  readonly signal: AbortSignal;
}

/** Lands a proven patch on exactly the tree that it was proven on, else replays and proves it again, else parks it. */
export async function landOrPark({ parts, task, patch, judge, beside, signal }: LandInput): Promise<AttemptEnd> {
  let proven = patch;
  // Tests that were green only since another landing were excused so far.
  let isProven = beside.tests.size === 0;
  for (let round = 1; ; round++) {
    const now = await parts.workspace.snapshot();
    if (signal.aborted) return { kind: 'stopped' };
    if (now.tree === proven.base.tree && isProven) {
      const placed = await place(parts, task, proven);
      if (placed.kind === 'placed') return { kind: 'landed', files: proven.changes.map(({ path }) => path) };
      if (placed.kind === 'failed') return parkPatch(parts, task, proven, `it could not be written: ${placed.reason}`);
      if (round > maxReplays) return parkPatch(parts, task, proven, `${placed.path} was being changed`);
      continue;
    }
    if (round > maxReplays) return parkPatch(parts, task, proven, 'the files kept changing while the fix was verified');
    const replay = await parts.workspace.replay(proven, now);
    if (replay.kind === 'conflict' && replay.paths.some((path) => beside.files.has(path)))
      return { kind: 'overtaken', files: replay.paths };
    if (replay.kind === 'conflict') {
      const where = { base: proven.base.tree, now: now.tree, paths: replay.paths };
      return parkPatch(parts, task, proven, await sayConflict(parts.workspace, where));
    }
    parts.events.emit({ type: 'land.replayed', taskId: task.id, round });
    const verdict = await judge(replay.patch);
    // It was proven on the tree that it was made for: nobody's fault, and no reason to pay for another.
    if (verdict.kind === 'rejected' && beside.files.size > 0) return { kind: 'overtaken', files: [...beside.files] };
    if (verdict.kind === 'rejected')
      return parkPatch(parts, task, proven, `it is not proven on your newer changes. ${verdict.reasons.join(' ')}`);
    if (verdict.kind !== 'accepted') return notAccepted(verdict) ?? { kind: 'stopped' };
    if (replay.patch.changes.length === 0) {
      // All of the fix is in their tree already, and the tests are green there: triage may only not have seen it yet.
      parts.open.stop(task.id, 'mended by the person');
      return { kind: 'stopped' };
    }
    proven = replay.patch;
    isProven = true;
  }
}

/** What an earlier landing of the task put into the tree is taken back from its own folder. */
function landingFolder({ state }: Parts, { id, attempts }: Task): string {
  const folder = `${id}/landing`;
  const isTaken = state.current.landings.some(
    (landing) => landing.folder === folder && landing.status !== 'rolled-back',
  );
  return isTaken ? `${folder}-${attempts.length + 1}` : folder;
}

type Placing = Placed | { readonly kind: 'failed'; readonly reason: string };

async function place(parts: Parts, task: Task, patch: Patch): Promise<Placing> {
  const { workspace, state, runs, events, clock, baseline, noteOwnWrite } = parts;
  const startedAt = clock.monotonic();
  const folder = landingFolder(parts, task);
  await keepPatch(workspace, patch, join(runs.folder, folder));
  await failpoint('land.kept');
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
      folder,
      status: 'landing',
      attempt: task.attempts.length + 1,
      ...(task.regression === undefined ? {} : { fingerprint: task.regression.fingerprint }),
    });
  });
  await failpoint('land.recorded');
  // Before the files appear: the watcher must know them as ours when their events come.
  const isAbsent = (blob: string): boolean => /^0+$/.test(blob);
  for (const { path, newBlob } of patch.changes) noteOwnWrite(path, isAbsent(newBlob) ? undefined : newBlob);
  const placed = await tryToLand(workspace, patch);
  await failpoint('land.placed');
  const isPlaced = placed.kind === 'placed';
  if (!isPlaced) {
    for (const { path, oldBlob } of patch.changes) noteOwnWrite(path, isAbsent(oldBlob) ? undefined : oldBlob);
  }
  await state.update((draft) => {
    const triaged = draft.last_triaged_tree ?? baseline.current?.document.tree;
    const record = draft.landings.findLast(({ task_id }) => task_id === task.id);
    if (record !== undefined) record.status = isPlaced ? 'landed' : 'rolled-back';
    // The verdict was on the whole of this tree: after a restart it need not be triaged.
    if (isPlaced && triaged === patch.base.tree) draft.last_triaged_tree = patch.result.tree;
  });
  await failpoint('land.settled');
  const files = patch.changes.map(({ path }) => path);
  if (isPlaced) {
    events.emit({ type: 'land.landed', taskId: task.id, files, durationMs: clock.monotonic() - startedAt });
  }
  return placed;
}

/** A folder that cannot be written, a full disk: the fix is proven all the same, and can be parked. */
async function tryToLand(workspace: Workspace, patch: Patch): Promise<Placing> {
  try {
    return await land(workspace, patch);
  } catch (error) {
    return { kind: 'failed', reason: messageOf(error) };
  }
}

/** Keeps what cannot land: as a patch to read, and with both sides of every file so that it can be applied later. */
export async function parkPatch(parts: Parts, task: Task, patch: Patch, reason: string): Promise<AttemptEnd> {
  const folder = parts.runs.folderOf(task.id);
  await keepPatch(parts.workspace, patch, `${folder}/parked`);
  await failpoint('park.kept');
  const file = await park(patch, folder);
  parts.events.emit({ type: 'land.parked', taskId: task.id, reason, patch: file });
  return { kind: 'parked', reason };
}
