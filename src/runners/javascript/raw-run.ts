import { randomUUID } from 'node:crypto';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { codeOf, messageOf } from '../../errors.ts';
import { rawMapping } from './doubles.ts';
import { rawError } from './raw-error.ts';

const reporters = fileURLToPath(new URL('./reporters', import.meta.url));

/** What the reporters in `reporters/` write: absolute paths, colours, untrusted text. */
const rawTest = z.object({
  /** What the runner calls a project of its own; mostly empty. */
  project: z.string(),
  file: z.string(),
  titles: z.array(z.string()),
  status: z.enum(['passed', 'failed', 'skipped']),
  durationMs: z.number(),
  retries: z.number(),
  errors: z.array(rawError),
});
export type RawTest = z.infer<typeof rawTest>;

/** Of one project of jest. */
export const rawConfig = z.object({
  rootDir: z.string(),
  roots: z.array(z.string()),
  testMatch: z.array(z.string()),
  testRegex: z.array(z.string()),
  ignored: z.array(z.string()),
  support: z.array(z.string()),
  /** Those of them that sources pass through, or that say what a test is. */
  tools: z.array(z.string()).default([]),
  mappings: z.array(rawMapping).default([]),
});
export type RawConfig = z.infer<typeof rawConfig>;

const rawRun = z.object({
  token: z.string(),
  phase: z.enum(['started', 'finished']),
  /** Test files that were run. */
  files: z.array(z.string()),
  tests: z.array(rawTest),
  failures: z.array(
    z.object({ kind: z.enum(['load', 'unhandled']), project: z.string(), file: z.string(), error: rawError }),
  ),
  /** Direct imports, where the runner knows. */
  edges: z.record(z.string(), z.array(z.string())).default({}),
  /** Settings of the projects of jest. */
  configs: z.array(rawConfig).default([]),
  /** Files that mocha was told to load beside the tests, and where its tests are. */
  support: z.array(z.string()).default([]),
  spec: z.array(z.string()).default([]),
  /** Which file a test is of can only be told when one is run after the other. */
  needsSerial: z.boolean().default(false),
});
export type RawRun = z.infer<typeof rawRun>;

const runningFiles = z.object({ token: z.string(), running: z.array(z.string()) });

export type ReadRun =
  | { readonly kind: 'run'; readonly run: RawRun }
  /** The reporter was never loaded: the runner ended before it. */
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly problem: string };

/** The reporters of one run, in a folder of their own. */
export interface PlacedReporters {
  readonly folder: string;
  /** The report of the run, when its process has ended. */
  read(): Promise<ReadRun>;
  /** Files whose tests were running at the last moment. */
  running(): Promise<readonly string[]>;
}

/**
 * Puts copies of the reporters below a folder named `node_modules`: what is there, loaders and compilers of the project
 * leave alone. `about` is for the reporter alone: it takes it away when it is loaded, before any test.
 */
export async function placeReporters(
  reportFolder: string,
  about: { readonly runner?: string; readonly files?: readonly string[] },
): Promise<PlacedReporters> {
  const [id, token] = [randomUUID(), randomUUID()];
  const folder = join(reportFolder, 'node_modules', `mendwatch-${id}`);
  const report = join(reportFolder, `report-${randomUUID()}.json`);
  await mkdir(folder, { recursive: true });
  await cp(reporters, folder, { recursive: true });
  await writeFile(join(folder, 'errand.json'), JSON.stringify({ report, token, ...about }), { mode: 0o600 });
  return { folder, read: () => readRun(report, token), running: () => readRunning(report, token) };
}

async function readRun(path: string, token: string): Promise<ReadRun> {
  try {
    const parsed = rawRun.safeParse(JSON.parse(await readFile(path, 'utf8')));
    if (!parsed.success) return { kind: 'unreadable', problem: z.prettifyError(parsed.error).slice(0, 500) };
    if (parsed.data.token !== token) return { kind: 'unreadable', problem: 'it is not from this run' };
    return { kind: 'run', run: parsed.data };
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? { kind: 'missing' } : { kind: 'unreadable', problem: messageOf(error) };
  }
}

async function readRunning(path: string, token: string): Promise<readonly string[]> {
  try {
    const told = runningFiles.parse(JSON.parse(await readFile(`${path}.running`, 'utf8')));
    return told.token === token ? told.running : [];
  } catch {
    return [];
  }
}
