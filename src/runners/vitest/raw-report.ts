import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { codeOf, messageOf } from '../../errors.ts';
import { rawMapping } from '../javascript/doubles.ts';
import { type RawError, rawError } from '../javascript/raw-error.ts';

/** What `reporter.mjs` writes. */
const rawUnhandled = z.intersection(rawError, z.object({ type: z.string(), file: z.string() }));
export type RawUnhandled = RawError & { readonly type: string; readonly file: string };

const rawTest = z.object({
  titles: z.array(z.string()),
  /** At the time of collection: `run`, `only`, `skip`, `todo`, `queued`. */
  mode: z.string(),
  /** `pass`, `fail`, `skip`, `run`, …; empty when the test was never reached. */
  state: z.string(),
  durationMs: z.number(),
  retries: z.number(),
  errors: z.array(rawError),
  /** Errors of the hooks of an enclosing `describe` or of the file. */
  hookErrors: z.array(rawError),
});
export type RawTest = z.infer<typeof rawTest>;

const rawModule = z.object({
  project: z.string(),
  file: z.string(),
  typecheck: z.boolean(),
  state: z.string(),
  mode: z.string(),
  errors: z.array(rawError),
  tests: z.array(rawTest),
});
export type RawModule = z.infer<typeof rawModule>;

const rawProject = z.object({
  name: z.string(),
  /** The absolute folder that the patterns are relative to. */
  base: z.string(),
  include: z.array(z.string()),
  exclude: z.array(z.string()),
  typecheckInclude: z.array(z.string()),
  setupFiles: z.array(z.string()),
  supportFiles: z.array(z.string()),
  mappings: z.array(rawMapping).default([]),
  browser: z.boolean(),
});

const rawReport = z.object({
  token: z.string(),
  version: z.string(),
  phase: z.enum(['started', 'finished']),
  ignoresUnhandled: z.boolean(),
  running: z.array(z.string()),
  /** Test files that vitest meant to run. */
  paths: z.array(z.string()),
  projects: z.array(rawProject),
  configFiles: z.array(z.string()),
  /** Arguments of Node that each process for a test file was started with; there in a finished report of the pool `forks`. */
  workers: z.array(z.array(z.string())).default([]),
  modules: z.array(rawModule),
  unhandled: z.array(rawUnhandled),
  edges: z.record(z.string(), z.array(z.string())),
});
export type RawReport = z.infer<typeof rawReport>;

export type ReadReport =
  | { readonly kind: 'report'; readonly report: RawReport }
  /** The reporter was never loaded: vitest ended before it. */
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly problem: string };

/** Reads a report that carries `token`; another one was not written by our reporter in this run. */
export async function readReport(path: string, token: string): Promise<ReadReport> {
  try {
    const parsed = rawReport.safeParse(JSON.parse(await readFile(path, 'utf8')));
    if (!parsed.success) return { kind: 'unreadable', problem: z.prettifyError(parsed.error).slice(0, 500) };
    if (parsed.data.token !== token) return { kind: 'unreadable', problem: 'it is not from this run' };
    return { kind: 'report', report: parsed.data };
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? { kind: 'missing' } : { kind: 'unreadable', problem: messageOf(error) };
  }
}
