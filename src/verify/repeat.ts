import type { RedTest, TestId, TestReport, TestResult, TestRun } from '../domain/tests.ts';
import type { TestScope } from '../runners/types.ts';
import type { Lane, Patch } from '../workspace/types.ts';
import { describeRed, list } from './judge.ts';

export interface RepeatInput {
  readonly patch: Patch;
  readonly lane: Lane;
  readonly regression: readonly RedTest[];
  readonly before: TestReport;
  readonly hasFlipped?: (id: TestId) => boolean;
  readonly runTests: (lane: Lane, scope: TestScope, signal: AbortSignal) => Promise<TestRun>;
  readonly signal: AbortSignal;
}

export type Repeat =
  | { readonly kind: 'cancelled' }
  | {
      readonly kind: 'repeated';
      readonly flaky: readonly RedTest[];
      readonly reasons: readonly string[];
      readonly durationMs: number;
    };

/**
 * Runs tests outside of the regression that turned red with a patch once more, cold, together with what the patch was to
 * mend: what those leave behind in a shared worker must have its chance again.
 *
 * Green now is not enough to be excused. A patch may bring a race, or flip on purpose, and a test that is called flaky
 * is watched no longer. So either the test flipped before, without any patch, or nothing that it imports is touched by
 * this one; where the imports are not known, the patch is refused. An honest patch then loses one attempt, no more.
 */
export async function repeatRed(
  input: RepeatInput,
  report: TestReport,
  suspects: readonly TestResult[],
): Promise<Repeat> {
  const { lane, patch, regression, signal } = input;
  const ended = (flaky: readonly RedTest[], reasons: readonly string[], durationMs: number): Repeat => ({
    kind: 'repeated',
    flaky,
    reasons,
    durationMs,
  });
  const stillRed = (tests: readonly TestResult[]): readonly string[] => list('newly red', tests.map(describeRed));
  // A file that did not load hides its tests, and the first run cannot prove them any more.
  if (suspects.some(({ kind }) => kind !== 'test')) return ended([], stillRed(suspects), 0);

  const files = [...suspects, ...regression].map(({ file }) => file).filter((file) => file !== '');
  await lane.renew(patch.result);
  const run = await input.runTests(lane, { kind: 'files', files: [...new Set(files)] }, signal);
  if (run.kind === 'cancelled') return run;
  if (run.kind !== 'report') return ended([], stillRed(suspects), run.durationMs);

  const now = new Map(run.report.tests.map(({ id, status }) => [id, status]));
  const flipped = suspects.filter(({ id }) => now.get(id) === 'passed');
  const isExcused = ({ id, file }: TestResult): boolean =>
    input.hasFlipped?.(id) === true || !mayReach(file, patch, [report, input.before]);
  const reasons = [
    ...stillRed(suspects.filter((test) => !flipped.includes(test))),
    ...list(
      'red once and green once with this patch, and steady before',
      flipped.filter((test) => !isExcused(test)).map(describeRed),
    ),
    ...list(
      'green once and red once with this patch',
      regression.filter(({ id }) => now.get(id) === 'failed').map(({ title, file }) => `${title} (${file})`),
    ),
  ];
  const flaky = flipped.filter(isExcused).map(({ id, file, title, message = '' }) => ({ id, file, title, message }));
  return ended(flaky, reasons, run.report.durationMs);
}

/** Whether a test file may have to do with what the patch changes. */
function mayReach(file: string, { changes }: Patch, reports: readonly TestReport[]): boolean {
  const known = reports.map(({ imports }) => imports[file]);
  if (known[0] === undefined) return true;
  const reached = new Set([file, ...known.flatMap((paths) => paths ?? [])]);
  return changes.some(({ path }) => reached.has(path));
}
