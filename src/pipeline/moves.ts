import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../clock.ts';
import type { Landing } from '../domain/task.ts';
import { codeOf, MendwatchError, messageOf } from '../errors.ts';
import { type Recovered, recoverLanding } from '../land/recover.ts';
import type { RestoreInput } from '../land/restore.ts';
import { takeGuard } from '../state/guard.ts';
import type { StateDocument } from '../state/schema.ts';
import type { StateStore } from '../state/store.ts';

/** Where a person's undo or apply works. */
export interface MovesInput {
  readonly state: StateStore;
  readonly stateFile: string;
  readonly runsFolder: string;
  readonly root: string;
  readonly merge: RestoreInput['merge'];
  readonly tell: (message: string) => void;
}

const waits = { pollMs: 50, limitMs: 20_000 } as const;

/** Both sides of the files that an undo moves; of an apply, the folder of its landing. */
export function journalOf({ folder, status }: Pick<Landing, 'folder' | 'status'>): string {
  return status === 'undoing' ? `${folder}/undo` : folder;
}

/** One undo or apply at a time on a state file, whoever asks for it. */
export async function alone<T>(stateFile: string, act: () => Promise<T>): Promise<T> {
  const endsAt = systemClock.monotonic() + waits.limitMs;
  for (;;) {
    const guard = await takeGuard([`${stateFile}.moves`]);
    if ('release' in guard) {
      try {
        return await act();
      } finally {
        await guard.release();
      }
    }
    if (systemClock.monotonic() > endsAt) {
      throw new MendwatchError('Another undo or apply is under way on this project.', {
        remedy: 'Wait until it has ended and try again.',
      });
    }
    await systemClock.sleep(waits.pollMs);
  }
}

/** At a start: what an undo or apply left when it was killed. One that is alive is left to its work. */
export async function recoverMoves(input: MovesInput): Promise<void> {
  if (underWay(input.state.current).length === 0) return;
  const guard = await takeGuard([`${input.stateFile}.moves`]);
  if (!('release' in guard)) return;
  try {
    await recoverAlone(input);
  } finally {
    await guard.release();
  }
}

/** The same for who is alone already. */
export async function recoverAlone(input: MovesInput): Promise<void> {
  for (const landing of underWay(input.state.current)) {
    const journal = join(input.runsFolder, journalOf(landing));
    let recovered: Recovered;
    let why = 'you have changed its files since';
    try {
      recovered = (await exists(join(journal, 'files.json')))
        ? await recoverLanding({ root: input.root, folder: journal, merge: input.merge })
        : 'rolled-back';
    } catch (error) {
      recovered = 'conflict';
      why = `could not be brought to its end (${messageOf(error)})`;
    }
    await input.state.update((draft) => settleMove(draft, landing, recovered === 'finished'));
    if (landing.status === 'undoing') await rm(journal, { recursive: true, force: true });
    // Last: it may be thrown, and the next command must not meet the same again.
    if (recovered === 'conflict') input.tell(cutShort(landing, why, input.runsFolder));
  }
}

function cutShort({ task_id, folder, status }: Landing, why: string, runsFolder: string): string {
  const what = status === 'undoing' ? 'undo' : 'apply';
  return `\`${what} ${task_id}\` was cut short, and ${why}: a part of it may be in your tree. What it was is in ${join(runsFolder, folder)}.`;
}

/** Writes the end of a move into the draft. Not done, it is as if it had not been asked for. */
export function settleMove(draft: StateDocument, { task_id, folder, status }: Landing, isDone: boolean): void {
  const record = draft.landings.findLast((entry) => entry.folder === folder && entry.status === status);
  if (record === undefined) return;
  if (status === 'applying') record.status = isDone ? 'landed' : 'rolled-back';
  else record.status = isDone ? 'undone' : 'landed';
  if (status === 'undoing' && !isDone) {
    draft.muted = draft.muted.filter((entry) => entry.task_id !== task_id || entry.seen === true);
  }
}

function underWay({ landings }: StateDocument): readonly Landing[] {
  return landings.filter(({ status }) => status === 'applying' || status === 'undoing');
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    (error: unknown) => {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    },
  );
}
