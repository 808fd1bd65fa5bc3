import { createHash } from 'node:crypto';
import type { RedTest, TestId, TestReport } from '../domain/tests.ts';

/** Changed files and the tests that turned red with them. */
export interface FoundRegression {
  readonly fingerprint: string;
  readonly files: readonly string[];
  readonly tests: readonly RedTest[];
}

/** The same red tests are the same regression, whoever's save showed them. */
export function fingerprintOf(ids: readonly TestId[]): string {
  return createHash('sha256')
    .update([...new Set(ids)].sort().join('\0'))
    .digest('hex')
    .slice(0, 16);
}

/**
 * Groups changed files and newly red tests that are connected: a test file belongs with the changed files that it
 * imports (or is). Where the imports are not known, everything belongs together.
 */
export function groupRegressions(
  changed: readonly string[],
  red: readonly RedTest[],
  imports: TestReport['imports'],
): readonly FoundRegression[] {
  const groups: { files: Set<string>; tests: RedTest[] }[] = [];
  for (const test of red) {
    const reached = new Set([test.file, ...(imports[test.file] ?? [])]);
    const hit = changed.filter((file) => reached.has(file));
    const files = new Set(hit.length > 0 ? hit : changed);
    const touching = groups.filter((group) => [...group.files].some((file) => files.has(file)));
    const merged = { files, tests: [test] };
    for (const group of touching) {
      for (const file of group.files) merged.files.add(file);
      merged.tests.unshift(...group.tests);
      groups.splice(groups.indexOf(group), 1);
    }
    groups.push(merged);
  }
  return groups.map(({ files, tests }) => ({
    fingerprint: fingerprintOf(tests.map(({ id }) => id)),
    files: changed.filter((file) => files.has(file)),
    tests,
  }));
}
