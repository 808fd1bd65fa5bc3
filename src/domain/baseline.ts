import { z } from 'zod';
import type { TestId } from './tests.ts';

/** So many runs of a test are remembered: its rate tells of now, not of last year. */
export const rememberedRuns = 50;

const entrySchema = z.object({
  file: z.string(),
  title: z.string(),
  status: z.enum(['green', 'red', 'flaky', 'skipped']),
  /** Of the regression that left it red, if one did. */
  fingerprint: z.string().optional(),
  /** Green runs in a row, up to `rememberedRuns`: if it flips one day, its rate is counted from them. */
  greens: z.int().nonnegative().optional(),
  /** Of a test that has flipped: its latest runs, the newest last. `.` is green, `x` red without anyone's fault. */
  recent: z
    .string()
    .regex(/^[.x]{1,50}$/)
    .optional(),
});

const missingLinkSchema = z.object({ path: z.string(), files: z.array(z.string()) });

/**
 * What was known of each test when nobody was at fault: `green` may regress, `red` was red before, `flaky` flips without
 * a change, `skipped` does not run. What is optional is absent in files of earlier versions.
 */
export const baselineSchema = z.object({
  version: z.literal(1),
  runner: z.string(),
  tree: z.string(),
  /** The project's HEAD when it was last triaged; absent without git. */
  head: z.string().optional(),
  made_at: z.string(),
  full_run_ms: z.number().nonnegative(),
  /** `LANE_LINKS` at the full run. */
  lane_links: z.array(z.string()).optional(),
  /** `WATCH_PATHS` at the full run. */
  watch_paths: z.array(z.string()).optional(),
  /** `PROJECT_READ_ONLY` at the full run. */
  read_only: z.enum(['auto', 'off']).optional(),
  /** Test files that were red in the full run since they write where they may not: the project is read-only for them. */
  barred: z.array(z.string()).optional(),
  /** What the full run missed in its lane since git ignores it, and the test files that need it. */
  missing_links: z.array(missingLinkSchema).optional(),
  /** What checks could not look at in the full run, nor since: what they find there was there before, for all that is known. */
  unread: z.record(z.string(), z.union([z.literal('all'), z.array(z.string())])).optional(),
  tests: z.record(z.string(), entrySchema),
});

export type BaselineEntry = z.infer<typeof entrySchema>;
export type BaselineDocument = z.infer<typeof baselineSchema>;
/** An ignored path of the project, as `LANE_LINKS` takes it, with the test files that cannot run without it. */
export type MissingLink = z.infer<typeof missingLinkSchema>;

/** How often a test flipped in its latest runs. The rate is between 0 and 1. */
export function flipsOf({ recent = '' }: BaselineEntry): { runs: number; flips: number; rate: number } {
  const flips = recent.replaceAll('.', '').length;
  return { runs: recent.length, flips, rate: recent === '' ? 0 : flips / recent.length };
}

/**
 * An error outside of tests: a file that cannot load, an error that nothing caught, what a check found. It is in a report
 * only when red.
 */
export function isFileLevel(id: TestId): boolean {
  return /\|\((?:load|unhandled|problem)\)$/.test(id);
}
