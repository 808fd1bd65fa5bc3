import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Config } from '../config/types.ts';
import { messageOf } from '../errors.ts';
import type { StateDocument } from '../state/schema.ts';

/** So many heartbeats may fail to come, and so long a loop may take to answer. */
const [missedBeats, answerMs] = [3, 60_000];
const minFreeBytes = 1024 * 1024;
/** A message that could not be told for so long is stuck; services are away for minutes. */
const stuckMs = 60 * 60_000;

/** How long there was no sign of life, in ms, where that is too long. `now` in epoch ms. */
export function silenceMs(state: StateDocument, { heartbeatMs }: Config, now: number): number | undefined {
  const { status, started_at, last_heartbeat } = state.processes.orchestrator;
  const last = Date.parse(last_heartbeat ?? started_at ?? '');
  if (status === 'stopped' || Number.isNaN(last)) return undefined;
  return now - last > missedBeats * heartbeatMs + answerMs ? now - last : undefined;
}

/** Why the state can be made durable no longer, as far as another process can see. */
export async function whyNotDurable({ stateFile }: Pick<Config, 'stateFile'>): Promise<string | undefined> {
  try {
    await access(dirname(stateFile), constants.W_OK);
    await access(stateFile, constants.W_OK);
    const { bavail, bsize } = await statfs(dirname(stateFile));
    return bavail * bsize < minFreeBytes ? 'the disk is full' : undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** Messages that no service takes, or that have waited for very long. `now` in epoch ms. */
export function stuckMessages({ outbox }: StateDocument, now: number): number {
  return outbox.filter(
    ({ event, status, attempts, created_at }) =>
      event !== 'check' && (status === 'parked' || (attempts > 0 && now - Date.parse(created_at) > stuckMs)),
  ).length;
}
