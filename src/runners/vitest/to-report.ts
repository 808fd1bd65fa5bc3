import type { TestReport, TestResult, TestStatus } from '../../domain/tests.ts';
import { failureText } from '../javascript/failure-text.ts';
import type { RawError } from '../javascript/raw-error.ts';
import { relativePath } from '../report/paths.ts';
import { loadFailure, type ToldTest, testResults, unhandledError } from '../report/results.ts';
import { importsOf } from './imports.ts';
import type { RawModule, RawReport, RawTest, RawUnhandled } from './raw-report.ts';

/**
 * Vitest's own faults, not the tests': a worker that did not start or did not answer in time on a busy machine.
 * Texts of vitest 3 (`[vitest-worker]`), 4 and 5 (`[vitest-pool]`) and of its message channel.
 */
const INFRASTRUCTURE = /^\[(vitest|birpc)[\w-]*\]:? (Timeout (calling|starting|waiting|on calling)|Failed to start)/i;

/** An error of the runner's own machinery, which says nothing about the tests. */
export function infrastructureFault(report: RawReport, root: string): string | undefined {
  const error = report.unhandled.find(({ message }) => INFRASTRUCTURE.test(message));
  return error === undefined ? undefined : failureText(error, root);
}

/** The report of a finished run. `root` is the folder that vitest ran in, without symbolic links. */
export function toReport(
  report: RawReport,
  run: { readonly root: string; readonly durationMs: number; readonly exitCode: number },
): TestReport {
  const modules = report.modules.map((module) => moduleResults(module, run.root));
  const tests = [...testResults(modules.flatMap(({ tests }) => tests)), ...modules.flatMap(({ failures }) => failures)];
  const ran = new Set(report.modules.map(({ file }) => file));
  const lost = report.paths.filter((path) => !ran.has(path)).map((path) => lostFile(relativePath(run.root, path)));
  const unhandled = report.ignoresUnhandled ? [] : unhandledResults(report, run.root);
  return {
    runner: 'vitest',
    tests: [...tests, ...lost, ...unhandled],
    files: [...new Set([...ran, ...report.paths])].map((path) => relativePath(run.root, path)).sort(),
    imports: importsOf(report, run.root),
    durationMs: run.durationMs,
    exitCode: run.exitCode,
  };
}

function moduleResults(module: RawModule, root: string): { tests: ToldTest[]; failures: TestResult[] } {
  const file = relativePath(root, module.file);
  const project = module.typecheck ? `${module.project} (types)` : module.project;
  const [error] = module.errors;
  if (module.tests.length === 0) {
    const failed = module.state === 'fail' || error !== undefined || (module.state === '' && module.mode === 'run');
    const message = error === undefined ? 'The file did not finish.' : failureText(error, root);
    return { tests: [], failures: failed ? [loadFailure(project, file, message)] : [] };
  }
  return { tests: module.tests.map((test) => told(test, { project, file, root })), failures: [] };
}

interface Place {
  readonly project: string;
  readonly file: string;
  readonly root: string;
}

function told(test: RawTest, { project, file, root }: Place): ToldTest {
  const status = statusOf(test);
  const message = messageOfTest(test, status, root);
  return { project, file, titles: test.titles, status, durationMs: test.durationMs, message };
}

/** A hook that fails makes every test of its `describe` red, also those that vitest marks as skipped or had run before. */
function statusOf(test: RawTest): TestStatus {
  if (test.mode === 'skip' || test.mode === 'todo') return 'skipped';
  if (test.state === 'fail' || test.hookErrors.length > 0) return 'failed';
  if (test.state === 'pass') return 'passed';
  return test.state === 'skip' || test.state === 'todo' ? 'skipped' : 'failed';
}

function messageOfTest(test: RawTest, status: TestStatus, root: string): string | undefined {
  const error: RawError | undefined = test.errors[0] ?? test.hookErrors[0];
  if (status === 'failed') return error === undefined ? 'The test did not finish.' : failureText(error, root);
  // The project's own `retry` hides flakiness: say it where it shows.
  if (status !== 'passed' || test.retries === 0) return undefined;
  return `Passed after ${test.retries} ${test.retries === 1 ? 'retry' : 'retries'}. ${error ? failureText(error, root) : ''}`.trim();
}

function lostFile(file: string): TestResult {
  return loadFailure('', file, 'Vitest meant to run this file and never reported it.');
}

/** One id a file, however many errors: their number and order are not stable. */
function unhandledResults(report: RawReport, root: string): TestResult[] {
  const byFile = Map.groupBy(report.unhandled, ({ file }) => file);
  return [...byFile].map(([path, errors]) => unhandledResult(report, path, errors, root));
}

function unhandledResult(report: RawReport, path: string, errors: readonly RawUnhandled[], root: string): TestResult {
  const file = path === '' ? '' : relativePath(root, path);
  const project = report.modules.find((module) => module.file === path)?.project ?? '';
  const [first] = errors;
  const more = errors.length > 1 ? `\n(and ${errors.length - 1} more)` : '';
  const text = first === undefined ? '' : `${first.type || 'Unhandled Error'}: ${failureText(first, root)}`;
  return unhandledError(project, file, `${text.slice(0, 7_900)}${more}`);
}
