export interface BackOff {
  readonly baseMs: number;
  readonly capMs: number;
}

/**
 * How long to wait after the n-th failure (n from 1): `base · 2^(n−1)`, at most `cap`, of which a random half is
 * taken off ("equal jitter": M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015), so that agents
 * which failed together do not come back together. `random` gives numbers in [0, 1).
 */
export function retryDelayMs(failures: number, { baseMs, capMs }: BackOff, random: () => number): number {
  const full = Math.min(capMs, baseMs * 2 ** (failures - 1));
  return Math.round(full / 2 + (full / 2) * random());
}
