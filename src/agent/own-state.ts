import { rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { isoTime, systemClock } from '../clock.ts';
import type { Config } from '../config/types.ts';
import type { AgentEvents } from '../events.ts';
import { workingStatus } from '../state/holds.ts';
import { openStateStore, type StateStore, stateNotice } from '../state/store.ts';

export interface OwnStateOptions {
  readonly config: Config;
  readonly events: AgentEvents;
  readonly scrub: (text: string) => string;
  /** Another agent has taken the file over. */
  readonly onFenced: (message: string) => void;
  /** It can be written again. */
  readonly onRecovered: () => void;
}

/** The state file of this agent, which holds the guard of it. */
export function openOwnState({ config, events, scrub, onFenced, onRecovered }: OwnStateOptions): Promise<StateStore> {
  return openStateStore({
    file: config.stateFile,
    lockFile: config.lockFile,
    clock: systemClock,
    guarded: true,
    scrub,
    onEvent: (event) => {
      const message = stateNotice(event);
      if (message !== undefined) events.emit({ type: 'state.notice', message });
      // Its tasks are gone: what they held is red, and the baseline of that time would still call it green and wait for them.
      if ((event.kind === 'damaged' || event.kind === 'missing') && event.restored === 'fresh') {
        rmSync(config.baselineFile, { force: true });
      }
      if (event.kind === 'fenced') onFenced(event.message);
      if (event.kind === 'recovered') onRecovered();
    },
  });
}

/** @param socket where it takes commands */
export async function sayStarting(state: StateStore, socket: string): Promise<void> {
  const now = isoTime(systemClock.now());
  await state.update((draft) => {
    const { orchestrator } = draft.processes;
    const birth = { pid: process.pid, host: hostname(), started_at: now };
    Object.assign(orchestrator, { status: 'starting', last_heartbeat: now, socket, ...birth });
    draft.statistics.uptime_start = now;
  });
}

/** `working` is running, or paused where a person has said so. */
export async function sayStatus(state: StateStore, status: 'working' | 'stopping' | 'stopped'): Promise<void> {
  const now = isoTime(systemClock.now());
  await state.update((draft) => {
    const { orchestrator } = draft.processes;
    orchestrator.status = status === 'working' ? workingStatus(draft) : status;
    orchestrator.last_heartbeat = now;
    if (status === 'stopped') delete orchestrator.socket;
  });
}
