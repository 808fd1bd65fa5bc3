import { randomUUID } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { copyFile, mkdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import type { TestRun } from '../../domain/tests.ts';
import { messageOf } from '../../errors.ts';
import { run } from '../../process/process.ts';
import type { ProcessResult } from '../../process/types.ts';
import type { PathRules } from '../javascript/path-rules.ts';
import { type SpareSpec, Spares } from '../javascript/spares.ts';
import type { Runner, TestRequest } from '../types.ts';
import { unknownOption, vitestArguments } from './command.ts';
import { judgeRun } from './judge.ts';
import { projectsFile } from './projects.ts';
import { defaultRules, resolvedRules } from './protected.ts';
import { type RawReport, type ReadReport, readReport } from './raw-report.ts';
import { WarmVitests } from './warm.ts';

const SPARE = fileURLToPath(new URL('./spare.mjs', import.meta.url));
const REPORTER = fileURLToPath(new URL('./reporter.mjs', import.meta.url));
const OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024;
const KEPT_OUTPUT_BYTES = 64 * 1024;
/** Before that, what vitest has transformed is also kept where nobody can tell it to forget. */
const FIRST_WARM_MAJOR = 4;

/** A project's own vitest, as it was found. */
export interface VitestInstallation {
  /** Absolute path of `vitest.mjs`, without symbolic links. */
  readonly executable: string;
  readonly version: string;
  /** The Node that runs it: a path or a name on the PATH of the request. */
  readonly node: string;
  /** The folder that it is started in, relative to the root; empty is the root. */
  readonly folder: string;
  /** Folders relative to the root, when the packages of a workspace have a configuration each and the root has none. */
  readonly packages: readonly string[];
}

/**
 * Runs the project's own vitest in a folder that holds the project, each time in a process of its own that begins with
 * nothing of the project, unless it may be warm. Of the scope `files`: vitest takes a file name as the start of a path, so `a.test.ts` runs
 * `a.test.tsx` as well.
 */
export function vitestRunner(installation: VitestInstallation): Runner {
  const learned: Learned = {
    rules: defaultRules,
    unknownOptions: new Set(),
    spares: new Spares(),
    warm: new WarmVitests(),
  };
  const { length } = installation.packages;
  const where = length === 0 ? '' : ` in ${length} ${length === 1 ? 'package' : 'packages'}`;
  return {
    name: 'vitest',
    version: installation.version,
    description: `vitest ${installation.version}${where}, run by ${installation.node}`,
    // Vitest's own graph says what is related, whatever kind of file it is: styles, data, templates.
    wants: () => true,
    isProtected: (path) => learned.rules.isProtected(path),
    isSettings: (path) => learned.rules.isSettings(path),
    isTestFile: (path) => learned.rules.isTestFile(path),
    run: (request) => runVitest(installation, request, learned),
    prepare: (where, runs = 1) => prepare(installation, where, runs, learned),
    distrust: async (root) => learned.warm.distrust(await realpath(root), true),
    close: async () => {
      await Promise.all([learned.spares.close(), learned.warm.close()]);
    },
  };
}

/** What runs taught about the project and its vitest. */
interface Learned {
  rules: PathRules;
  readonly unknownOptions: Set<string>;
  readonly spares: Spares;
  readonly warm: WarmVitests;
  /** Arguments of Node that every process for a test file was started with in the last run. */
  workerArgs?: readonly string[] | undefined;
}

function prepare(
  installation: VitestInstallation,
  where: Parameters<Runner['prepare']>[0],
  runs: number,
  { spares, warm, unknownOptions: unknown, workerArgs }: Learned,
): void {
  try {
    if (!existsSync(installation.executable)) return;
    const root = realpathSync(where.root);
    spares.prepare(specOf(installation, root, where, workerArgs), runs);
    if (where.mayBeWarm !== true || !canBeWarm(installation)) return;
    const how = { reporter: 'none', root, unknown };
    const spec = specOf(installation, root, where);
    warm.prepare(spec, vitestArguments(Number.parseInt(installation.version, 10), { kind: 'all' }, how));
  } catch {
    // The lane is not there yet, or just being made anew: then the run starts from the beginning.
  }
}

/** What all runs in a folder have in common. */
function specOf(
  { executable, node, folder }: VitestInstallation,
  root: string,
  { env, niceness }: Pick<TestRequest, 'env' | 'niceness'>,
  workerArgs?: readonly string[],
): SpareSpec {
  const ahead = workerArgs === undefined ? [] : [JSON.stringify(workerArgs)];
  return {
    executable,
    command: node,
    args: [SPARE, join(dirname(executable), 'dist', 'node.js'), executable, ...ahead],
    cwd: join(root, folder),
    env,
    stdout: { kind: 'collect', limitBytes: KEPT_OUTPUT_BYTES },
    stderr: { kind: 'collect', limitBytes: KEPT_OUTPUT_BYTES },
    outputLimitBytes: OUTPUT_LIMIT_BYTES,
    lowPriority: niceness ?? true,
  };
}

async function runVitest(installation: VitestInstallation, request: TestRequest, learned: Learned): Promise<TestRun> {
  if (request.signal.aborted) return { kind: 'cancelled' };
  if (request.scope.kind !== 'all' && request.scope.files.length === 0) return { kind: 'no-tests', durationMs: 0 };
  try {
    if (!existsSync(installation.executable)) return gone(installation);
    // Vitest names files by their real path, so the root has to be one too.
    const place = { root: await realpath(request.root), folder: await realpath(request.reportFolder) };
    const warm = request.mayBeWarm === true ? await runWarm(installation, request, place, learned) : undefined;
    if (warm !== undefined) return warm;
    for (;;) {
      const { result, read } = await runOnce(installation, request, place, learned);
      const unknown = read.kind === 'missing' ? unknownOption(result.stderr) : undefined;
      if (unknown !== undefined && !learned.unknownOptions.has(unknown)) {
        learned.unknownOptions.add(unknown);
        continue;
      }
      if (read.kind === 'report') learn(learned, read.report, place.root);
      return judgeRun(result, read, place.root);
    }
  } catch (error) {
    return broken('could-not-start', `The tests could not be started: ${messageOf(error)}`);
  }
}

function learn(learned: Learned, report: RawReport, root: string): void {
  learned.rules = resolvedRules(report, root);
  if (report.phase !== 'finished' || report.modules.length === 0) return;
  const [first, ...others] = report.workers;
  learned.workerArgs = others.every((args) => isDeepStrictEqual(args, first)) ? first : undefined;
}

function canBeWarm({ version, folder, packages }: VitestInstallation): boolean {
  return Number.parseInt(version, 10) >= FIRST_WARM_MAJOR && folder === '' && packages.length === 0;
}

/** Undefined when there is nothing warm, or what it says cannot be used: then the same is run from the beginning. */
async function runWarm(
  installation: VitestInstallation,
  { scope, ...request }: TestRequest,
  { root, folder }: { readonly root: string; readonly folder: string },
  learned: Learned,
): Promise<TestRun | undefined> {
  if (scope.kind !== 'related') return undefined;
  const { timeoutMs, signal } = request;
  const report = join(folder, `vitest-${randomUUID()}.json`);
  const secret = randomUUID();
  const files = scope.files.map((file) => join(root, file));
  const spec = specOf(installation, root, request);
  const result = await learned.warm.run(spec, { files, report, secret, timeoutMs, signal });
  if (signal.aborted) return { kind: 'cancelled' };
  if (result === undefined) return undefined;
  const read = await readReport(report, secret);
  const judged = judgeRun(result, read, root);
  if (read.kind === 'report' && judged.kind !== 'broken') {
    learn(learned, read.report, root);
    return judged.kind === 'report' ? { ...judged, warmth: 'kept' } : judged;
  }
  await learned.warm.distrust(root);
  return undefined;
}

async function runOnce(
  installation: VitestInstallation,
  request: TestRequest,
  { root, folder }: { readonly root: string; readonly folder: string },
  { unknownOptions: unknown, spares, workerArgs }: Learned,
): Promise<{ result: ProcessResult; read: ReadReport }> {
  const { executable, version, packages } = installation;
  const { timeoutMs, signal } = request;
  const reportPath = join(folder, `vitest-${randomUUID()}.json`);
  const token = randomUUID();
  const reporter = await placeReporter(folder);
  const projects = await projectsFile(packages, { version, root, folder });
  const scoped = vitestArguments(Number.parseInt(version, 10), request.scope, { reporter, root, unknown });
  const args = [...scoped, ...projects];
  const secret = { MENDWATCH_TEST_REPORT: reportPath, MENDWATCH_TEST_TOKEN: token };
  const spec = specOf(installation, root, request, workerArgs);
  const sent = spares.send(spec, { args, env: secret, timeoutMs, signal });
  if (sent !== undefined) {
    const result = await sent;
    const read = await readReport(reportPath, token);
    const isAnswer =
      read.kind === 'report' || ['cancelled', 'timed-out'].includes(result.end.kind) || unknownOption(result.stderr);
    // It may have come to harm while it waited: whatever it could not report, a process of today is asked again.
    if (isAnswer) return { result, read };
  }
  const { executable: _, ...common } = spec;
  const result = await run({
    ...common,
    args: [executable, ...args],
    env: { ...request.env, ...secret },
    timeoutMs,
    signal,
  });
  return { result, read: await readReport(reportPath, token) };
}

/**
 * A copy below a folder named `node_modules`: what is there, vitest leaves to Node. Elsewhere the project's Vite plugins
 * would rewrite the reporter, and Vite 6 with vitest 3.0 refuses to load it from outside the root.
 */
async function placeReporter(folder: string): Promise<string> {
  const path = join(folder, 'node_modules', 'mendwatch-reporter.mjs');
  await mkdir(dirname(path), { recursive: true });
  await copyFile(REPORTER, path);
  return path;
}

function gone({ executable }: VitestInstallation): TestRun {
  return broken('configuration', `vitest is no longer at ${executable}: install the packages of the project again.`);
}

function broken(reason: 'could-not-start' | 'configuration', detail: string): TestRun {
  return { kind: 'broken', reason, detail, outputTail: '', durationMs: 0 };
}
