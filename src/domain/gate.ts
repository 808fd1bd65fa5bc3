import { z } from 'zod';
import { openRecord, timestamp } from './task.ts';

/**
 * Why work that needs the model waits. The first three come and go by themselves; the next three are for a person to
 * mend; the last two are our own limit and the person's wish.
 */
export const gateCauses = [
  'rate-limited',
  'overloaded',
  'unreachable',
  'not-logged-in',
  'no-credit',
  'unknown-model',
  'daily-limit',
  'on-battery',
] as const;
export type GateCause = (typeof gateCauses)[number];

/** A gate that is shut, or (when `opens_at` has passed) lets one task through to see. Gone when it is open. */
export const gate = openRecord(
  {
    reason: z.string().max(500),
    since: timestamp,
    /** Null: not by itself. It opens when the configuration is another one, or by command. */
    opens_at: timestamp.nullable(),
    /** Tasks that were let through to see and came back. */
    probes: z.int().nonnegative(),
    /** Fingerprint of the configuration under which it was shut. */
    configuration: z.string().max(64),
  },
  2_000,
);
export type Gate = z.infer<typeof gate>;

export const gates = z.record(z.string().max(100), gate).refine((value) => Object.keys(value).length <= 20, {
  error: 'expected at most 20 entries',
});
export type Gates = z.infer<typeof gates>;
