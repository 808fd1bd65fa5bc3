import type { RedTest, TestId, TestReport, TestRun } from '../domain/tests.ts';
import type { Runner, TestScope } from '../runners/types.ts';
import type { Lane, Snapshot } from '../workspace/types.ts';
import type { Baseline } from './baseline.ts';
import { type FoundRegression, groupRegressions } from './regressions.ts';

/** Runs tests in a lane that already holds the snapshot. */
export type RunTests = (lane: Lane, scope: TestScope, signal: AbortSignal) => Promise<TestRun>;

export interface TriageInput {
  readonly lane: Lane;
  readonly snapshot: Snapshot;
  readonly files: readonly string[];
  /** All that differs from what was triaged last, also where nobody watches: test files among it have no history. */
  readonly changed: readonly string[];
  readonly runner: Runner;
  readonly runTests: RunTests;
  readonly baseline: Baseline;
  /** `failing`: any red test makes work, whether or not it was green before. */
  readonly scope: 'regressions' | 'failing';
  /** Called as soon as something looks newly red, before the repeat: the models can be started meanwhile. */
  readonly onRed: (tests: readonly RedTest[]) => void;
  readonly signal: AbortSignal;
}

export type Triage =
  | {
      readonly kind: 'triaged';
      readonly snapshot: Snapshot;
      readonly report: TestReport | undefined;
      readonly regressions: readonly FoundRegression[];
      /** Red, then green on the same snapshot. */
      readonly flaky: readonly RedTest[];
      readonly alreadyRed: number;
      /** Test files among the changed ones: their own history is set aside. */
      readonly setAside: ReadonlySet<string>;
      readonly durationMs: number;
    }
  | { readonly kind: 'broken'; readonly reason: string; readonly detail: string; readonly outputTail: string }
  | { readonly kind: 'cancelled' };

/** Finds out what a set of changed files did to the tests. Pays nothing, decides nothing. */
export async function triage(input: TriageInput): Promise<Triage> {
  await input.lane.move(input.snapshot);
  const first = await input.runTests(input.lane, { kind: 'related', files: input.files }, input.signal);
  const setAside = new Set([...input.files, ...input.changed].filter((file) => input.runner.isTestFile(file)));
  if (first.kind === 'cancelled') return first;
  if (first.kind === 'broken') return first;
  if (first.kind === 'no-tests') return settled(input, undefined, [], [], 0, setAside, first.durationMs);

  const { report } = first;
  const compared = input.baseline.compare(report, setAside);
  const red = [
    ...compared.regressed,
    ...(input.scope === 'failing' ? untried(compared.alreadyRed, input.baseline) : []),
  ];
  if (red.length === 0) return settled(input, report, [], [], compared.alreadyRed.length, setAside, report.durationMs);

  input.onRed(red);
  const second = await input.runTests(
    input.lane,
    { kind: 'files', files: [...new Set(red.map(({ file }) => file))] },
    input.signal,
  );
  if (second.kind === 'cancelled' || second.kind === 'broken') return second;
  const stillRed = new Set(second.kind === 'report' ? redIds(second.report, input.baseline) : red.map(({ id }) => id));
  const flaky = red.filter(({ id }) => !stillRed.has(id));
  const regressions = groupRegressions(
    input.files,
    red.filter(({ id }) => stillRed.has(id)),
    report.imports,
  );
  const durationMs = report.durationMs + (second.kind === 'report' ? second.report.durationMs : 0);
  return settled(input, report, regressions, flaky, compared.alreadyRed.length, setAside, durationMs);
}

function settled(
  input: TriageInput,
  report: TestReport | undefined,
  regressions: readonly FoundRegression[],
  flaky: readonly RedTest[],
  alreadyRed: number,
  setAside: ReadonlySet<string>,
  durationMs: number,
): Triage {
  return { kind: 'triaged', snapshot: input.snapshot, report, regressions, flaky, alreadyRed, setAside, durationMs };
}

/** Red tests that no earlier regression has left behind: what could not be mended once is not tried at every save. */
function untried(tests: readonly RedTest[], baseline: Baseline): readonly RedTest[] {
  return tests.filter(({ id }) => baseline.entry(id)?.fingerprint === undefined);
}

/** Ids that are red in a report; a file that cannot load stands for all of its tests. */
function redIds(report: TestReport, baseline: Baseline): readonly TestId[] {
  return report.tests
    .filter(({ status }) => status === 'failed')
    .flatMap((test) => (test.kind === 'load' ? [test.id, ...baseline.greenIdsOf(test.file)] : [test.id]));
}
