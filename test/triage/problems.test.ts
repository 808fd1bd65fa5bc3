import { describe, expect, test } from 'vitest';
import type { TestReport, TestResult } from '../../src/domain/tests.ts';
import { Baseline } from '../../src/triage/baseline.ts';
import { groupRegressions } from '../../src/triage/regressions.ts';
import { checkReport, problem } from '../rig/problems.ts';
import { passing, reportOf } from '../rig/reports.ts';

const none = new Set<string>();
const file = 'src/a.ts';
const old = problem(file, 'TS2322 old');
const baselineOf = (report: TestReport): Baseline => Baseline.fromReport(report, 'tree 1', 'now');
const ids = (tests: readonly { readonly id: string }[]): string[] => tests.map(({ id }) => id);
const settle = (baseline: Baseline, report: TestReport): void => {
  baseline.settle(report, 'tree 2', none, none);
};

describe('a problem is like an error outside of tests', () => {
  test('VERIFY-2: what was not there before is a regression, what was there is left alone', () => {
    const now = problem(file, 'TS2345 new');
    const { regressed, alreadyRed } = baselineOf(checkReport([old])).compare(checkReport([old, now]), none);
    expect([ids(regressed), ids(alreadyRed)]).toEqual([[now.id], [old.id]]);
  });

  test('the second of the same text in a file is a regression, and the first is not', () => {
    const second = problem(file, 'TS2322 old', 2);
    const { regressed } = baselineOf(checkReport([old])).compare(checkReport([old, second]), none);
    expect(ids(regressed)).toEqual([second.id]);
  });

  test('on another line it is the same problem', () => {
    const moved = { ...old, message: `${file}:90 TS2322 old` };
    expect(baselineOf(checkReport([old])).compare(checkReport([moved]), none).regressed).toEqual([]);
  });

  test('in another file than the changed one it belongs to the change', () => {
    const elsewhere = problem('src/b.ts', 'TS2345 new');
    const { regressed } = baselineOf(checkReport([])).compare(checkReport([elsewhere]), none);
    expect(groupRegressions([file], regressed, {})).toMatchObject([{ files: [file], tests: [{ id: elsewhere.id }] }]);
  });

  test('in a test file that the person changed it has no history', () => {
    const { regressed } = baselineOf(checkReport([])).compare(checkReport([old]), new Set([file]));
    expect(regressed).toEqual([]);
  });

  test('when it was mended it is forgotten, so that it is new when it comes back', () => {
    const baseline = baselineOf(checkReport([old]));
    settle(baseline, checkReport([]));
    expect(ids(baseline.compare(checkReport([old]), none).regressed)).toEqual([old.id]);
  });

  test('a run without its check, or over other files, says nothing of it', () => {
    const baseline = baselineOf(checkReport([old]));
    settle(baseline, reportOf(passing('a.test.ts', 'a'), { files: ['a.test.ts', file] }));
    settle(baseline, checkReport([], { files: ['src/b.ts'] }));
    settle(baseline, checkReport([], {}, 'eslint'));
    expect(baseline.entry(old.id)?.status).toBe('red');
  });

  test('with its file it is gone, since its check has looked everywhere', () => {
    const baseline = baselineOf(checkReport([old, problem('src/b.ts', 'TS1 other')]));
    settle(baseline, checkReport([problem('src/b.ts', 'TS1 other')]));
    expect(baseline.entry(old.id)).toBeUndefined();
  });

  test('that an open regression holds is not settled, and once it was given up it is known', () => {
    const baseline = baselineOf(checkReport([]));
    const held = new Set([old.id]);
    baseline.settle(checkReport([old]), 'tree 2', held, none);
    expect(baseline.entry(old.id)).toBeUndefined();
    baseline.markRed([{ ...old, message: '' }], 'print');
    expect(baseline.compare(checkReport([old]), none).regressed).toEqual([]);
  });
});

describe('where a check could not look', () => {
  const syntax = problem(file, 'TS1109 Expression expected.');

  test.each<[string, Parameters<typeof checkReport>[1]]>([
    ['at all', { unread: 'all' }],
    ['into one file', { unread: [file] }],
  ])('%s, what it found there before stays known', (_, looked) => {
    const baseline = baselineOf(checkReport([old]));
    settle(baseline, checkReport([syntax], looked));
    expect(baseline.compare(checkReport([old]), none).regressed).toEqual([]);
  });

  test('into one file, the others are looked at', () => {
    const other = problem('src/b.ts', 'TS1 other');
    const baseline = baselineOf(checkReport([other]));
    settle(baseline, checkReport([syntax], { unread: [file] }));
    expect(baseline.entry(other.id)).toBeUndefined();
  });

  test('from the beginning, what shows there later was there before; from then on it is known', () => {
    const reread = (problems: readonly TestResult[]) => checkReport(problems);
    const baseline = new Baseline(
      JSON.parse(baselineOf(checkReport([syntax], { unread: 'all' })).serialize()) as Baseline['document'],
    );
    expect(baseline.compare(reread([old]), none).regressed).toEqual([]);
    settle(baseline, reread([old]));
    expect(baseline.document.unread).toBeUndefined();
    const now = problem(file, 'TS2345 new');
    expect(ids(baseline.compare(reread([old, now]), none).regressed)).toEqual([now.id]);
  });
});
