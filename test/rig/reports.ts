import type { RedTest, TestId, TestReport, TestResult, TestStatus } from '../../src/domain/tests.ts';

/** The id of a test as a runner without projects would make it. */
export const idOf = (file: string, title: string): TestId => `|${file}|${title}|1`;
export const loadId = (file: string): TestId => `|${file}|(load)`;
export const unhandledId = (file: string): TestId => `|${file}|(unhandled)`;

export function result(file: string, title: string, status: TestStatus): TestResult {
  const message = status === 'failed' ? { message: `${title} went wrong\n  at ${file}:1` } : {};
  return { id: idOf(file, title), kind: 'test', file, title, status, durationMs: 1, ...message };
}

/** Tests of one file: `passing('a.test.ts', 'adds', 'subtracts')`. */
export const passing = (file: string, ...titles: readonly string[]): TestResult[] =>
  titles.map((title) => result(file, title, 'passed'));
export const failing = (file: string, ...titles: readonly string[]): TestResult[] =>
  titles.map((title) => result(file, title, 'failed'));
export const skipping = (file: string, ...titles: readonly string[]): TestResult[] =>
  titles.map((title) => result(file, title, 'skipped'));

export function loadFailure(file: string): TestResult {
  const id = loadId(file);
  return { id, kind: 'load', file, title: '(load)', status: 'failed', durationMs: 0, message: 'Syntax error' };
}

/** An error outside of tests; of no file with the empty name. */
export function unhandled(file: string): TestResult {
  const id = unhandledId(file);
  return { id, kind: 'unhandled', file, title: '(unhandled)', status: 'failed', durationMs: 0, message: 'Rejected' };
}

export function reportOf(
  tests: readonly TestResult[],
  more: { readonly files?: readonly string[]; readonly imports?: TestReport['imports'] } = {},
): TestReport {
  const files = more.files ?? [...new Set(tests.map(({ file }) => file))].filter((file) => file !== '');
  const exitCode = tests.some(({ status }) => status === 'failed') ? 1 : 0;
  return { runner: 'vitest', tests, files, imports: more.imports ?? {}, durationMs: 10, exitCode };
}

export function redOf(test: TestResult): RedTest {
  return { id: test.id, file: test.file, title: test.title, message: test.message ?? '' };
}
