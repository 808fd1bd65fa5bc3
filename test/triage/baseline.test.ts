import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { flipsOf } from '../../src/domain/baseline.ts';
import type { TestResult, TestStatus } from '../../src/domain/tests.ts';
import { Baseline } from '../../src/triage/baseline.ts';
import { steadyRuns } from '../../src/triage/history.ts';
import {
  failing,
  idOf,
  loadFailure,
  loadId,
  passing,
  redOf,
  reportOf,
  result,
  skipping,
  unhandled,
  unhandledId,
} from '../rig/reports.ts';
import { scratch } from '../rig/scratch.ts';

const none = new Set<string>();
const baselineOf = (...tests: readonly TestResult[]): Baseline => Baseline.fromReport(reportOf(tests), 'tree 1', 'now');
const titles = (tests: readonly { readonly title: string }[]): string[] => tests.map(({ title }) => title);
const statuses = ({ document }: Baseline): Record<string, string> =>
  Object.fromEntries(Object.values(document.tests).map(({ title, status }) => [title, status]));

const file = 'a.test.ts';
const usual = (): Baseline =>
  baselineOf(...passing(file, 'green', 'green too'), ...failing(file, 'red'), ...skipping(file, 'skipped'));

describe('a comparison', () => {
  test('VERIFY-2 F45: only green before and red now is a regression', () => {
    const now = reportOf(failing(file, 'green', 'red', 'new', 'skipped'));
    const { regressed, alreadyRed, knownFlaky, green, ran } = usual().compare(now, none);
    expect(titles(regressed)).toEqual(['green']);
    expect(regressed[0]).toMatchObject({ id: idOf(file, 'green'), file, message: `green went wrong\n  at ${file}:1` });
    expect(titles(alreadyRed)).toEqual(['red', 'new', 'skipped']);
    expect([knownFlaky, green, ran]).toEqual([[], 0, 4]);
  });

  test('green or skipped now is nothing', () => {
    const now = reportOf([...passing(file, 'green', 'red', 'new'), ...skipping(file, 'green too')]);
    expect(usual().compare(now, none)).toEqual({ regressed: [], alreadyRed: [], knownFlaky: [], green: 3, ran: 4 });
  });

  test('VERIFY-5: a flaky test that is red is no regression', () => {
    const baseline = usual();
    baseline.markFlaky(failing(file, 'green').map(redOf));
    const { regressed, knownFlaky } = baseline.compare(reportOf(failing(file, 'green')), none);
    expect([titles(regressed), titles(knownFlaky)]).toEqual([[], ['green']]);
  });

  test('VERIFY-2: a test file that the person changed has no history', () => {
    const now = reportOf([...failing(file, 'green'), ...failing('b.test.ts', 'other')]);
    const baseline = baselineOf(...passing(file, 'green'), ...passing('b.test.ts', 'other'));
    const { regressed, alreadyRed } = baseline.compare(now, new Set([file]));
    expect([titles(regressed), titles(alreadyRed)]).toEqual([['other'], ['green']]);
    expect(titles(baseline.compare(reportOf([loadFailure(file)]), new Set([file])).regressed)).toEqual([]);
  });

  test('F70: a file that cannot load makes all its green tests red', () => {
    const { regressed } = usual().compare(reportOf([loadFailure(file)]), none);
    expect(titles(regressed)).toEqual(['(load)', 'green', 'green too']);
    expect(regressed[1]?.message).toBe('the file cannot be loaded');
  });

  test('F70: a file whose load once flipped makes its green tests red all the same', () => {
    const baseline = usual();
    baseline.markFlaky([redOf(loadFailure(file))]);
    const { regressed, knownFlaky } = baseline.compare(reportOf([loadFailure(file)]), none);
    expect([titles(regressed), titles(knownFlaky)]).toEqual([['(load)', 'green', 'green too'], []]);
    const empty = baselineOf(...passing('c.test.ts', 'c'));
    empty.markFlaky([redOf(loadFailure(file))]);
    expect(titles(empty.compare(reportOf([loadFailure(file)]), none).knownFlaky)).toEqual(['(load)']);
  });

  test('F70: a file that could not load before, or had nothing green, is no regression', () => {
    expect(titles(baselineOf(loadFailure(file)).compare(reportOf([loadFailure(file)]), none).regressed)).toEqual([]);
    const { regressed, alreadyRed } = baselineOf(...failing(file, 'red')).compare(reportOf([loadFailure(file)]), none);
    expect([titles(regressed), titles(alreadyRed)]).toEqual([[], ['(load)']]);
  });

  test('F70: two projects of the runner: each test is red once, and not at all where the other project ran it', () => {
    const inOther = { ...result(file, 'green', 'passed'), id: `other|${file}|green|1` };
    const baseline = baselineOf(...passing(file, 'green'), inOther);
    const second = { ...loadFailure(file), id: `other|${file}|(load)` };
    expect(baseline.compare(reportOf([loadFailure(file), second]), none).regressed.map(({ id }) => id)).toEqual([
      loadId(file),
      idOf(file, 'green'),
      inOther.id,
      second.id,
    ]);
    expect(baseline.compare(reportOf([loadFailure(file), inOther]), none).regressed.map(({ id }) => id)).toEqual([
      loadId(file),
      idOf(file, 'green'),
    ]);
  });

  test('F70: an error that no test caught is a regression of its own, once', () => {
    const baseline = usual();
    const now = reportOf([...passing(file, 'green'), unhandled(file), unhandled('')]);
    const { regressed } = baseline.compare(now, none);
    expect(regressed.map(({ id }) => id)).toEqual([unhandledId(file), unhandledId('')]);
    baseline.markRed(regressed, 'print');
    expect(baseline.compare(now, none)).toMatchObject({ regressed: [], alreadyRed: [{}, {}] });
  });
});

describe('a settled run', () => {
  test('VERIFY-2: red never overwrites green', () => {
    const baseline = usual();
    baseline.settle(
      reportOf([...failing(file, 'green', 'new'), ...passing(file, 'red', 'green too')]),
      'tree 2',
      none,
      none,
    );
    expect(statuses(baseline)).toEqual({ green: 'green', 'green too': 'green', red: 'green', new: 'red' });
    expect(baseline.document.tree).toBe('tree 2');
  });

  test('in a test file that the person changed it does', () => {
    const baseline = usual();
    baseline.settle(reportOf(failing(file, 'green')), 'tree 2', none, new Set([file]));
    expect(statuses(baseline)).toEqual({ green: 'red' });
  });

  test('leaves alone what an open regression holds', () => {
    const baseline = usual();
    const held = new Set([idOf(file, 'red'), idOf(file, 'skipped')]);
    baseline.settle(reportOf(passing(file, 'red')), 'tree 2', held, none);
    expect(statuses(baseline)).toEqual({ red: 'red', skipped: 'skipped' });
  });

  test('forgets tests that are gone, not those of files that did not run or could not load', () => {
    const baseline = baselineOf(...passing(file, 'a'), ...passing('b.test.ts', 'b'), ...passing('c.test.ts', 'c'));
    const now = reportOf([...passing(file, 'renamed'), loadFailure('c.test.ts')]);
    baseline.settle(now, 'tree 2', none, new Set(['c.test.ts']));
    expect(statuses(baseline)).toEqual({ renamed: 'green', b: 'green', c: 'green', '(load)': 'red' });
    baseline.settle(reportOf(passing('c.test.ts', 'c')), 'tree 3', none, none);
    expect(statuses(baseline)).toEqual({ renamed: 'green', b: 'green', c: 'green' });
  });

  test('a flaky test stays flaky until its file runs without it', () => {
    const baseline = usual();
    baseline.markFlaky(failing(file, 'green').map(redOf));
    baseline.settle(reportOf(passing(file, 'green')), 'tree 2', none, none);
    expect(baseline.entry(idOf(file, 'green'))).toMatchObject({ status: 'flaky', recent: '.x..' });
    baseline.settle(reportOf(passing(file, 'other')), 'tree 3', none, none);
    expect(baseline.entry(idOf(file, 'green'))).toBeUndefined();
  });
});

describe('a mark', () => {
  test('red says whose it is, as long as it is red', () => {
    const baseline = usual();
    baseline.markRed(failing(file, 'green').map(redOf), 'print');
    expect(baseline.entry(idOf(file, 'green'))).toMatchObject({ status: 'red', fingerprint: 'print' });
    baseline.settle(reportOf(failing(file, 'green')), 'tree 2', none, none);
    expect(baseline.entry(idOf(file, 'green'))).toMatchObject({ status: 'red', fingerprint: 'print' });
    baseline.settle(reportOf(passing(file, 'green')), 'tree 3', none, none);
    expect(baseline.entry(idOf(file, 'green'))).toEqual({ file, title: 'green', status: 'green', greens: 1 });
  });

  test('VERIFY-5: flaky counts from the runs before', () => {
    const baseline = usual();
    baseline.markFlaky(failing(file, 'green').map(redOf));
    baseline.markFlaky(failing(file, 'green').map(redOf));
    expect(baseline.entry(idOf(file, 'green'))).toEqual({ file, title: 'green', status: 'flaky', recent: '.x.x.' });
    expect(baseline.counts).toEqual({ tests: 4, green: 1, red: 1, flaky: 1, skipped: 1 });
  });
});

test('a baseline is the same after it was written and read; what is no baseline is none', async () => {
  const path = join(await scratch('baseline'), 'baseline.json');
  expect(await Baseline.load(path)).toBeUndefined();
  const baseline = usual();
  baseline.markRed(failing(file, 'red').map(redOf), 'print');
  await writeFile(path, baseline.serialize());
  expect((await Baseline.load(path))?.document).toEqual(baseline.document);
  for (const text of ['', '{', '{"version":2}', '[]', baseline.serialize().slice(0, -20)]) {
    await writeFile(path, text);
    expect(await Baseline.load(path)).toBeUndefined();
  }
});

test('VERIFY-2: whatever ran in whatever order, a test that was green never became red by itself', () => {
  const anyRun = fc.dictionary(
    fc.constantFrom('a', 'b', 'c'),
    fc.constantFrom<TestStatus>('passed', 'failed', 'skipped'),
    { minKeys: 1 },
  );
  fc.assert(
    fc.property(fc.array(anyRun, { minLength: 1, maxLength: 8 }), (runs) => {
      const baseline = baselineOf();
      for (const run of runs) {
        const before = statuses(baseline);
        const report = reportOf(Object.entries(run).map(([title, status]) => result(file, title, status)));
        const { regressed, alreadyRed } = baseline.compare(report, none);
        expect(new Set(titles(regressed))).toEqual(
          new Set(Object.keys(run).filter((title) => run[title] === 'failed' && before[title] === 'green')),
        );
        expect(regressed.length + alreadyRed.length).toBe(Object.values(run).filter((is) => is === 'failed').length);
        baseline.settle(report, 'tree', none, none);
        for (const { title } of regressed) expect(statuses(baseline)[title]).toBe('green');
        // Told again at the next run, until somebody has settled it.
        expect(titles(baseline.compare(report, none).regressed)).toEqual(titles(regressed));
      }
    }),
  );
});

describe('VERIFY-5: a flaky test', () => {
  const settled = (baseline: Baseline, ...statuses: readonly TestStatus[]): string[] =>
    statuses.flatMap((status) =>
      titles(baseline.settle(reportOf([result(file, 'green', status)]), 'tree', none, none)),
    );
  const greens = (length: number): TestStatus[] => Array.from({ length }, () => 'passed');
  const rateOf = (baseline: Baseline): unknown => {
    const entry = baseline.entry(idOf(file, 'green'));
    return entry && flipsOf(entry);
  };

  test('has a rate: flips of the latest fifty runs', () => {
    const baseline = usual();
    settled(baseline, ...greens(8));
    baseline.markFlaky(failing(file, 'green').map(redOf));
    expect(rateOf(baseline)).toEqual({ runs: 11, flips: 1, rate: 1 / 11 });
    settled(baseline, 'failed', 'skipped', ...greens(18), 'failed');
    expect(rateOf(baseline)).toEqual({ runs: 31, flips: 3, rate: 3 / 31 });
    settled(baseline, ...greens(19), 'failed');
    expect(rateOf(baseline)).toMatchObject({ runs: 50, flips: 4 });
  });

  test('is green again after twenty green runs in a row, told once, and flips are not forgotten at once', () => {
    const baseline = usual();
    baseline.markFlaky(failing(file, 'green').map(redOf));
    expect(settled(baseline, ...greens(steadyRuns - 2))).toEqual([]);
    expect(settled(baseline, 'failed', ...greens(steadyRuns - 1))).toEqual([]);
    expect(statuses(baseline).green).toBe('flaky');
    expect(settled(baseline, 'passed')).toEqual(['green']);
    expect(statuses(baseline).green).toBe('green');
    expect(titles(baseline.compare(reportOf(failing(file, 'green')), none).regressed)).toEqual(['green']);
    expect(rateOf(baseline)).toMatchObject({ flips: 2 });
    settled(baseline, ...greens(60));
    expect(baseline.entry(idOf(file, 'green'))).toEqual({ file, title: 'green', status: 'green', greens: 50 });
  });

  test('that is red every time is red', () => {
    const baseline = usual();
    baseline.markFlaky(failing(file, 'green').map(redOf));
    expect(settled(baseline, ...greens(20).map(() => 'failed' as const))).toEqual(['green']);
    expect(statuses(baseline).green).toBe('red');
  });

  test('stays flaky in a new baseline, and what an open regression holds stays what it was', () => {
    const baseline = usual();
    baseline.markFlaky(failing(file, 'green too').map(redOf));
    baseline.markRed(failing(file, 'red').map(redOf), 'print');
    const now = reportOf(failing(file, 'green', 'green too', 'red', 'new'));
    const next = Baseline.fromReport(now, 'tree 2', 'later', {
      earlier: baseline,
      held: new Set([idOf(file, 'green'), idOf(file, 'new')]),
    });
    expect(statuses(next)).toEqual({ green: 'green', 'green too': 'flaky', red: 'red', new: 'red' });
    expect(next.entry(idOf(file, 'green too'))?.recent).toBe('.x.x');
    expect(next.entry(idOf(file, 'red'))?.fingerprint).toBe('print');
  });

  test('F70: an error outside of tests that flips makes no regression, until it is gone for long', () => {
    const baseline = usual();
    const flip = { ...redOf(unhandled(file)) };
    baseline.markFlaky([flip]);
    expect(titles(baseline.compare(reportOf([unhandled(file)]), none).knownFlaky)).toEqual(['(unhandled)']);
    for (let run = 1; run < steadyRuns; run++) baseline.settle(reportOf(passing(file, 'green')), 'tree', none, none);
    expect(baseline.entry(unhandledId(file))).toBeUndefined();
  });
});

test('VERIFY-2: tests of deleted files are forgotten, but not what is held', () => {
  const baseline = baselineOf(...passing(file, 'a', 'b'), ...passing('b.test.ts', 'c'));
  baseline.forgetFiles(new Set([file]), new Set([idOf(file, 'b')]));
  expect(statuses(baseline)).toEqual({ b: 'green', c: 'green' });
});
