import type { RedTest, TestReport, TestRun } from '../domain/tests.ts';
import type { TestScope } from '../runners/types.ts';
import type { Lane, Patch } from '../workspace/types.ts';
import { type JudgeInput, judge } from './judge.ts';
import { rememberTests } from './meddling.ts';
import { type GuardOptions, guardPatch } from './protected.ts';
import { shadowingReasons } from './shadowing.ts';
import { suspiciousLines } from './suspicious.ts';

export interface VerifyInput {
  readonly patch: Patch;
  readonly lane: Lane;
  readonly guard: GuardOptions;
  readonly regression: readonly RedTest[];
  readonly before: TestReport;
  readonly known: JudgeInput['known'];
  readonly greenIdsOf: JudgeInput['greenIdsOf'];
  readonly heldByOthers: JudgeInput['heldByOthers'];
  /** `full` runs everything; `related` what depends on the patch or on the change, and all that ran before the patch. */
  readonly scope: 'related' | 'full';
  readonly changedFiles: readonly string[];
  readonly runTests: (lane: Lane, scope: TestScope, signal: AbortSignal) => Promise<TestRun>;
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
    }
  | {
      readonly kind: 'rejected';
      readonly reasons: readonly string[];
      readonly ran: number;
      readonly durationMs: number;
      readonly outputTail: string;
    }
  /** The tests could not be run at all: no judgement on the patch. */
  | { readonly kind: 'broken'; readonly detail: string }
  | { readonly kind: 'cancelled' };

/** Guard first, then a cold run in a lane that holds nothing but the patched snapshot. */
export async function verify(input: VerifyInput): Promise<Verdict> {
  const refused = guardPatch(input.patch, input.guard);
  if (refused.length > 0) return { kind: 'rejected', reasons: refused, ran: 0, durationMs: 0, outputTail: '' };

  await input.lane.renew(input.patch.result);
  const shadows = shadowingReasons(input.patch, input.lane.root);
  if (shadows.length > 0) return { kind: 'rejected', reasons: shadows, ran: 0, durationMs: 0, outputTail: '' };
  const changedTests = await rememberTests(input.lane.root, input.before, input.guard.isProtected);
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
    case 'report': {
      const meddled = await changedTests();
      const reasons = [
        ...meddled.map((path) => `While the tests ran, the patched program changed ${path}.`),
        ...judge({ ...input, after: run.report }),
      ];
      const { durationMs, tests } = run.report;
      return reasons.length === 0
        ? { kind: 'accepted', report: run.report, durationMs, suspicious: suspiciousLines(input.patch) }
        : { kind: 'rejected', reasons, ran: tests.length, durationMs, outputTail: run.outputTail };
    }
  }
}

/** A patch may cut the import that a test file was found by: what ran before is named. */
function scopeOf({ scope, patch, regression, before, changedFiles }: VerifyInput): TestScope {
  if (scope === 'full') return { kind: 'all' };
  const testFiles = [...before.files, ...regression.map(({ file }) => file)];
  const files = [...patch.changes.map(({ path }) => path), ...changedFiles, ...testFiles];
  return { kind: 'related', files: [...new Set(files.filter((file) => file !== ''))] };
}
