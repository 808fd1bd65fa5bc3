import { describe, expect, test } from 'vitest';
import { machineFault } from '../../src/domain/machine-faults.ts';
import type { RedTest, TestReport, TestResult, TestRun } from '../../src/domain/tests.ts';
import type { Runner, TestScope } from '../../src/runners/types.ts';
import { Baseline } from '../../src/triage/baseline.ts';
import { type Triage, type TriageInput, triage } from '../../src/triage/triage.ts';
import type { Lane, Snapshot } from '../../src/workspace/types.ts';
import { failing, idOf, loadFailure, passing, redOf, reportOf, unhandled } from '../rig/reports.ts';

const snapshot: Snapshot = { tree: 'd'.repeat(40) };
const file = 'a.test.ts';

const runner: Runner = {
  name: 'vitest',
  version: '5.0.0',
  description: 'a script',
  run: () => Promise.reject(new Error('triage runs tests through runTests')),
  wants: () => true,
  isProtected: () => false,
  isSettings: () => false,
  isTestFile: (path) => path.includes('.test.'),
  prepare: () => undefined,
  close: async () => undefined,
};

const ran = (report: TestReport): TestRun => ({ kind: 'report', report, outputTail: '' });

interface Told {
  readonly result: Triage;
  readonly scopes: readonly TestScope[];
  readonly red: readonly (readonly RedTest[])[];
  readonly moves: readonly string[];
  /** Of each run, whether it might be warm. */
  readonly warmth: readonly boolean[];
}

/** One triage in which the runs of the tests end as the script says. */
async function play(
  baseline: readonly TestResult[],
  script: readonly TestRun[],
  more: Partial<TriageInput> = {},
): Promise<Told> {
  const scopes: TestScope[] = [];
  const red: (readonly RedTest[])[] = [];
  const moves: string[] = [];
  const warmth: boolean[] = [];
  const lane: Lane = {
    name: 'triage',
    root: '/lane',
    linkedFrom: [],
    move: async ({ tree }) => void moves.push(tree),
    renew: () => Promise.reject(new Error('only a verdict needs a clean lane')),
    ready: async () => undefined,
    settled: async () => undefined,
    takePatch: async () => undefined,
  };
  const input: TriageInput = {
    lane,
    snapshot,
    files: ['a.ts'],
    changed: [],
    runner,
    baseline: Baseline.fromReport(reportOf(baseline), 'tree', 'now'),
    scope: 'regressions',
    runTests: async (_lane, scope, _signal, { mayBeWarm = false } = {}) => {
      scopes.push(scope);
      warmth.push(mayBeWarm);
      const run = script[scopes.length - 1];
      if (run === undefined) throw new Error('the tests were run too often');
      return run;
    },
    onRed: (tests) => red.push(tests),
    signal: new AbortController().signal,
    ...more,
  };
  return { result: await triage(input), scopes, red, moves, warmth };
}

const ids = (tests: readonly { readonly id: string }[]): string[] => tests.map(({ id }) => id);

describe('F69: a failure that speaks of the machine', () => {
  const earlier: Snapshot = { tree: 'f'.repeat(40) };
  const saying = (message: string) => ran(reportOf(failing(file, 'a').map((test) => ({ ...test, message }))));
  const inUse = saying('Error: listen EADDRINUSE: address already in use :::3000');
  const isKnown = { earlier: async () => earlier };

  test('is no regression when it is the same without the change, and is named', async () => {
    const { result, moves, scopes } = await play(passing(file, 'a'), [inUse, inUse, inUse], isKnown);
    expect(result).toMatchObject({
      kind: 'triaged',
      regressions: [],
      flaky: [],
      machine: [{ test: { id: idOf(file, 'a') }, what: 'a port is in use' }],
    });
    expect([moves, scopes[2]]).toEqual([
      [snapshot.tree, earlier.tree, snapshot.tree],
      { kind: 'files', files: [file] },
    ]);
  });

  test.each<[string, readonly TestRun[], Partial<TriageInput>]>([
    ['green without the change', [inUse, inUse, ran(reportOf(passing(file, 'a')))], isKnown],
    ['red without it for another reason', [inUse, inUse, saying('expected 1 to be 2')], isKnown],
    ['not known what it was without it', [inUse, inUse], { earlier: async () => undefined }],
    ['not run to an end without it', [inUse, inUse, { kind: 'no-tests', durationMs: 1 }], isKnown],
  ])('is a regression where it is %s', async (_what, script, more) => {
    const { result } = await play(passing(file, 'a'), script, more);
    expect(result).toMatchObject({ regressions: [{ tests: [{ id: idOf(file, 'a') }] }], machine: [] });
  });

  test('costs no run where the failure is an ordinary one', async () => {
    const ordinary = saying('expected 1 to be 2');
    expect((await play(passing(file, 'a'), [ordinary, ordinary], isKnown)).result).toMatchObject({ machine: [] });
  });

  test.each([
    ['connect ECONNREFUSED 127.0.0.1:5432', 'a service does not answer'],
    ['SqliteError: database is locked', 'a database is locked'],
    ['EMFILE: too many open files, watch', 'too many files are open'],
    ['ENOSPC: no space left on device', 'the disk is full'],
    ['expected ENOSPCX to be 1', undefined],
  ])('%s: %s', (message, what) => {
    expect(machineFault(message)).toBe(what);
  });
});

describe('triage', () => {
  test('VERIFY-2: green is one run of the related tests', async () => {
    const { result, scopes, red, moves } = await play(passing(file, 'a'), [ran(reportOf(passing(file, 'a')))]);
    expect(result).toMatchObject({ kind: 'triaged', regressions: [], flaky: [], alreadyRed: 0, durationMs: 10 });
    expect([scopes, red, moves]).toEqual([[{ kind: 'related', files: ['a.ts'] }], [], [snapshot.tree]]);
  });

  test('VERIFY-2: red as before is one run too, and no work', async () => {
    const { result, scopes } = await play(failing(file, 'a'), [ran(reportOf(failing(file, 'a')))]);
    expect(result).toMatchObject({ kind: 'triaged', regressions: [], alreadyRed: 1 });
    expect(scopes).toHaveLength(1);
  });

  test('newly red is told at once, run once more by its files, and then a regression', async () => {
    const report = reportOf([...failing(file, 'a'), ...passing('b.test.ts', 'b')]);
    const { result, scopes, red } = await play(
      [...passing(file, 'a'), ...passing('b.test.ts', 'b')],
      [ran(report), ran(reportOf(failing(file, 'a')))],
    );
    expect(red.map(ids)).toEqual([[idOf(file, 'a')]]);
    expect(scopes[1]).toEqual({ kind: 'files', files: [file] });
    expect(result).toMatchObject({
      kind: 'triaged',
      report,
      regressions: [{ files: ['a.ts'], tests: [redOf(failing(file, 'a')[0] ?? unhandled(''))] }],
      flaky: [],
      durationMs: 20,
    });
  });

  test('VERIFY-5 F43: what passes the second time is flaky and no regression', async () => {
    const { result } = await play(passing(file, 'a', 'b'), [
      ran(reportOf(failing(file, 'a', 'b'))),
      ran(reportOf([...passing(file, 'a'), ...failing(file, 'b')])),
    ]);
    expect(result).toMatchObject({
      kind: 'triaged',
      flaky: [redOf(failing(file, 'a')[0] ?? unhandled(''))],
      regressions: [{ tests: [{ title: 'b' }] }],
    });
  });

  test('F70: a file that cannot load both times holds all its green tests', async () => {
    const failure = ran(reportOf([loadFailure(file)]));
    const { result } = await play(passing(file, 'a', 'b'), [failure, failure]);
    expect(result).toMatchObject({
      flaky: [],
      regressions: [{ tests: [{ title: '(load)' }, { title: 'a' }, { title: 'b' }] }],
    });
  });

  describe('VERIFY-8: what a warm run saw red and a cold one did not', () => {
    const warm = (tests: readonly TestResult[]): TestRun => ({
      kind: 'report',
      report: reportOf(tests),
      outputTail: '',
      warmth: 'kept',
    });
    const green = ran(reportOf(passing(file, 'a')));

    test.each([
      ['nothing, while it still looks red, and the process is ended', warm(failing(file, 'a')), [], ['/lane']],
      ['nothing, where nothing warm is left', green, [], []],
      ['flaky, when it is green there, too', warm(passing(file, 'a')), [idOf(file, 'a')], []],
    ] as const)('is %s', async (_what, third, flaky, ended) => {
      const distrusted: string[] = [];
      const distrust = async (root: string): Promise<void> => void distrusted.push(root);
      const script = [warm(failing(file, 'a')), green, third];
      const { result, warmth } = await play(passing(file, 'a'), script, { runner: { ...runner, distrust } });
      expect(distrusted).toEqual(ended);
      expect(result).toMatchObject({ kind: 'triaged', regressions: [] });
      expect(result.kind === 'triaged' && ids(result.flaky)).toEqual(flaky);
      expect(warmth).toEqual([true, false, true]);
    });
  });

  test('VERIFY-5: what a process that was opened for this one run saw red, and a cold one did not, is flaky', async () => {
    const opened: TestRun = { kind: 'report', report: reportOf(failing(file, 'a')), outputTail: '', warmth: 'opened' };
    const { result, warmth } = await play(passing(file, 'a'), [opened, ran(reportOf(passing(file, 'a')))]);
    expect(result).toMatchObject({ kind: 'triaged', regressions: [], flaky: [{ title: 'a' }] });
    expect(warmth).toEqual([true, false]);
  });

  test('F70: a file that fails to load only once: its load is flaky, not the tests that it hid', async () => {
    const { result } = await play(passing(file, 'a'), [
      ran(reportOf([loadFailure(file)])),
      ran(reportOf(passing(file, 'a'))),
    ]);
    expect(result).toMatchObject({ regressions: [], flaky: [{ title: '(load)' }] });
  });

  test('tests that cannot be found a second time are not called flaky', async () => {
    const { result } = await play(passing(file, 'a'), [
      ran(reportOf(failing(file, 'a'))),
      { kind: 'no-tests', durationMs: 1 },
    ]);
    expect(result).toMatchObject({ flaky: [], regressions: [{ tests: [{ title: 'a' }] }] });
  });

  test('a change that no test depends on is clean', async () => {
    const { result } = await play(passing(file, 'a'), [{ kind: 'no-tests', durationMs: 3 }]);
    expect(result).toMatchObject({ kind: 'triaged', report: undefined, regressions: [], durationMs: 3 });
  });

  test.each<[string, TestRun]>([
    ['broken', { kind: 'broken', reason: 'timed-out', detail: 'It hung.', outputTail: '…', durationMs: 5 }],
    ['cancelled', { kind: 'cancelled' }],
  ])('VERIFY-6: a run that is %s, first or second, says nothing about the change', async (kind, run) => {
    expect((await play(passing(file, 'a'), [run])).result).toMatchObject({ kind });
    expect((await play(passing(file, 'a'), [ran(reportOf(failing(file, 'a'))), run])).result).toMatchObject({ kind });
  });

  test('VERIFY-2: changed test files are set aside, also those that nobody watches', async () => {
    const report = ran(reportOf([...failing(file, 'a'), ...failing('b.test.ts', 'b')]));
    const { result, scopes } = await play([...passing(file, 'a'), ...passing('b.test.ts', 'b')], [report], {
      files: ['a.ts', file],
      changed: ['a.ts', 'b.test.ts', 'README.md'],
    });
    expect(result).toMatchObject({ regressions: [], alreadyRed: 2, setAside: new Set([file, 'b.test.ts']) });
    expect(scopes).toEqual([{ kind: 'related', files: ['a.ts', file] }]);
  });

  test('FIX_SCOPE=failing: what is red already is work too, but not what was given up before', async () => {
    const red = ran(reportOf(failing(file, 'a', 'b')));
    const baseline = Baseline.fromReport(reportOf(failing(file, 'a', 'b')), 'tree', 'now');
    baseline.markRed(failing(file, 'b').map(redOf), 'given up');
    const { result } = await play([], [red, red], { scope: 'failing', baseline });
    expect(result).toMatchObject({ regressions: [{ tests: [{ title: 'a' }] }] });
  });
});
