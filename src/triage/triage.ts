import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { machineFault } from '../domain/machine-faults.ts';
import type { RedTest, TestId, TestReport, TestRun } from '../domain/tests.ts';
import type { Runner, TestRequest, TestScope } from '../runners/types.ts';
import type { Lane, Snapshot } from '../workspace/types.ts';
import type { Baseline } from './baseline.ts';
import { type FoundRegression, groupRegressions } from './regressions.ts';
import { followRenames } from './renamed.ts';

/** Runs tests in a lane that already holds the snapshot. */
export type RunTests = (
  lane: Lane,
  scope: TestScope,
  signal: AbortSignal,
  how?: Pick<TestRequest, 'mayBeWarm'>,
) => Promise<TestRun>;

export interface TriageInput {
  readonly lane: Lane;
  readonly snapshot: Snapshot;
  readonly files: readonly string[];
  /** All that differs from what was triaged last, also where nobody watches: test files among it have no history. */
  readonly changed: readonly string[];
  /** What was triaged last is lost, so that every file is among `files`: that says of no test file that it was changed. */
  readonly isBlind?: boolean;
  readonly runner: Runner;
  readonly runTests: RunTests;
  readonly baseline: Baseline;
  /** `failing`: any red test makes work, whether or not it was green before. */
  readonly scope: 'regressions' | 'failing';
  /** Called as soon as something looks newly red, before the repeat: the models can be started meanwhile. */
  readonly onRed: (tests: readonly RedTest[]) => void;
  /** The tree before these changes, where it is still known: it tells a fault of the machine from one of the change. */
  readonly earlier?: () => Promise<Snapshot | undefined>;
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
      /** Red for a fault of the machine, without the change as well: a port in use, a locked database. */
      readonly machine: readonly MachineRed[];
      readonly alreadyRed: number;
      /** Test files among the changed ones: their own history is set aside. */
      readonly setAside: ReadonlySet<string>;
      readonly durationMs: number;
    }
  | { readonly kind: 'broken'; readonly reason: string; readonly detail: string; readonly outputTail: string }
  | { readonly kind: 'cancelled' };

/** A test with the fault of the machine that it tells of. */
export interface MachineRed {
  readonly test: RedTest;
  readonly what: string;
}

/** Finds out what a set of changed files did to the tests. Pays nothing, decides nothing. */
export async function triage(input: TriageInput): Promise<Triage> {
  await input.lane.move(input.snapshot);
  const related: TestScope = { kind: 'related', files: input.files };
  const first = await input.runTests(input.lane, related, input.signal, { mayBeWarm: true });
  const changed = input.isBlind ? [] : [...input.files, ...input.changed];
  const setAside = new Set(changed.filter((file) => input.runner.isTestFile(file)));
  if (first.kind === 'cancelled') return first;
  if (first.kind === 'broken') return first;
  if (first.kind === 'no-tests') return settled(input, undefined, [], [], 0, setAside, first.durationMs);

  const { report } = first;
  followRenames(input.baseline, report, (file) => !existsSync(join(input.lane.root, file)));
  const compared = input.baseline.compare(report, setAside);
  const red = [
    ...compared.regressed,
    ...(input.scope === 'failing' ? untried(compared.alreadyRed, input.baseline) : []),
  ];
  if (red.length === 0) return settled(input, report, [], [], compared.alreadyRed.length, setAside, report.durationMs);

  input.onRed(red);
  // Never warm: nothing is made a regression that a run from the beginning does not see.
  const second = await input.runTests(
    input.lane,
    { kind: 'files', files: [...new Set(red.map(({ file }) => file))] },
    input.signal,
  );
  if (second.kind === 'cancelled' || second.kind === 'broken') return second;
  const stillRed = new Set(second.kind === 'report' ? redIds(second.report, input.baseline) : red.map(({ id }) => id));
  const passed = new Set(
    second.kind === 'report' ? second.report.tests.flatMap(({ id, status }) => (status === 'passed' ? [id] : [])) : [],
  );
  // What belongs to no file is not among those that were run again, so that its absence says nothing.
  const isStillRed = ({ id, file }: RedTest): boolean => stillRed.has(id) || (file === '' && !passed.has(id));
  // Tests that a file hid which did not load were not seen red themselves.
  const seen = new Set(report.tests.map(({ id }) => id));
  const flipped = red.filter((test) => seen.has(test.id) && !isStillRed(test));
  const flaky = first.warmth === 'kept' ? await onceMoreWarm(input, related, flipped) : flipped;
  const still = red.filter(isStillRed);
  const machine = await faultsOfTheMachine(input, still);
  if (input.signal.aborted) return { kind: 'cancelled' };
  const nobodys = new Set(machine.map(({ test }) => test.id));
  const regressions = groupRegressions(
    input.files,
    still.filter(({ id }) => !nobodys.has(id)),
    report.imports,
  );
  const durationMs = report.durationMs + (second.kind === 'report' ? second.report.durationMs : 0);
  const settledRun = settled(input, report, regressions, flaky, compared.alreadyRed.length, setAside, durationMs);
  return { ...settledRun, machine };
}

/**
 * What a kept process alone saw red may never have been so. It is a flip where the same look no longer sees it. Where it still
 * does, the process sees what is not there, and would at every save.
 */
async function onceMoreWarm(
  input: TriageInput,
  scope: TestScope,
  flipped: readonly RedTest[],
): Promise<readonly RedTest[]> {
  if (flipped.length === 0) return [];
  const again = await input.runTests(input.lane, scope, input.signal, { mayBeWarm: true });
  if (again.kind !== 'report' || again.warmth !== 'kept') return [];
  const green = new Set(again.report.tests.flatMap(({ id, status }) => (status === 'passed' ? [id] : [])));
  const flaky = flipped.filter(({ id }) => green.has(id));
  if (flaky.length < flipped.length) await input.runner.distrust?.(input.lane.root);
  return flaky;
}

function settled(
  input: TriageInput,
  report: TestReport | undefined,
  regressions: readonly FoundRegression[],
  flaky: readonly RedTest[],
  alreadyRed: number,
  setAside: ReadonlySet<string>,
  durationMs: number,
): Extract<Triage, { kind: 'triaged' }> {
  const { snapshot } = input;
  return { kind: 'triaged', snapshot, report, regressions, flaky, machine: [], alreadyRed, setAside, durationMs };
}

/**
 * Tests whose failure speaks of the machine, and which fail in the same way on the tree before the change. A change that
 * listens twice or asks the wrong port is told apart by that: its tests were green there, and still are.
 */
async function faultsOfTheMachine(input: TriageInput, red: readonly RedTest[]): Promise<readonly MachineRed[]> {
  const suspects = red.flatMap((test) => {
    const what = machineFault(test.message);
    return what === undefined ? [] : [{ test, what }];
  });
  const earlier = suspects.length === 0 ? undefined : await input.earlier?.();
  if (earlier === undefined) return [];
  const { lane, snapshot, runTests, signal } = input;
  await lane.move(earlier);
  const files = [...new Set(suspects.map(({ test }) => test.file))].filter((file) => file !== '');
  const run = await runTests(lane, { kind: 'files', files }, signal);
  await lane.move(snapshot);
  if (run.kind !== 'report') return [];
  const there = new Map(run.report.tests.map((test) => [test.id, test]));
  return suspects.filter(({ test, what }) => {
    const before = there.get(test.id);
    return before?.status === 'failed' && machineFault(before.message ?? '') === what;
  });
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
