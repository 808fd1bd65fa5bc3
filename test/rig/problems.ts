import { type Checked, problemId, type TestReport, type TestResult } from '../../src/domain/tests.ts';
import { reportOf } from './reports.ts';

/** What a check found in a file; the second of the same text there has the occurrence 2. */
export function problem(file: string, text: string, occurrence = 1, check = 'tsc'): TestResult {
  const id = problemId(check, file, text, occurrence);
  const title = `${check}: ${text}`;
  return { id, kind: 'problem', file, title, status: 'failed', durationMs: 0, message: `${file}:1 ${text}` };
}

/** A run of the check alone, over all of the project unless `looked` says otherwise. */
export function checkReport(
  problems: readonly TestResult[],
  looked: Omit<Checked, 'check'> = {},
  check = 'tsc',
): TestReport {
  return { ...reportOf(problems, { files: [] }), checked: [{ check, ...looked }] };
}
