/** How long to wait before what has failed is tried again. */
export interface BackOff {
  readonly baseMs: number;
  readonly capMs: number;
  /** The part of the wait that is left to chance: half of it, or all. */
  readonly jitter: 'equal' | 'full';
  /** Never shorter than this. */
  readonly leastMs: number;
}

/** Between two attempts at a fix: the person waits for it, so it stays near the plan. */
export function betweenAttempts(baseMs: number): BackOff {
  return { baseMs, capMs: 10 * 60_000, jitter: 'equal', leastMs: 0 };
}

/** While Claude's service is away and does not say for how long. Many agents meet the same outage: all of it is chance. */
export const atGate: BackOff = { baseMs: 30_000, capMs: 10 * 60_000, jitter: 'full', leastMs: 1_000 };

/** While the tests cannot be run for one task, and while nothing goes well for any. */
export const afterBreakdown: BackOff = { baseMs: 30_000, capMs: 10 * 60_000, jitter: 'equal', leastMs: 1_000 };

/**
 * How long to wait after the n-th failure (n from 1): `base · 2^(n−1)`, at most `cap`, of which a random half or all is
 * taken off ("equal" and "full jitter": M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015), so
 * that agents which failed together do not come back together. `random` gives numbers in [0, 1).
 */
export function retryDelayMs(failures: number, backOff: BackOff, random: () => number): number {
  const { least, most } = retryRangeMs(failures, backOff);
  return Math.round(least + (most - least) * random());
}

/** The shortest and the longest wait after the n-th failure. */
export function retryRangeMs(
  failures: number,
  { baseMs, capMs, jitter, leastMs }: BackOff,
): { readonly least: number; readonly most: number } {
  const full = Math.max(leastMs, Math.min(capMs, baseMs * 2 ** (failures - 1)));
  return { least: Math.max(leastMs, jitter === 'equal' ? full / 2 : 0), most: full };
}
