import { hostname } from 'node:os';
import { isAlive } from '../process/is-alive.ts';
import { holdsOf } from '../state/holds.ts';
import type { StateDocument } from '../state/schema.ts';
import { whenWords } from './missed.ts';
import { inWords } from './now.ts';

/** Whether an agent runs, and what it was told to leave. `now` in epoch ms. */
export function standingLine(state: StateDocument, project: string, now: number): string {
  const { status, pid, started_at, last_heartbeat } = state.processes.orchestrator;
  const since = started_at === null ? '' : `, since ${whenWords(Date.parse(started_at), now)}`;
  const beat = last_heartbeat === null ? 'never' : `${inWords(now - Date.parse(last_heartbeat))} ago`;
  const who = pid === null || status === 'stopped' ? '' : ` (process ${pid}${since}, last heartbeat ${beat})`;
  const gone = isGone(state)
    ? `not running, though the state file says ${status}: it ended without a word. \`start\` takes up where it was`
    : status;
  return `${project}: ${gone}${heldText(state, now)}${who}`;
}

/** The file may say running while its process is gone: then the agent ended without a word. */
export function isGone({ processes: { orchestrator } }: StateDocument): boolean {
  const { status, pid, host } = orchestrator;
  return status !== 'stopped' && pid !== null && host === hostname() && !isAlive(pid);
}

/** Since when all tests are run to know what is green, in epoch ms; undefined where they are not. */
export function baselineSinceMs(state: StateDocument): number | undefined {
  const at = Date.parse(state.processes.orchestrator.baseline_since ?? '');
  return Number.isNaN(at) || isGone(state) ? undefined : at;
}

/** Why each check is not well. */
export function healthLines({ health }: StateDocument): readonly string[] {
  const word = health.healthy === null ? 'not checked yet' : health.healthy ? 'well' : 'not well';
  return [`Health: ${word}`, ...Object.entries(health.reasons ?? {}).map(([name, why]) => `  ${name}: ${why}`)];
}

function heldText(state: StateDocument, now: number): string {
  const { paused, snoozedUntilMs } = holdsOf(state, now);
  const { status, paused_at: at } = state.processes.orchestrator;
  const since = at === undefined ? '' : ` since ${whenWords(Date.parse(at), now)}`;
  const held = [
    ...(paused ? [status === 'paused' ? since.trim() : `paused${since}`] : []),
    ...(snoozedUntilMs === undefined ? [] : [`no fix is begun before ${whenWords(snoozedUntilMs, now)}`]),
  ];
  return held.map((text) => `, ${text}`).join('');
}
