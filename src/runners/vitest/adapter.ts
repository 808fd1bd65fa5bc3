import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestRun } from '../../domain/tests.ts';
import { messageOf } from '../../errors.ts';
import { run } from '../../process/process.ts';
import type { Runner, TestRequest } from '../types.ts';
import { vitestArguments } from './command.ts';
import { judgeRun } from './judge.ts';
import { projectsFile } from './projects.ts';
import { defaultRules, type PathRules, resolvedRules } from './protected.ts';
import { readReport } from './raw-report.ts';

const REPORTER = fileURLToPath(new URL('./reporter.mjs', import.meta.url));
const OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024;
const KEPT_OUTPUT_BYTES = 64 * 1024;

/** A project's own vitest, as it was found. */
export interface VitestInstallation {
  /** Absolute path of `vitest.mjs`, without symbolic links. */
  readonly executable: string;
  readonly version: string;
  /** The Node that runs it: a path or a name on the PATH of the request. */
  readonly node: string;
  /** Folders relative to the root, when the packages of a workspace have a configuration each and the root has none. */
  readonly packages: readonly string[];
}

/**
 * Runs the project's own vitest in a folder that holds the project, always from the beginning: nothing is kept warm.
 * Of the scope `files`: vitest takes a file name as the start of a path, so `a.test.ts` runs `a.test.tsx` as well.
 */
export function vitestRunner(installation: VitestInstallation): Runner {
  let rules: PathRules = defaultRules;
  const where = installation.packages.length > 0 ? ` in ${installation.packages.length} packages` : '';
  return {
    name: 'vitest',
    version: installation.version,
    description: `vitest ${installation.version}${where}, run by ${installation.node}`,
    isProtected: (path) => rules.isProtected(path),
    isTestFile: (path) => rules.isTestFile(path),
    run: (request) =>
      runVitest(installation, request, (latest) => {
        rules = latest;
      }),
  };
}

async function runVitest(
  installation: VitestInstallation,
  request: TestRequest,
  learn: (rules: PathRules) => void,
): Promise<TestRun> {
  if (request.signal.aborted) return { kind: 'cancelled' };
  if (request.scope.kind !== 'all' && request.scope.files.length === 0) return { kind: 'no-tests', durationMs: 0 };
  try {
    if (!existsSync(installation.executable)) return gone(installation);
    // Vitest names files by their real path, so the root has to be one too.
    const root = await realpath(request.root);
    const reportPath = join(await realpath(request.reportFolder), `vitest-${randomUUID()}.json`);
    const token = randomUUID();
    const major = Number.parseInt(installation.version, 10);
    const projects = await projectsFile(installation.packages, {
      version: installation.version,
      root,
      folder: request.reportFolder,
    });
    const result = await run({
      command: installation.node,
      args: [installation.executable, ...vitestArguments(major, request.scope, REPORTER, root), ...projects],
      cwd: root,
      env: { ...request.env, MENDWATCH_TEST_REPORT: reportPath, MENDWATCH_TEST_TOKEN: token },
      stdout: { kind: 'collect', limitBytes: KEPT_OUTPUT_BYTES },
      stderr: { kind: 'collect', limitBytes: KEPT_OUTPUT_BYTES },
      timeoutMs: request.timeoutMs,
      outputLimitBytes: OUTPUT_LIMIT_BYTES,
      signal: request.signal,
      lowPriority: true,
    });
    const read = await readReport(reportPath, token);
    if (read.kind === 'report') learn(resolvedRules(read.report, root));
    return judgeRun(result, read, root);
  } catch (error) {
    return broken('could-not-start', `The tests could not be started: ${messageOf(error)}`);
  }
}

function gone({ executable }: VitestInstallation): TestRun {
  return broken('configuration', `vitest is no longer at ${executable}: install the packages of the project again.`);
}

function broken(reason: 'could-not-start' | 'configuration', detail: string): TestRun {
  return { kind: 'broken', reason, detail, outputTail: '', durationMs: 0 };
}
