import type { TestReport, TestResult, TestStatus } from '../../domain/tests.ts';
import { loadFailure, testResults } from '../report/results.ts';
import { plainText } from '../report/text.ts';
import { type Case, casesIn } from './cases.ts';
import type { Locate } from './locate.ts';
import type { ReportText } from './reports.ts';
import { readXml } from './xml.ts';

const project = 'junit';
const mostTests = 100_000;
const order: readonly TestStatus[] = ['passed', 'skipped', 'failed'];

interface Placed extends Case {
  readonly at: string;
}

/**
 * One report of all that the command wrote, in the order of the files' names.
 *
 * @throws what says which of them cannot be read, and why
 */
export function readCases(reports: readonly ReportText[], locate: Locate): readonly Placed[] {
  const cases: Placed[] = [];
  for (const { path, text } of reports) {
    try {
      for (const each of casesIn(readXml(text))) cases.push({ ...each, at: locate(each, path) });
    } catch (error) {
      throw new Error(`${path} cannot be read: ${error instanceof Error ? error.message : 'it is no XML'}`);
    }
    if (cases.length > mostTests) throw new Error(`there are more than ${mostTests} tests`);
  }
  return cases;
}

export interface Command {
  readonly root: string;
  readonly line: string;
  readonly exitCode: number;
  /** It has left nothing but empty reports. */
  readonly isCutOff: boolean;
  readonly durationMs: number;
  readonly outputTail: string;
}

/** Several tests of one name cannot be told apart, and in a random order each would be another one in every run. */
function redLast(one: Placed, other: Placed): number {
  return order.indexOf(one.status) - order.indexOf(other.status);
}

/**
 * The command itself is a test, too: it is red when it fails and no test tells why. So what cannot be compiled, of which the
 * reports say nothing, is as red as a test.
 */
export function toReport(cases: readonly Placed[], command: Command): TestReport {
  const { root, line, exitCode, isCutOff, durationMs, outputTail } = command;
  const told = cases.filter(({ kind }) => kind === 'test');
  const tests = testResults(
    told.toSorted(redLast).map(({ at, titles, status, durationMs: ms, message }) => ({
      project,
      file: at,
      titles: titles.map((title) => plainText(title, root)),
      status,
      durationMs: ms,
      message: message === undefined ? undefined : plainText(message, root),
    })),
  );
  const loads = new Map<string, TestResult>();
  for (const { kind, at, titles, message = '' } of cases) {
    const failure =
      kind === 'load' ? loadFailure(project, at, plainText(`${titles.join(' > ')}: ${message}`, root)) : undefined;
    if (failure !== undefined && !loads.has(failure.id)) loads.set(failure.id, failure);
  }
  const all = [...tests, ...loads.values()];
  const isExplained = !isCutOff && (exitCode === 0 || all.some(({ status }) => status === 'failed'));
  const why = isCutOff ? 'its report is empty' : 'no test tells why';
  const [itself] = testResults([
    {
      project,
      file: '',
      titles: [line],
      status: isExplained ? 'passed' : 'failed',
      durationMs,
      message: isExplained
        ? undefined
        : `It ended with exit code ${exitCode}, and ${why}.\n${outputTail.slice(-7_800)}`,
    },
  ]);
  return {
    runner: project,
    tests: itself === undefined ? all : [...all, itself],
    files: [...new Set(all.map(({ file }) => file).filter((file) => file !== ''))].sort(),
    imports: {},
    durationMs,
    exitCode,
  };
}
