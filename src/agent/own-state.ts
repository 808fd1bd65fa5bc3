import { rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { isoTime, systemClock } from '../clock.ts';
import type { Config } from '../config/types.ts';
import type { AgentEvents } from '../events.ts';
import { workingStatus } from '../state/holds.ts';
import { openStateStore, type StateStore, stateNotice } from '../state/store.ts';
import { foreignTo } from './own-project.ts';

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

/**
 * @param socket where it takes commands
 * @throws MendwatchError (exit code 2) when it is the state of another project
 */
export async function sayStarting(state: StateStore, socket: string, config: Config): Promise<void> {
  const { projectRoot, baselineFile } = config;
  const now = isoTime(systemClock.now());
  const foreign = foreignTo(config, state.current);
  if (foreign !== undefined) throw foreign;
  const isTakenOver = ![undefined, projectRoot].includes(state.current.project);
  // What was green there says nothing of the tests here.
  if (isTakenOver) rmSync(baselineFile, { force: true });
  await state.update((draft) => {
    const { orchestrator } = draft.processes;
    draft.project = projectRoot;
    if (isTakenOver) draft.last_triaged_tree = null;
    delete orchestrator.baseline_since;
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
    if (status !== 'stopped') return;
    delete orchestrator.socket;
    delete orchestrator.baseline_since;
  });
}
