import { describe, expect, test } from 'vitest';
import type { TestReport, TestResult } from '../../src/domain/tests.ts';
import { Baseline } from '../../src/triage/baseline.ts';
import { judge } from '../../src/verify/judge.ts';
import { checkReport, problem } from '../rig/problems.ts';
import { passing, redOf, reportOf } from '../rig/reports.ts';

const file = 'src/a.ts';
const old = problem(file, 'TS2322 old');
const mine = problem(file, 'TS2345 new');
const known = Baseline.fromReport(checkReport([old]), 'tree', 'now');

function reasons(after: TestReport, regression: readonly TestResult[] = [mine]): readonly string[] {
  return judge({
    regression: regression.map(redOf),
    before: checkReport([old, ...regression]),
    after,
    known: (id) => known.entry(id)?.status,
    greenIdsOf: () => [],
    heldByOthers: new Set(),
  });
}

describe('VERIFY-4: a patch for a problem', () => {
  test('is proven when its check has looked again and says no more of it', () => {
    expect(reasons(checkReport([old]))).toEqual([]);
    expect(reasons(checkReport([]))).toEqual([]);
  });

  test('that its check did not look at is not', () => {
    expect(reasons(reportOf(passing('a.test.ts', 'a')))).toEqual([`A test is still red: ${mine.title}: did not run`]);
    expect(reasons(checkReport([], { files: ['src/b.ts'] }))).toHaveLength(1);
    expect(reasons(checkReport([], {}, 'eslint'))).toHaveLength(1);
  });

  test('that only moves it to another line is refused', () => {
    expect(reasons(checkReport([old, { ...mine, message: `${file}:90 TS2345 new` }]))).toEqual([
      expect.stringContaining('still red'),
    ]);
  });

  test('that moves it to another file is refused', () => {
    expect(reasons(checkReport([old, problem('src/b.ts', 'TS2345 new')]))).toEqual([
      expect.stringContaining('newly red: tsc: TS2345 new (src/b.ts)'),
    ]);
  });

  test('that trades it for another is refused', () => {
    expect(reasons(checkReport([old, problem(file, 'TS2339 third')]))).toEqual([
      expect.stringContaining('newly red: tsc: TS2339 third'),
    ]);
  });

  test('that doubles one that was there before is refused', () => {
    expect(reasons(checkReport([old, problem(file, 'TS2322 old', 2)]))).toEqual([expect.stringContaining('newly red')]);
  });

  test('that leaves the file so that its check cannot read it is refused', () => {
    const syntax = problem(file, 'TS1109 Expression expected.');
    expect(reasons(checkReport([syntax], { unread: 'all' })).join()).toMatch(/still red.*newly red/);
    expect(reasons(checkReport([syntax], { unread: [file] })).join()).toMatch(/still red.*newly red/);
  });

  test('of which one of two equal ones is left is proven', () => {
    expect(reasons(checkReport([old]), [problem(file, 'TS2322 old', 2)])).toEqual([]);
  });
});
