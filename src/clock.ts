import { setTimeout as delay } from 'node:timers/promises';

/** The only source of time for everything that decides something by it, so that tests can turn the hands. */
export interface Clock {
  /** Wall-clock time in milliseconds since the epoch; may jump. */
  now(): number;
  /** Milliseconds that never go backwards; for durations and leases. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    signal?.throwIfAborted();
    try {
      await delay(ms, undefined, signal ? { signal } : {});
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  },
};

/** ISO 8601 in UTC, as every timestamp in the state file is written. */
export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
