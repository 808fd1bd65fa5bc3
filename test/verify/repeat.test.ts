import { describe, expect, test } from 'vitest';
import type { TestReport, TestResult, TestRun } from '../../src/domain/tests.ts';
import type { TestScope } from '../../src/runners/types.ts';
import { type Verdict, type VerifyInput, verify } from '../../src/verify/verify.ts';
import type { Lane, Patch, Snapshot } from '../../src/workspace/types.ts';
import { failing, idOf, loadFailure, loadId, passing, redOf, reportOf } from '../rig/reports.ts';

const base: Snapshot = { tree: 'b'.repeat(40) };
const result: Snapshot = { tree: 'd'.repeat(40) };
const change = {
  path: 'src/a.json',
  kind: 'modified',
  oldMode: '100644',
  newMode: '100644',
  oldBlob: '1',
  newBlob: '2',
} as const;
const patch: Patch = { base, result, changes: [change], text: 'diff' };
const file = 'a.test.ts';
const other = 'b.test.ts';
const apart = { imports: { [file]: ['src/a.json'], [other]: ['src/b.ts'] } };

const ran = (report: TestReport): TestRun => ({ kind: 'report', report, outputTail: '' });
const flips = ran(reportOf([...passing(file, 'a'), ...failing(other, 'b')], apart));
const green = ran(reportOf([...passing(file, 'a'), ...passing(other, 'b')]));

/** A patch mends `a`; the runs end one after the other as given. */
async function play(
  runs: readonly TestRun[],
  more: Partial<VerifyInput> = {},
): Promise<{ verdict: Verdict; scopes: readonly TestScope[]; renewed: number }> {
  const scopes: TestScope[] = [];
  let renewed = 0;
  const lane: Lane = {
    name: 'verify',
    root: '/lane',
    linkedFrom: [],
    move: () => Promise.reject(new Error('a verdict is never in a used lane')),
    renew: async () => void renewed++,
    ready: async () => undefined,
    settled: async () => undefined,
    takePatch: async () => undefined,
  };
  const verdict = await verify({
    patch,
    lane,
    guard: { extra: [], isProtected: () => false },
    regression: failing(file, 'a').map(redOf),
    before: reportOf([...failing(file, 'a'), ...passing(other, 'b')], apart),
    known: () => 'green',
    greenIdsOf: () => [],
    heldByOthers: new Set(),
    scope: 'full',
    changedFiles: [],
    runTests: async (_lane, scope) => {
      scopes.push(scope);
      const run = runs[scopes.length - 1];
      if (run === undefined) throw new Error('the tests were run too often');
      return run;
    },
    signal: new AbortController().signal,
    ...more,
  });
  return { verdict, scopes, renewed };
}

const reasonsOf = (verdict: Verdict): readonly string[] => (verdict.kind === 'rejected' ? verdict.reasons : []);

describe('VERIFY-5 F43: a test outside of the regression that is red with the patch', () => {
  test('and green in a second cold run is flaky, when it has nothing to do with the patch', async () => {
    const { verdict, scopes, renewed } = await play([flips, green]);
    expect(verdict).toMatchObject({ kind: 'accepted', flaky: [{ id: idOf(other, 'b') }], durationMs: 20 });
    expect([scopes[1], renewed]).toEqual([{ kind: 'files', files: [other, file] }, 2]);
  });

  test('and red again is held against it', async () => {
    const { verdict } = await play([flips, flips]);
    expect(reasonsOf(verdict)).toEqual(['A test is newly red: b (b.test.ts): b went wrong']);
  });

  test('is excused although it reaches the patch when it flipped before', async () => {
    const reaching = { imports: { [other]: ['src/b.ts', 'src/a.json'] } };
    const first = ran(reportOf([...passing(file, 'a'), ...failing(other, 'b')], reaching));
    const hasFlipped = (id: string): boolean => id === idOf(other, 'b');
    expect((await play([first, green], { hasFlipped })).verdict.kind).toBe('accepted');
    expect(reasonsOf((await play([first, green])).verdict)).toEqual([
      'A test is red once and green once with this patch, and steady before: b (b.test.ts): b went wrong',
    ]);
  });

  test('is not excused when its imports are not known, or were other ones before', async () => {
    const unknown = ran(reportOf([...passing(file, 'a'), ...failing(other, 'b')]));
    expect((await play([unknown, green])).verdict.kind).toBe('rejected');
    const before = reportOf(failing(file, 'a'), { imports: { [other]: ['src/a.json'] } });
    expect((await play([flips, green], { before })).verdict.kind).toBe('rejected');
  });

  test('is not run again when the patch is refused anyway', async () => {
    const { verdict, scopes } = await play([ran(reportOf([...failing(file, 'a'), ...failing(other, 'b')], apart))]);
    expect(reasonsOf(verdict).map((reason) => reason.split(':')[0])).toEqual([
      'A test is still red',
      'A test is newly red',
    ]);
    expect(scopes).toHaveLength(1);
  });

  test('F70: is refused when its file did not load once', async () => {
    const { verdict, scopes } = await play([ran(reportOf([...passing(file, 'a'), loadFailure(other)], apart))]);
    expect([verdict.kind, scopes.length]).toEqual(['rejected', 1]);
  });

  test('F70: is judged by a second run when its file did not load, which it is known for', async () => {
    const known: VerifyInput['known'] = (id) => (id === loadId(other) ? 'flaky' : 'green');
    const unloaded = ran(reportOf([...passing(file, 'a'), loadFailure(other)], apart));
    const again = (...tests: readonly TestResult[]) => ran(reportOf(tests));
    const { verdict, scopes } = await play([unloaded, again(...passing(other, 'b'))], { known });
    expect(verdict).toMatchObject({ kind: 'accepted', flaky: [{ id: loadId(other) }], durationMs: 20 });
    expect(scopes[1]).toEqual({ kind: 'files', files: [other] });
    const gone = await play([unloaded, again(...passing(other, 'c'))], { known });
    expect(reasonsOf(gone.verdict)).toEqual(['A test is no longer run: b']);
    for (const second of [again(loadFailure(other)), { kind: 'no-tests', durationMs: 1 } as const]) {
      const { verdict: still } = await play([unloaded, second], { known });
      expect(reasonsOf(still)).toEqual(['A test is newly red: (load) (b.test.ts): Syntax error']);
    }
    expect((await play([unloaded, { kind: 'cancelled' }], { known })).verdict).toEqual({ kind: 'cancelled' });
  });

  test('does not help a patch whose own tests flip, nor one whose second run has no end', async () => {
    const mendedOnce = ran(reportOf([...failing(file, 'a'), ...passing(other, 'b')]));
    expect(reasonsOf((await play([flips, mendedOnce])).verdict)).toEqual([
      'A test is green once and red once with this patch: a (a.test.ts)',
    ]);
    expect((await play([flips, { kind: 'no-tests', durationMs: 1 }])).verdict.kind).toBe('rejected');
    expect((await play([flips, { kind: 'cancelled' }])).verdict).toEqual({ kind: 'cancelled' });
  });
});
