import { lstatSync, rmdirSync, rmSync } from 'node:fs';

/** A living holder renews its lock every few seconds; well beyond what counts as stale for other writers. */
const abandonedMs = 30_000;

/** How long ago the lock was last renewed; undefined where there is none, or one that is alive. */
export function abandonedLock(lockFile: string, nowMs: number): number | undefined {
  const stats = lstatSync(lockFile, { throwIfNoEntry: false });
  const ageMs = stats === undefined ? 0 : nowMs - stats.mtimeMs;
  return ageMs > abandonedMs ? ageMs : undefined;
}

/** Looks again first: it may be another's by now. Rejects with the system's errors. */
export async function removeAbandonedLock(lockFile: string, nowMs: number): Promise<void> {
  if (abandonedLock(lockFile, nowMs) === undefined) return;
  // A plain file in its place is what other tools leave there.
  if (lstatSync(lockFile).isDirectory()) rmdirSync(lockFile);
  else rmSync(lockFile);
}
