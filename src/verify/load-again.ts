import { type RedTest, type TestId, type TestReport, type TestResult, type TestRun, toRed } from '../domain/tests.ts';
import type { TestScope } from '../runners/types.ts';
import type { Lane, Patch } from '../workspace/types.ts';

export interface LoadInput {
  readonly patch: Patch;
  readonly lane: Lane;
  readonly known: (id: TestId) => string | undefined;
  readonly runTests: (lane: Lane, scope: TestScope, signal: AbortSignal) => Promise<TestRun>;
  readonly signal: AbortSignal;
}

export type LoadedAgain =
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'loaded'; readonly report: TestReport; readonly flaky: readonly RedTest[] };

/**
 * A file that does not load hides its tests, so that one whose load is known to flip is run once more, cold, and judged by
 * the run in which it loads. What does not load either time stays red.
 */
export async function loadAgain(input: LoadInput, report: TestReport): Promise<LoadedAgain> {
  const unloaded = report.tests.filter((test) => isUnloaded(test) && input.known(test.id) === 'flaky');
  if (unloaded.length === 0) return { kind: 'loaded', report, flaky: [] };
  const files = [...new Set(unloaded.map(({ file }) => file))];
  await input.lane.renew(input.patch.result);
  const run = await input.runTests(input.lane, { kind: 'files', files }, input.signal);
  if (run.kind === 'cancelled') return run;
  if (run.kind !== 'report') return { kind: 'loaded', report, flaky: [] };
  const again = run.report;
  const still = new Set(again.tests.filter(isUnloaded).map(({ file }) => file));
  const loaded = new Set(files.filter((file) => again.files.includes(file) && !still.has(file)));
  const durationMs = report.durationMs + again.durationMs;
  return {
    kind: 'loaded',
    report: {
      ...report,
      tests: joined(report, again, loaded),
      imports: { ...report.imports, ...again.imports },
      durationMs,
    },
    flaky: unloaded.filter(({ file }) => loaded.has(file)).map(toRed),
  };
}

/** The tests of these files as the second run has them, and what it says of no file. */
function joined(first: TestReport, again: TestReport, loaded: ReadonlySet<string>): readonly TestResult[] {
  const ids = new Set(first.tests.map(({ id }) => id));
  return [
    ...first.tests.filter(({ file }) => !loaded.has(file)),
    ...again.tests.filter(({ id, file }) => loaded.has(file) || (file === '' && !ids.has(id))),
  ];
}

function isUnloaded({ kind, status }: TestResult): boolean {
  return kind === 'load' && status === 'failed';
}
