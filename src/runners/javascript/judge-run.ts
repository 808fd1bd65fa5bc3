import type { RunnerName } from '../../domain/runner-names.ts';
import type { TestReport, TestResult, TestRun } from '../../domain/tests.ts';
import type { ProcessResult } from '../../process/types.ts';
import { brokenRun, disagreement, earlyEnd, firstProblem, tailOf } from '../report/ends.ts';
import { relativePath } from '../report/paths.ts';
import { loadFailure, type ToldTest, testResults, unhandledError } from '../report/results.ts';
import { failureText } from './failure-text.ts';
import type { RawRun, RawTest, ReadRun } from './raw-run.ts';

const namedFiles = 3;

export interface EndedRun {
  /** The folder of the run, without symbolic links. */
  readonly root: string;
  readonly name: RunnerName;
  /** How it is called at the beginning of a sentence. */
  readonly title: string;
  readonly result: ProcessResult;
  readonly read: ReadRun;
  /** Absolute paths of the files that were running last. */
  readonly running: readonly string[];
  readonly imports: (files: readonly string[]) => TestReport['imports'];
}

/** What a run amounts to. Only a finished report that its exit code agrees with counts as a report. */
export function judgeRun(ended: EndedRun): TestRun {
  const { root, title, result, read } = ended;
  const { end, durationMs } = result;
  const outputTail = tailOf(result, root);
  const broken = brokenRun(outputTail, durationMs);
  if (end.kind === 'cancelled') return { kind: 'cancelled' };
  if (end.kind !== 'exited') return broken(...earlyEnd(end, title, () => whereItWas(ended)));
  if (read.kind === 'unreadable') return broken('crashed', `The report of ${title} cannot be read: ${read.problem}`);
  if (read.kind === 'missing') {
    return end.code === 0
      ? broken('crashed', `${title} ended without running tests and without an error.`)
      : broken('configuration', `${title} could not start (exit code ${end.code}): ${firstProblem(outputTail)}`);
  }
  if (read.run.phase === 'started') {
    const problem = firstProblem(outputTail);
    return broken(
      'crashed',
      `${title} ended with exit code ${end.code} before the tests did: ${problem}${whereItWas(ended)}`,
    );
  }
  const report = toReport(read.run, ended, end.code);
  const contradiction = disagreement(report, title);
  if (contradiction !== undefined) return broken('disagrees', contradiction);
  if (report.files.length === 0 && report.tests.length === 0) return { kind: 'no-tests', durationMs };
  return { kind: 'report', report, outputTail };
}

function whereItWas({ read, running, root }: EndedRun): string {
  if (read.kind === 'run' && read.run.phase === 'finished') {
    return ' All tests were done; something keeps the process from ending.';
  }
  if (running.length === 0) return '';
  const named = running.slice(0, namedFiles).map((path) => relativePath(root, path));
  const more = running.length > namedFiles ? ` and ${running.length - namedFiles} more` : '';
  return ` Still running: ${named.join(', ')}${more}.`;
}

function toReport(run: RawRun, ended: EndedRun, exitCode: number): TestReport {
  const { root, name, result, imports } = ended;
  const failures = run.failures.map(({ kind, project, file, error }): TestResult => {
    const make = kind === 'load' ? loadFailure : unhandledError;
    return make(projectId(name, project), file === '' ? '' : relativePath(root, file), failureText(error, root));
  });
  const told = run.tests.map((test) => toldTest(test, name, root));
  const files = [...run.files, ...run.tests.map(({ file }) => file), ...run.failures.map(({ file }) => file)];
  const own = [...new Set(files)].filter((file) => file !== '').map((file) => relativePath(root, file));
  return {
    runner: name,
    // One of each kind for a file: how many there are, and in which order, is not stable.
    tests: [...testResults(told), ...new Map(failures.map((each) => [each.id, each])).values()],
    files: own.sort(),
    imports: imports(own),
    durationMs: result.durationMs,
    exitCode,
  };
}

function toldTest(test: RawTest, name: RunnerName, root: string): ToldTest {
  const { titles, status, durationMs } = test;
  const message = messageOfTest(test, root);
  return {
    project: projectId(name, test.project),
    file: test.file === '' ? '' : relativePath(root, test.file),
    titles,
    status,
    durationMs,
    message,
  };
}

function messageOfTest({ status, errors: [error], retries }: RawTest, root: string): string | undefined {
  if (status === 'failed') return error === undefined ? 'The test did not finish.' : failureText(error, root);
  // The project's own retries hide flakiness: say it where it shows.
  if (status !== 'passed' || retries === 0) return undefined;
  const tries = `Passed after ${retries} ${retries === 1 ? 'retry' : 'retries'}.`;
  return error === undefined ? tries : `${tries} ${failureText(error, root)}`;
}

function projectId(name: RunnerName, project: string): string {
  return project === '' ? name : `${name}:${project}`;
}
