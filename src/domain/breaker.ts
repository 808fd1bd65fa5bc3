import { z } from 'zod';
import { openRecord, timestamp } from './task.ts';

/** More than this many files with failures are not remembered. */
export const maxBreakers = 100;

/** The key of the breaker over the whole agent, among those of files. */
export const wholeAgent = '*';

/** The breaker of one file, or of the whole agent. One that has nothing to remember is not there. */
export const breaker = openRecord(
  {
    state: z.enum(['closed', 'open', 'half-open']),
    /** The latest failures, oldest first. */
    failures: z.array(timestamp).max(20),
    /** How often it has opened without having closed since. */
    trips: z.int().nonnegative(),
    reason: z.string().max(500),
    opened_at: timestamp.optional(),
    /** From then on one task may try. */
    half_open_at: timestamp.optional(),
    /** The task that tries. */
    probe: z.string().max(40).optional(),
  },
  2_000,
);
export type Breaker = z.infer<typeof breaker>;

export const breakers = z
  .record(z.string().max(4_096), breaker)
  .refine((value) => Object.keys(value).length <= maxBreakers, { error: `expected at most ${maxBreakers} entries` });
export type Breakers = z.infer<typeof breakers>;
