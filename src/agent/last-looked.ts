import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isoTime } from '../clock.ts';
import type { Config } from '../config/types.ts';
import type { Task } from '../domain/task.ts';
import type { StateDocument } from '../state/schema.ts';

/** Who has looked within this time knows it all. */
const freshMs = 60 * 60_000;

/** What has ended while nobody looked. */
export interface Missed {
  /** Epoch ms. */
  readonly sinceMs: number;
  readonly fixed: number;
  readonly parked: number;
  readonly failed: number;
  readonly reported: number;
  readonly costUsd: number;
}

/** When the person looked last. */
export function lastLookedOf({ stateFile }: Pick<Config, 'stateFile'>): string {
  return join(dirname(stateFile), 'last_looked');
}

type Queues = Pick<StateDocument, 'queues'>;

/** Undefined where the person has looked within the hour, has never looked, or nothing has happened. Times are epoch ms. */
export function missedIn({ queues }: Queues, lastLookedMs: number | undefined, now: number): Missed | undefined {
  if (lastLookedMs === undefined || now - lastLookedMs < freshMs) return undefined;
  const ended = [...queues.completed, ...queues.failed].filter(
    ({ finished_at = '' }) => Date.parse(finished_at) > lastLookedMs,
  );
  const number = (isIt: (task: Task) => boolean): number => ended.filter(isIt).length;
  const missed = {
    fixed: number(({ outcome }) => outcome === 'fixed'),
    parked: number(({ outcome }) => outcome === 'parked'),
    failed: number(({ status }) => status === 'failed'),
    reported: number(({ outcome }) => outcome === 'reported'),
  };
  if (Object.values(missed).every((sum) => sum === 0)) return undefined;
  const costUsd = ended.reduce((sum, { cost_usd = 0 }) => sum + cost_usd, 0);
  return { sinceMs: lastLookedMs, ...missed, costUsd };
}

/** What was missed until now; from now on it counts as seen. */
export async function lookAgain(config: Place, state: Queues): Promise<Missed | undefined> {
  const missed = await missedSince(config, state);
  await noteLook(config);
  return missed;
}

export async function missedSince(config: Place, state: Queues): Promise<Missed | undefined> {
  const text = await readFile(noteOf(config), 'utf8').catch(() => '');
  const last = Date.parse(text.trim());
  return missedIn(state, Number.isNaN(last) ? undefined : last, Date.now());
}

/** Where it cannot be written, as in another person's folder, the same is told once more. Never rejects. */
export async function noteLook(config: Place): Promise<void> {
  await writeFile(noteOf(config), `${isoTime(Date.now())}\n`, { mode: 0o600 }).catch(() => undefined);
}

type Place = Pick<Config, 'stateFile'>;

function noteOf({ stateFile }: Place): string {
  return join(dirname(stateFile), 'last_looked');
}
