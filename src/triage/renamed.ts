import { checkOf, type TestReport } from '../domain/tests.ts';
import type { Baseline } from './baseline.ts';

/**
 * What was known of a problem goes with its file: a file that is gone had the very problem which another has now. Else a
 * rename would make work of what was there all the time. What is held by an open regression is not known yet: that one is
 * over with its file, and what is left of it begins anew.
 *
 * @param isGone whether the project has this file no longer
 */
export function followRenames(baseline: Baseline, report: TestReport, isGone: (file: string) => boolean): void {
  const { tests } = baseline.document;
  const fresh = report.tests.filter(({ id, status }) => status === 'failed' && checkOf(id) && tests[id] === undefined);
  if (fresh.length === 0) return;
  const reported = new Set(report.tests.map(({ id }) => id));
  const known = Object.entries(tests).filter(([id, { status, file }]) => {
    return status === 'red' && checkOf(id) !== undefined && !reported.has(id) && file !== '' && isGone(file);
  });
  const left = Map.groupBy(known, ([id, { file }]) => textOf(id, file));
  for (const { id, file, title } of fresh) {
    const [former, entry] = left.get(textOf(id, file))?.shift() ?? [];
    if (former === undefined || entry === undefined) continue;
    delete tests[former];
    tests[id] = { ...entry, file, title };
  }
}

/** An id without its file: the check, what it said and which of several. */
function textOf(id: string, file: string): string {
  const check = checkOf(id) ?? '';
  return `${check}|${id.slice(check.length + file.length + 2)}`;
}
