import type { RedTest, TestId, TestReport, TestRun } from '../domain/tests.ts';
import type { TestScope } from '../runners/types.ts';
import type { Lane, Patch, Snapshot } from '../workspace/types.ts';
import { describeRed, type JudgeInput, judge, list, newlyRed } from './judge.ts';
import { loadAgain } from './load-again.ts';
import { machineReason } from './machine.ts';
import { rememberSources, rememberTests } from './meddling.ts';
import { neededByTestsAlone } from './needed-by-tests.ts';
import { type GuardOptions, guardPatch } from './protected.ts';
import { repeatRed } from './repeat.ts';
import { shadowingReasons } from './shadowing.ts';
import { goneWithTheirFile, suppressionsIn, weighSuppressions } from './suppressions.ts';
import { suspiciousLines } from './suspicious.ts';
import { changedTestsWithin, type TestsWithin } from './within.ts';

export interface VerifyInput {
  readonly patch: Patch;
  readonly lane: Lane;
  readonly guard: GuardOptions;
  /** Tests inside of source files are protected, too; without it, no file has any. */
  readonly testsWithin?: TestsWithin | undefined;
  readonly regression: readonly RedTest[];
  readonly before: TestReport;
  readonly known: JudgeInput['known'];
  readonly greenIdsOf: JudgeInput['greenIdsOf'];
  readonly heldByOthers: JudgeInput['heldByOthers'];
  /** Whether this test has flipped before, without any patch. Without it, none has. */
  readonly hasFlipped?: (id: TestId) => boolean;
  /** `full` runs everything; `related` what depends on the patch or on the change, and all that ran before the patch. */
  readonly scope: 'related' | 'full';
  readonly changedFiles: readonly string[];
  readonly runTests: (lane: Lane, scope: TestScope, signal: AbortSignal) => Promise<TestRun>;
  /** Brings the lane to a snapshot with nothing else in it. Default: `lane.renew`. */
  readonly bringUp?: (to: Snapshot) => Promise<void>;
  readonly signal: AbortSignal;
}

/** What the harness says of a patch. A model has no part in it. */
export type Verdict =
  | {
      readonly kind: 'accepted';
      readonly report: TestReport;
      readonly durationMs: number;
      /** Added lines that look at whether tests are running: what the tests say of such a patch proves little. */
      readonly suspicious: readonly string[];
      /** Added lines that silence a check which had no problem here, and files that a problem has gone with. */
      readonly silencing: readonly string[];
      /** Not of the regression: red in the run, green in its repeat, and not the patch's doing. */
      readonly flaky: readonly RedTest[];
    }
  | {
      readonly kind: 'rejected';
      readonly reasons: readonly string[];
      readonly ran: number;
      readonly durationMs: number;
      readonly outputTail: string;
      /** What was red in the run, where there was one. */
      readonly red?: readonly RedTest[];
    }
  /** The tests could not be run at all: no judgement on the patch. */
  | { readonly kind: 'broken'; readonly detail: string }
  | { readonly kind: 'cancelled' };

type Accepted = Extract<Verdict, { kind: 'accepted' }>;

/** Guard first, then a cold run in a lane that holds nothing but the patched snapshot. */
export async function verify(input: VerifyInput): Promise<Verdict> {
  const refused = guardPatch(input.patch, input.guard);
  if (refused.length > 0) return { kind: 'rejected', reasons: refused, ran: 0, durationMs: 0, outputTail: '' };

  await (input.bringUp?.(input.patch.result) ?? input.lane.renew(input.patch.result));
  const hidden = [
    ...shadowingReasons(input.patch, input.lane.root, input),
    ...(input.testsWithin === undefined ? [] : changedTestsWithin(input.patch, input.lane.root, input.testsWithin)),
  ];
  const suppressions = suppressionsIn(input.patch, input.lane.root);
  const { refused: silenced } = weighSuppressions(suppressions, [...input.regression, ...input.before.tests]);
  hidden.push(...silenced);
  if (hidden.length > 0) return { kind: 'rejected', reasons: hidden, ran: 0, durationMs: 0, outputTail: '' };
  // Read before the run: what runs could change the files that are read.
  const suspicious = [
    ...suspiciousLines(input.patch, input.lane.root),
    ...(await neededByTestsAlone(input.patch, input.lane.root, input.guard.isProtected)),
  ];
  const changedTests = await rememberTests(input.lane.root, input.before, input.guard.isProtected);
  const changedSources = await rememberSources(input.lane.root, input.before, input.patch);
  const run = await input.runTests(input.lane, scopeOf(input), input.signal);
  switch (run.kind) {
    case 'cancelled':
      return run;
    case 'no-tests':
      return {
        kind: 'rejected',
        reasons: ['No test ran with this patch.'],
        ran: 0,
        durationMs: run.durationMs,
        outputTail: '',
      };
    case 'broken':
      if (run.reason === 'could-not-start') return { kind: 'broken', detail: run.detail };
      // The same tests ran to their end without the patch, so that it is the patch that ends them.
      return {
        kind: 'rejected',
        reasons: [`With this patch the tests could not be run to their end: ${run.detail}`],
        ran: 0,
        durationMs: run.durationMs,
        outputTail: run.outputTail,
      };
    case 'report':
      return judgeRun({ ...input, suspicious, suppressions }, run, {
        changedTests,
        changedSources: await changedSources(),
      });
  }
}

interface Judged extends VerifyInput, Pick<Accepted, 'suspicious'> {
  readonly suppressions: ReturnType<typeof suppressionsIn>;
}

interface Changed {
  readonly changedTests: () => Promise<readonly string[]>;
  readonly changedSources: readonly string[];
}

/** A patch is not refused for a test that only flips: what else turned red is run once more, if nothing else is wrong. */
async function judgeRun(
  input: Judged,
  { report: first, outputTail }: Extract<TestRun, { kind: 'report' }>,
  { changedTests, changedSources }: Changed,
): Promise<Verdict> {
  const changedFirst = [...(await changedTests()), ...changedSources];
  const loaded = await loadAgain(input, first);
  if (loaded.kind === 'cancelled') return loaded;
  const { report, flaky } = loaded;
  const judged: JudgeInput = { ...input, after: report };
  const suspects = newlyRed(judged);
  const changed = [...new Set([...changedFirst, ...(report === first ? [] : await changedTests())])];
  const machine = changed.length === 0 ? await machineReason(input, report) : undefined;
  if (input.signal.aborted) return { kind: 'cancelled' };
  if (machine !== undefined) return { kind: 'broken', detail: machine };
  const others = [...changed.map(meddled), ...judge({ ...judged, excused: new Set(suspects.map(({ id }) => id)) })];
  if (suspects.length === 0 || others.length > 0) {
    const reasons = suspects.length === 0 ? others : [...others, ...list('newly red', suspects.map(describeRed))];
    return conclude(input, { reasons, flaky, report, durationMs: report.durationMs, outputTail });
  }
  const second = await repeatRed(input, report, suspects);
  if (second.kind === 'cancelled') return second;
  const reasons = [...(await changedTests()).map(meddled), ...second.reasons];
  const durationMs = report.durationMs + second.durationMs;
  return conclude(input, { reasons, flaky: [...flaky, ...second.flaky], report, durationMs, outputTail });
}

function conclude(
  { suspicious, suppressions, regression, before, patch }: Judged,
  found: {
    reasons: readonly string[];
    flaky: readonly RedTest[];
    report: TestReport;
    durationMs: number;
    outputTail: string;
  },
): Verdict {
  const { flaky, report, durationMs, outputTail } = found;
  const ran = report.tests.length;
  const { refused, doubtful } = weighSuppressions(suppressions, [...regression, ...before.tests, ...report.tests]);
  const reasons = [...found.reasons, ...refused];
  const silencing = [...doubtful, ...goneWithTheirFile(patch, regression)];
  return reasons.length === 0
    ? { kind: 'accepted', report, durationMs, suspicious, silencing, flaky }
    : { kind: 'rejected', reasons, ran, durationMs, outputTail, red: redIn(report) };
}

const meddled = (path: string): string => `While the tests ran, the patched program changed ${path}.`;

/** A patch may cut the import that a test file was found by: what ran before is named. */
function scopeOf({ scope, patch, regression, before, changedFiles }: VerifyInput): TestScope {
  if (scope === 'full') return { kind: 'all' };
  const testFiles = [...before.files, ...regression.map(({ file }) => file)];
  const files = [...patch.changes.map(({ path }) => path), ...changedFiles, ...testFiles];
  return { kind: 'related', files: [...new Set(files.filter((file) => file !== ''))] };
}

function redIn({ tests }: TestReport): readonly RedTest[] {
  return tests
    .filter(({ status }) => status === 'failed')
    .map(({ id, file, title, message = '' }) => ({ id, file, title, message }));
}
