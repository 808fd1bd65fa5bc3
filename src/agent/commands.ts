import { isoTime, systemClock } from '../clock.ts';
import type { Config } from '../config/types.ts';
import { armFailpoint } from '../failpoint.ts';
import type { Restored } from '../land/restore.ts';
import { cancelIn, retryIn } from '../pipeline/at-word.ts';
import type { Parts } from '../pipeline/parts.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import { pause, resume, snooze } from '../state/holds.ts';
import type { StateDocument } from '../state/schema.ts';
import { openStateStore, type StateStore } from '../state/store.ts';
import type { AgentCommands, Standing } from './control.ts';
import { deskOn } from './desk.ts';
import { findOne } from './known-tasks.ts';
import { reachAgent } from './reach-agent.ts';

type Launch = Readonly<Record<string, string | undefined>>;

/** The commands of a running agent, in its own process. */
export function commandsOf(parts: Parts, pipeline: Pipeline, launch: Launch): AgentCommands {
  const { state, config } = parts;
  const desk = deskOn(state, config, launch);
  const hold = async (change: (draft: StateDocument) => void): Promise<Standing> => {
    const before = state.current.processes.orchestrator;
    const standing = await changeStanding(state, change);
    const { paused_at, snoozed_until } = standing;
    // Said a second time it changes nothing, and is no news.
    if (paused_at === before.paused_at && snoozed_until === before.snoozed_until) return standing;
    pipeline.wake();
    parts.events.emit({
      type: 'agent.held',
      ...(paused_at === undefined ? {} : { pausedAt: paused_at }),
      ...(snoozed_until === undefined ? {} : { snoozedUntil: snoozed_until }),
    });
    return standing;
  };
  const move = async (taskId: string, direction: 'undo' | 'apply'): Promise<Restored> => {
    const task = findOne(state.current, taskId);
    const restored = await desk[direction](task);
    const type = direction === 'undo' ? 'land.undone' : 'land.applied';
    if (restored.kind !== 'restored') return restored;
    parts.events.emit({ type, taskId: task.id, files: restored.files });
    // It may have been asked for again since, and would come back.
    if (direction === 'undo') await pipeline.cancel(task.id);
    return restored;
  };
  return {
    ...holding(hold),
    retry: (taskId) => pipeline.retry(taskId),
    cancel: (taskId) => pipeline.cancel(taskId),
    undo: (taskId) => move(taskId, 'undo'),
    apply: (taskId) => move(taskId, 'apply'),
  };
}

/** The agent's own, when one runs; else the same on its state file, by the lock. */
export async function openCommands(config: Config, launch: Launch): Promise<AgentCommands> {
  return (await reachAgent(config)) ?? commandsOnFile(config, launch);
}

function commandsOnFile(config: Config, launch: Launch): AgentCommands {
  armFailpoint(launch);
  const visit = async <T>(act: (state: StateStore) => Promise<T>): Promise<T> => {
    const state = await openStateStore({ file: config.stateFile, lockFile: config.lockFile, clock: systemClock });
    try {
      return await act(state);
    } finally {
      await state.close();
    }
  };
  const now = (): string => isoTime(systemClock.now());
  return {
    ...holding((change) => visit((state) => changeStanding(state, change))),
    retry: (taskId) => visit((state) => state.update((draft) => structuredClone(retryIn(draft, taskId, now())))),
    cancel: (taskId) => visit((state) => state.update((draft) => cancelOnFile(draft, taskId, now()))),
    undo: (taskId) => visit((state) => deskOn(state, config, launch).undo(findOne(state.current, taskId))),
    apply: (taskId) => visit((state) => deskOn(state, config, launch).apply(findOne(state.current, taskId))),
  };
}

function holding(hold: (change: (draft: StateDocument) => void) => Promise<Standing>) {
  return {
    pause: () => hold((draft) => pause(draft, systemClock.now())),
    resume: () => hold(resume),
    snooze: (ms: number) => hold((draft) => snooze(draft, systemClock.now() + ms)),
  };
}

function changeStanding(state: StateStore, change: (draft: StateDocument) => void): Promise<Standing> {
  return state.update((draft) => {
    change(draft);
    return structuredClone(draft.processes.orchestrator);
  });
}

/** What a dead agent left in progress waits like the others. */
function cancelOnFile(draft: StateDocument, taskId: string, now: string) {
  const task = findOne(draft, taskId);
  if (task.status === 'completed' || task.status === 'failed') return structuredClone(task);
  return structuredClone(cancelIn(draft, task.id, now));
}
