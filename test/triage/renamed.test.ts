import { describe, expect, test } from 'vitest';
import type { TestReport } from '../../src/domain/tests.ts';
import { Baseline } from '../../src/triage/baseline.ts';
import { followRenames } from '../../src/triage/renamed.ts';
import { checkReport, problem } from '../rig/problems.ts';

const was = 'src/a.ts';
const now = 'src/b.ts';

/** The problems of a second run that are new, when these files are gone. */
function newAfter(before: TestReport, after: TestReport, ...gone: readonly string[]): readonly string[] {
  const baseline = Baseline.fromReport(before, 'tree', 'now');
  followRenames(baseline, after, (file) => gone.includes(file));
  return baseline.compare(after, new Set()).regressed.map(({ id }) => id);
}

describe('VERIFY-2: a known problem in a file that was renamed', () => {
  const old = checkReport([problem(was, 'TS1 a'), problem(was, 'TS1 a', 2)]);
  const moved = [problem(now, 'TS1 a'), problem(now, 'TS1 a', 2)];

  test('is the same; one more of it is new, and so is another text or another check', () => {
    expect(newAfter(old, checkReport(moved), was)).toEqual([]);
    const more = [problem(now, 'TS1 a', 3), problem(now, 'TS2 b'), problem(now, 'TS1 a', 1, 'mypy')];
    expect(newAfter(old, checkReport([...moved, ...more]), was)).toEqual(more.map(({ id }) => id));
  });

  test('is new where the first file is still there, and known again when the rename is taken back', () => {
    expect(newAfter(old, checkReport(moved))).toEqual(moved.map(({ id }) => id));
    const baseline = Baseline.fromReport(old, 'tree', 'now');
    followRenames(baseline, checkReport(moved), (file) => file === was);
    expect(Object.keys(baseline.document.tests)).toEqual(moved.map(({ id }) => id));
    followRenames(baseline, old, (file) => file === now);
    expect(baseline.compare(old, new Set()).regressed).toEqual([]);
  });
});
