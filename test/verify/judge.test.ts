import { describe, expect, test } from 'vitest';
import type { TestReport, TestResult } from '../../src/domain/tests.ts';
import { Baseline } from '../../src/triage/baseline.ts';
import { type JudgeInput, judge } from '../../src/verify/judge.ts';
import { failing, idOf, loadFailure, loadId, passing, redOf, reportOf, skipping, unhandled } from '../rig/reports.ts';

const file = 'a.test.ts';
const other = 'b.test.ts';

interface Case {
  /** What was known when nobody was at fault. */
  readonly baseline: readonly TestResult[];
  readonly before: TestReport;
  readonly after: TestReport;
  readonly regression?: readonly TestResult[];
  readonly held?: readonly string[];
  readonly flaky?: readonly string[];
}

/** The reasons against a patch; by default `a` of the first file is what it should mend. */
function reasons({
  baseline,
  before,
  after,
  regression = failing(file, 'a'),
  held = [],
  flaky = [],
}: Case): readonly string[] {
  const known = Baseline.fromReport(reportOf(baseline), 'tree', 'now');
  known.markFlaky(flaky.map((id) => ({ id, file: other, title: id, message: '' })));
  const input: JudgeInput = {
    regression: regression.map(redOf),
    before,
    after,
    known: (id) => known.entry(id)?.status,
    greenIdsOf: (path) => known.greenIdsOf(path),
    heldByOthers: new Set(held),
  };
  return judge(input);
}

const baseline = [
  ...passing(file, 'a', 'b'),
  ...passing(other, 'c'),
  ...failing(other, 'old'),
  ...skipping(other, 's'),
];
const before = reportOf([...failing(file, 'a'), ...passing(file, 'b')]);

describe('VERIFY-4: a patch is proven when', () => {
  test('its red tests are green and nothing else has changed', () => {
    expect(reasons({ baseline, before, after: reportOf(passing(file, 'a', 'b')) })).toEqual([]);
  });

  test('F45: more runs than before, and what was red or skipped there is so still', () => {
    const after = reportOf([
      ...passing(file, 'a', 'b'),
      ...passing(other, 'c'),
      ...failing(other, 'old'),
      ...skipping(other, 's'),
    ]);
    expect(reasons({ baseline, before, after })).toEqual([]);
  });

  test('what is red belongs to another open regression', () => {
    const after = reportOf([...passing(file, 'a', 'b'), ...failing(other, 'c')]);
    expect(reasons({ baseline, before, after, held: [idOf(other, 'c')] })).toEqual([]);
  });

  test('what is red was red in the run before it', () => {
    const both = reportOf([...failing(file, 'a'), ...passing(file, 'b'), ...failing(other, 'new')]);
    expect(
      reasons({ baseline, before: both, after: reportOf([...passing(file, 'a', 'b'), ...failing(other, 'new')]) }),
    ).toEqual([]);
  });

  test('VERIFY-5: what is red is known to be flaky', () => {
    const after = reportOf([...passing(file, 'a', 'b'), ...failing(other, 'c')]);
    expect(reasons({ baseline, before, after, flaky: [idOf(other, 'c')] })).toEqual([]);
  });

  test('F70: the file loads again and all its tests are green', () => {
    const input = {
      baseline,
      before: reportOf([loadFailure(file)]),
      regression: [loadFailure(file), ...failing(file, 'a', 'b')],
    };
    expect(reasons({ ...input, after: reportOf(passing(file, 'a', 'b')) })).toEqual([]);
  });

  test('F70: the error outside of tests is gone, whether or not it belonged to a file', () => {
    for (const error of [unhandled(file), unhandled('')]) {
      const input = { baseline, before: reportOf([...passing(file, 'a', 'b'), error]), regression: [error] };
      expect(reasons({ ...input, after: reportOf(passing(file, 'a', 'b')) })).toEqual([]);
    }
  });

  test('what does not run or is skipped is so by the person, who was looked at since', () => {
    const earlier = reportOf([...failing(file, 'a'), ...passing(file, 'b', 'taken away', 'put off')]);
    const since = [...baseline, ...skipping(file, 'put off')];
    const after = reportOf([...passing(file, 'a', 'b'), ...skipping(file, 'put off')]);
    expect(reasons({ baseline: since, before: earlier, after })).toEqual([]);
  });

  test('a test file that the person has broken, and that nobody holds, is as broken as it was', () => {
    const broken = [...baseline, loadFailure(other)];
    const after = reportOf([...passing(file, 'a', 'b'), loadFailure(other)]);
    expect(reasons({ baseline: broken, before, after })).toEqual([]);
  });
});

describe('VERIFY-4: a patch is refused when', () => {
  test('a test is still red, in its own words', () => {
    expect(reasons({ baseline, before, after: before })).toEqual(['A test is still red: a: a went wrong']);
  });

  test('a test that it should mend is skipped or did not run', () => {
    const skipped = reportOf([...skipping(file, 'a'), ...passing(file, 'b')]);
    expect(reasons({ baseline, before, after: skipped })).toEqual([
      'A test is still red: a: skipped',
      'A test is newly skipped: a',
    ]);
    expect(reasons({ baseline, before, after: reportOf(passing(file, 'b')) })).toEqual([
      'A test is still red: a: did not run',
    ]);
  });

  test('a green test turns red', () => {
    const after = reportOf([...passing(file, 'a'), ...failing(file, 'b'), ...failing(other, 'c')]);
    expect(reasons({ baseline, before, after })).toEqual([
      '2 tests are newly red: b (a.test.ts): b went wrong; c (b.test.ts): c went wrong',
    ]);
  });

  test('a skipped or an unknown test turns red', () => {
    const after = reportOf([...passing(file, 'a', 'b'), ...passing(other, 'c'), ...failing(other, 's', 'unheard of')]);
    expect(reasons({ baseline, before, after })).toEqual([
      '2 tests are newly red: s (b.test.ts): s went wrong; unheard of (b.test.ts): unheard of went wrong',
    ]);
  });

  test('F70: a file can no longer be loaded: told once, not for each of its tests', () => {
    const both = reportOf([...failing(file, 'a'), ...passing(file, 'b'), ...passing(other, 'c')]);
    const after = reportOf([...passing(file, 'a', 'b'), loadFailure(other)]);
    expect(reasons({ baseline, before: both, after })).toEqual([
      'A test is newly red: (load) (b.test.ts): Syntax error',
    ]);
  });

  test('F70: a file does not load whose load once flipped, or that loaded in the run before', () => {
    const both = reportOf([...failing(file, 'a'), ...passing(file, 'b'), ...passing(other, 'c')]);
    const after = reportOf([...passing(file, 'a', 'b'), loadFailure(other)]);
    const refusal = ['A test is newly red: (load) (b.test.ts): Syntax error'];
    expect(reasons({ baseline, before: both, after, flaky: [loadId(other)] })).toEqual(refusal);
    const unloaded = reportOf([...failing(file, 'a'), ...passing(file, 'b'), loadFailure(other)]);
    expect(reasons({ baseline, before: unloaded, after, flaky: [loadId(other)] })).toEqual(refusal);
    expect(reasons({ baseline: [...baseline, loadFailure(other)], before: both, after })).toEqual(refusal);
  });

  test('F70: an error outside of tests appears', () => {
    const after = reportOf([...passing(file, 'a', 'b'), ...passing(other, 'c'), unhandled(other)]);
    expect(reasons({ baseline, before, after })).toEqual(['A test is newly red: (unhandled) (b.test.ts): Rejected']);
  });

  test('F54: a test vanishes that ran before', () => {
    expect(reasons({ baseline, before, after: reportOf(passing(file, 'a')) })).toEqual(['A test is no longer run: b']);
  });

  test('F54: a whole file vanishes that ran before', () => {
    const both = reportOf([...failing(file, 'a'), ...passing(file, 'b'), ...passing(other, 'c')]);
    expect(reasons({ baseline, before: both, after: reportOf(passing(file, 'a', 'b')) })).toEqual([
      'A test is no longer run: c',
    ]);
  });

  test('F54: a test vanishes from a file that did not run before, or could not be loaded', () => {
    const after = reportOf(passing(file, 'a', 'b'), { files: [file, other] });
    expect(reasons({ baseline, before, after })).toEqual([`A test is no longer run: ${idOf(other, 'c')}`]);
    const unloaded = reportOf([...failing(file, 'a'), ...passing(file, 'b'), loadFailure(other)]);
    expect(reasons({ baseline, before: unloaded, after })).toEqual([`A test is no longer run: ${idOf(other, 'c')}`]);
  });

  test('F54: a test is skipped that ran before, or was green', () => {
    const after = reportOf([...passing(file, 'a'), ...skipping(file, 'b'), ...skipping(other, 'c')]);
    expect(reasons({ baseline, before, after })).toEqual(['2 tests are newly skipped: b; c']);
  });

  test('F70: the file still cannot be loaded', () => {
    const broken = reportOf([loadFailure(file)]);
    const regression = [loadFailure(file), ...failing(file, 'a')];
    expect(reasons({ baseline, before: broken, after: broken, regression })).toEqual([
      '2 tests are still red: (load): Syntax error; a: did not run',
    ]);
    // Not even its file ran: that heals nothing.
    const elsewhere = reportOf(passing(other, 'c'));
    expect(reasons({ baseline, before: broken, after: elsewhere, regression: [loadFailure(file)] })).toEqual([
      'A test is still red: (load): did not run',
    ]);
  });

  test('several things are wrong: each kind is told, of many the first five', () => {
    const titles = Array.from({ length: 8 }, (_, index) => `t${index}`);
    const many = [...passing(file, 'a', 'b'), ...passing(other, ...titles)];
    const after = reportOf([...failing(file, 'a'), ...failing(other, ...titles)]);
    const [still, newly, gone] = reasons({ baseline: many, before, after });
    expect(still).toBe('A test is still red: a: a went wrong');
    expect(newly).toMatch(/^8 tests are newly red: t0 .*t4 \(b\.test\.ts\): t4 went wrong; and 3 more$/);
    expect(gone).toBe('A test is no longer run: b');
  });
});

test('an id is what counts, not a title: the same title in another file proves nothing', () => {
  const after = reportOf([...passing(other, 'a', 'c'), ...passing(file, 'b')]);
  expect(reasons({ baseline, before, after })).toEqual(['A test is still red: a: did not run']);
  expect(loadId(file)).not.toBe(loadId(other));
});
