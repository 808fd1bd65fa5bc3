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

/** Acts again and again, so long after it came to its end the last time, until the signal aborts. An error ends it. */
export async function every(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  act: () => Promise<void> | void,
): Promise<void> {
  for (;;) {
    try {
      await clock.sleep(ms, signal);
    } catch {
      return;
    }
    await act();
  }
}

/** Whether the work comes to its end within this time. It goes on in any case. */
export async function endsWithin(clock: Clock, work: Promise<unknown>, ms: number): Promise<boolean> {
  const ended = new AbortController();
  const late = clock.sleep(ms, ended.signal).then(
    () => false,
    () => true,
  );
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    ended.abort();
  }
}

/** As people here read it. */
export function localTime(timestamp: string): string {
  return new Date(timestamp).toLocaleString('sv-SE');
}

/** ISO 8601 in UTC, as every timestamp in the state file is written. */
export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
