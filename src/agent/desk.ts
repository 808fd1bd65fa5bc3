import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isoTime, systemClock } from '../clock.ts';
import { commandEnvironment } from '../config/environment.ts';
import type { Config } from '../config/types.ts';
import type { Landing, Task } from '../domain/task.ts';
import { MendwatchError } from '../errors.ts';
import { failpoint } from '../failpoint.ts';
import { type KeptFile, readKept } from '../land/kept.ts';
import { type Restored, restore } from '../land/restore.ts';
import { alone, journalOf, recoverAlone, settleMove } from '../pipeline/moves.ts';
import type { StateStore } from '../state/store.ts';
import { mergeFile } from '../workspace/merge-file.ts';

/** What a person can do with a finished task, whether or not an agent runs. */
export interface Desk {
  /** Takes a landed fix back, and mutes its regression: undo means no. */
  undo(task: Task): Promise<Restored>;
  /** Puts a parked fix into the working tree. */
  apply(task: Task): Promise<Restored>;
}

type Launch = Readonly<Record<string, string | undefined>>;

/** On the state of the running agent, or on its file where none runs. @param env the environment of the launch */
export function deskOn(state: StateStore, config: Config, env: Launch): Desk {
  const merge = (versions: Parameters<typeof mergeFile>[1]) => mergeFile(commandEnvironment(env, config), versions);
  const input = {
    ...{ state, merge, stateFile: config.stateFile, runsFolder: config.runsFolder, root: config.projectRoot },
    tell: (message: string): never => {
      throw new MendwatchError(message, { remedy: 'Look at these files, then give the command again.' });
    },
  };
  const move: Move = (folder, direction, journal) =>
    restore({
      ...{ root: config.projectRoot, direction, merge },
      folder: join(config.runsFolder, folder),
      journal: join(config.runsFolder, journal),
    });
  const inTurn = (act: () => Promise<Restored>): Promise<Restored> =>
    alone(config.stateFile, async () => {
      // An earlier one was killed in the middle: what it was about to do is done or taken back first.
      await recoverAlone(input);
      return act();
    });
  return {
    undo: (task) => inTurn(() => undo(state, config.runsFolder, task, move)),
    apply: (task) => inTurn(() => apply(state, config.runsFolder, task, move)),
  };
}

type Move = (folder: string, direction: 'undo' | 'apply', journal: string) => Promise<Restored>;

async function undo(state: StateStore, runsFolder: string, task: Task, move: Move): Promise<Restored> {
  const isLanded = ({ task_id, status }: Landing): boolean => task_id === task.id && status === 'landed';
  const landed = state.current.landings.findLast(isLanded);
  if (landed === undefined) {
    throw new MendwatchError(`Nothing of ${task.id} is in your working tree, so there is nothing to undo.`, {
      remedy: `\`mendwatch show ${task.id}\` says what became of it.`,
    });
  }
  const landing = { ...landed, status: 'undoing' as const };
  const fingerprint = landing.fingerprint ?? task.regression?.fingerprint;
  // Muted first: a running agent sees the files change in the same moment.
  await state.update((draft) => {
    const record = draft.landings.findLast(isLanded);
    if (record !== undefined) record.status = 'undoing';
    if (fingerprint === undefined || draft.muted.some((entry) => entry.fingerprint === fingerprint)) return;
    draft.muted.push({ fingerprint, task_id: task.id, muted_at: isoTime(systemClock.now()), seen: false });
  });
  await failpoint('move.recorded');
  const restored = await settled(state, landing, () => move(landing.folder, 'undo', journalOf(landing)));
  await state.update((draft) => {
    settleMove(draft, landing, restored.kind === 'restored');
    if (restored.kind !== 'restored') return;
    draft.conversation_history.push({ timestamp: isoTime(systemClock.now()), type: 'undone', task_id: task.id });
  });
  await rm(join(runsFolder, journalOf(landing)), { recursive: true, force: true });
  return restored;
}

async function apply(state: StateStore, runsFolder: string, task: Task, move: Move): Promise<Restored> {
  if (task.outcome !== 'parked') {
    throw new MendwatchError(`${task.id} has no parked fix.`, {
      remedy: '`mendwatch tasks` shows which tasks are parked.',
    });
  }
  const parked = `${task.id}/parked`;
  const landing = newLanding(state, task);
  await state.update((draft) => void draft.landings.push(structuredClone(landing)));
  await failpoint('move.recorded');
  const restored = await settled(state, landing, () => move(parked, 'apply', landing.folder));
  // What was in the tree already can be undone all the same.
  const isThere = restored.kind === 'restored' && restored.files.length === 0;
  const folder = isThere ? parked : landing.folder;
  const files = restored.kind === 'restored' ? landedFiles(await readKept(join(runsFolder, folder))) : [];
  await state.update((draft) => {
    const isTwice = isThere && draft.landings.some(({ task_id, status }) => task_id === task.id && status === 'landed');
    const isDone = restored.kind === 'restored' && !isTwice;
    settleMove(draft, landing, isDone);
    if (!isDone) return;
    const now = isoTime(systemClock.now());
    const record = draft.landings.findLast((entry) => entry.folder === landing.folder);
    if (record !== undefined) Object.assign(record, { files, folder, landed_at: now });
    const history = { timestamp: now, type: 'applied', task_id: task.id, files: restored.files.slice(0, 20) };
    draft.conversation_history.push(history);
  });
  return restored;
}

/** What is kept of the files is filled in when it is known which of them have to change. */
function newLanding({ current }: StateStore, { id, regression }: Task): Landing {
  const count = current.landings.filter(({ task_id }) => task_id === id).length;
  return {
    task_id: id,
    landed_at: isoTime(systemClock.now()),
    files: [],
    folder: `${id}/applied-${count + 1}`,
    status: 'applying',
    ...(regression === undefined ? {} : { fingerprint: regression.fingerprint }),
  };
}

/** A move that throws has changed nothing. */
async function settled(state: StateStore, landing: Landing, move: () => Promise<Restored>): Promise<Restored> {
  try {
    return await move();
  } catch (error) {
    await state.update((draft) => settleMove(draft, landing, false));
    throw error;
  }
}

function landedFiles(kept: readonly KeptFile[]): Landing['files'] {
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
