import { basename } from 'node:path';
import type { Thing } from './stock.ts';

export interface RunLimits {
  readonly maxBytes: number;
  readonly keepMs: number;
}

/** A folder may be made before its task stands in the state. */
const youngMs = 60 * 60_000;

/**
 * Which runs go, so that the limits are kept: those that are too old, then the oldest until the rest is small enough.
 * What is needed stays, and what is young. Pure; `now` in epoch ms.
 */
export function runsToPrune(things: readonly Thing[], { maxBytes, keepMs }: RunLimits, now: number): readonly Thing[] {
  const free = freeRuns(things, now, Math.min(youngMs, keepMs)).toSorted(
    (a, b) => a.newestMs - b.newestMs || basename(a.path).localeCompare(basename(b.path)),
  );
  let left = bytesOf(things.filter(({ kind }) => kind === 'runs' || kind === 'needed runs'));
  const pruned: Thing[] = [];
  for (const run of free) {
    if (now - run.newestMs < keepMs && left <= maxBytes) continue;
    pruned.push(run);
    left -= run.bytes;
  }
  return pruned;
}

/** Those that nothing needs and that are at least so old; with a negative age all of them. */
export function freeRuns(things: readonly Thing[], now: number, atLeastMs: number = youngMs): readonly Thing[] {
  return things.filter(({ kind, newestMs }) => kind === 'runs' && now - newestMs >= atLeastMs);
}

export function bytesOf(things: readonly Thing[]): number {
  return things.reduce((sum, { bytes }) => sum + bytes, 0);
}
