import { join } from 'node:path';
import { isoTime, systemClock } from '../clock.ts';
import { commandEnvironment } from '../config/environment.ts';
import type { Config } from '../config/types.ts';
import type { Task } from '../domain/task.ts';
import { MendwatchError } from '../errors.ts';
import { type KeptFile, readKept } from '../land/kept.ts';
import { type Restored, restore } from '../land/restore.ts';
import type { StateDocument } from '../state/schema.ts';
import { openStateStore, type StateStore } from '../state/store.ts';
import { mergeFile } from '../workspace/merge-file.ts';

/** What a person can do with a finished task, whether or not an agent runs. */
export interface Desk {
  /** Takes a landed fix back, and mutes its regression: undo means no. */
  undo(task: Task): Promise<Restored>;
  /** Puts a parked fix into the working tree. */
  apply(task: Task): Promise<Restored>;
}

/** @param env the environment of the launch */
export function openDesk(config: Config, env: Readonly<Record<string, string | undefined>>): Desk {
  const move = (folder: string, direction: 'undo' | 'apply'): Promise<Restored> =>
    restore({
      root: config.projectRoot,
      folder: join(config.runsFolder, folder),
      direction,
      merge: (versions) => mergeFile(commandEnvironment(env, config), versions),
    });
  return {
    undo: (task) => visit(config, (state) => undo(state, task, move)),
    apply: (task) => visit(config, (state) => apply(state, task, config.runsFolder, move)),
  };
}

type Move = (folder: string, direction: 'undo' | 'apply') => Promise<Restored>;

async function undo(state: StateStore, task: Task, move: Move): Promise<Restored> {
  const landing = state.current.landings.findLast(({ task_id, status }) => task_id === task.id && status === 'landed');
  if (landing === undefined) {
    throw new MendwatchError(`Nothing of ${task.id} is in your working tree, so there is nothing to undo.`, {
      remedy: `\`mendwatch show ${task.id}\` says what became of it.`,
    });
  }
  // Muted first: a running agent sees the files change in the same moment.
  const fingerprint = landing.fingerprint ?? task.regression?.fingerprint;
  await state.update((draft) => {
    if (fingerprint === undefined || draft.muted.some((entry) => entry.fingerprint === fingerprint)) return;
    draft.muted.push({ fingerprint, task_id: task.id, muted_at: isoTime(systemClock.now()), seen: false });
  });
  const restored = await move(landing.folder, 'undo');
  await state.update((draft) => {
    const record = draft.landings.findLast(({ task_id, status }) => task_id === task.id && status === 'landed');
    if (restored.kind === 'restored') {
      if (record !== undefined) record.status = 'undone';
      const { conversation_history: history } = draft;
      history.push({ timestamp: isoTime(systemClock.now()), type: 'undone', task_id: task.id });
    } else draft.muted = draft.muted.filter((entry) => entry.fingerprint !== fingerprint);
  });
  return restored;
}

async function apply(state: StateStore, task: Task, runsFolder: string, move: Move): Promise<Restored> {
  if (task.outcome !== 'parked') {
    throw new MendwatchError(`${task.id} has no parked fix.`, {
      remedy: '`mendwatch tasks` shows which tasks are parked.',
    });
  }
  const folder = `${task.id}/parked`;
  const restored = await move(folder, 'apply');
  if (restored.kind !== 'restored') return restored;
  const files = landedFiles(await readKept(join(runsFolder, folder)));
  await state.update((draft) => {
    const now = isoTime(systemClock.now());
    const { fingerprint } = task.regression ?? {};
    draft.landings.push({
      task_id: task.id,
      landed_at: now,
      files,
      folder,
      status: 'landed',
      ...(fingerprint === undefined ? {} : { fingerprint }),
    });
    draft.conversation_history.push({
      timestamp: now,
      type: 'applied',
      task_id: task.id,
      files: restored.files.slice(0, 20),
    });
  });
  return restored;
}

function landedFiles(kept: readonly KeptFile[]): StateDocument['landings'][number]['files'] {
  const absent = '0'.repeat(40);
  const gitMode = (blob: string | null, mode: number): string =>
    blob === null ? '000000' : mode & 0o100 ? '100755' : '100644';
  return kept.map(({ path, old_blob, new_blob, old_mode, new_mode }) => ({
    path,
    old_blob: old_blob ?? absent,
    new_blob: new_blob ?? absent,
    old_mode: gitMode(old_blob, old_mode),
    new_mode: gitMode(new_blob, new_mode),
  }));
}

/** Beside a running agent, by the lock of the state file; the agent takes the change over with its next write. */
async function visit<T>(config: Config, act: (state: StateStore) => Promise<T>): Promise<T> {
  const state = await openStateStore({ file: config.stateFile, lockFile: config.lockFile, clock: systemClock });
  try {
    return await act(state);
  } finally {
    await state.close();
  }
}
