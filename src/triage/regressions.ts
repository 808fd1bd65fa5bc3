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
  let groups: Group[] = [];
  // File by file: all red tests of a file belong together, and there may be thousands.
  for (const [testFile, tests] of Map.groupBy(red, ({ file }) => file)) {
    const reached = new Set([testFile, ...(imports[testFile] ?? [])]);
    const hit = changed.filter((file) => reached.has(file));
    const files = hit.length > 0 ? hit : changed;
    const touching = groups.filter((group) => files.some((file) => group.files.has(file)));
    const [first = addGroup(groups), ...others] = touching;
    groups = groups.filter((group) => !others.includes(group));
    for (const file of [...others.flatMap((group) => [...group.files]), ...files]) first.files.add(file);
    first.tests = [...first.tests, ...others.flatMap((group) => group.tests), ...tests];
  }
  return groups.map(({ files, tests }) => ({
    fingerprint: fingerprintOf(tests.map(({ id }) => id)),
    files: changed.filter((file) => files.has(file)),
    tests,
  }));
}

interface Group {
  readonly files: Set<string>;
  tests: readonly RedTest[];
}

function addGroup(groups: Group[]): Group {
  const group = { files: new Set<string>(), tests: [] };
  groups.push(group);
  return group;
}
