import { type BaselineEntry, rememberedRuns } from '../domain/baseline.ts';
import type { TestResult } from '../domain/tests.ts';

/**
 * So many runs in a row with the same end, and a flaky test is what they say. A test that flips in one run of ten gets
 * through twenty green ones by luck once in eight times, one that flips in one of five once in ninety; if it flips again,
 * the repeat that comes before anything is paid makes it flaky again.
 */
export const steadyRuns = 20;

const steadyGreen = new RegExp(`\\.{${steadyRuns}}$`);
const steadyRed = new RegExp(`x{${steadyRuns}}$`);

/** The entry of a test after a run that counts. A flaky one stays flaky until it is steady. */
export function entryAfter(test: TestResult, before: BaselineEntry | undefined): BaselineEntry {
  const { file, title } = test;
  const isGreen = test.status === 'passed';
  if (before?.status === 'flaky') {
    return test.status === 'skipped' ? before : { ...withRun(before, isGreen ? '.' : 'x'), file, title };
  }
  const status = isGreen ? 'green' : test.status === 'failed' ? 'red' : 'skipped';
  const { fingerprint, recent } = before ?? {};
  const runs = recent !== undefined && isGreen ? later(recent, '.') : recent;
  return {
    file,
    title,
    status,
    // It stays known whose it is for as long as it stays red.
    ...(status === 'red' && before?.status === 'red' && fingerprint !== undefined ? { fingerprint } : {}),
    ...(isGreen ? { greens: Math.min((before?.greens ?? 0) + 1, rememberedRuns) } : {}),
    ...(runs?.includes('x') ? { recent: runs } : {}),
  };
}

/** A flaky test after one more run. */
export function withRun(entry: BaselineEntry, run: '.' | 'x'): BaselineEntry {
  const recent = later(entry.recent ?? '', run);
  if (steadyGreen.test(recent)) return { ...entry, status: 'green', greens: steadyRuns, recent };
  if (steadyRed.test(recent)) return { ...entry, status: 'red', recent };
  return { ...entry, recent };
}

/** Red, then green, and nothing had changed. */
export function withFlip({ file, title, greens = 0, recent }: BaselineEntry): BaselineEntry {
  return { file, title, status: 'flaky', recent: later(recent ?? '.'.repeat(greens), 'x.') };
}

function later(recent: string, runs: string): string {
  return `${recent}${runs}`.slice(-rememberedRuns);
}
