import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RedTest } from '../../src/domain/tests.ts';
import { fingerprintOf, groupRegressions } from '../../src/triage/regressions.ts';
import { idOf } from '../rig/reports.ts';

const red = (file: string, title = 'fails'): RedTest => ({ id: idOf(file, title), file, title, message: 'no' });
const shape = (found: ReturnType<typeof groupRegressions>): unknown =>
  found.map(({ files, tests }) => ({ files, tests: tests.map(({ file, title }) => `${file} ${title}`) }));

describe('red tests and changed files are one regression', () => {
  test('where a test imports the file; what is not connected is another one', () => {
    const imports = { 'a.test.ts': ['a.ts', 'shared.ts'], 'b.test.ts': ['b.ts'] };
    const found = groupRegressions(['a.ts', 'b.ts'], [red('a.test.ts'), red('b.test.ts')], imports);
    expect(shape(found)).toEqual([
      { files: ['a.ts'], tests: ['a.test.ts fails'] },
      { files: ['b.ts'], tests: ['b.test.ts fails'] },
    ]);
  });

  test('QUEUE-3: where files share a test, and tests share a file', () => {
    const imports = { 'a.test.ts': ['a.ts', 'b.ts'], 'b.test.ts': ['b.ts', 'c.ts'], 'd.test.ts': ['d.ts'] };
    const tests = [red('a.test.ts'), red('d.test.ts'), red('b.test.ts', 'one'), red('b.test.ts', 'two')];
    expect(shape(groupRegressions(['c.ts', 'd.ts', 'a.ts', 'b.ts'], tests, imports))).toEqual([
      { files: ['c.ts', 'a.ts', 'b.ts'], tests: ['a.test.ts fails', 'b.test.ts one', 'b.test.ts two'] },
      { files: ['d.ts'], tests: ['d.test.ts fails'] },
    ]);
  });

  test('where the test file itself was changed', () => {
    expect(shape(groupRegressions(['a.test.ts', 'b.ts'], [red('a.test.ts')], {}))).toEqual([
      { files: ['a.test.ts'], tests: ['a.test.ts fails'] },
    ]);
  });

  test('where nobody knows the imports', () => {
    expect(shape(groupRegressions(['a.ts', 'b.ts'], [red('a.test.ts'), red('b.test.ts')], {}))).toEqual([
      { files: ['a.ts', 'b.ts'], tests: ['a.test.ts fails', 'b.test.ts fails'] },
    ]);
  });

  test('many tests of many files take no time to speak of', () => {
    const tests = Array.from({ length: 10_000 }, (_, index) => red(`${index % 200}.test.ts`, `test ${index}`));
    const changed = Array.from({ length: 5_000 }, (_, index) => `${index}.ts`);
    const found = groupRegressions(changed, tests, {});
    expect(found).toHaveLength(1);
    expect(found[0]?.tests).toHaveLength(10_000);
  });
});

test('a fingerprint depends on the set of test ids alone', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { minLength: 1 }), fc.string(), (ids, other) => {
      const print = fingerprintOf(ids);
      expect(print).toMatch(/^[0-9a-f]{16}$/);
      expect(fingerprintOf([...ids].reverse())).toBe(print);
      expect(fingerprintOf([...ids, ...ids])).toBe(print);
      if (!ids.includes(other)) expect(fingerprintOf([...ids, other])).not.toBe(print);
    }),
  );
});

const sources = ['a.ts', 'b.ts', 'c.ts', 'd.ts', 'e.ts'];
const testFiles = ['a.test.ts', 'b.test.ts', 'c.test.ts', 'd.test.ts'];

test('red tests are parted: each in one group, and a group holds together', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.constantFrom(...sources), { minLength: 1 }),
      fc.uniqueArray(fc.tuple(fc.constantFrom(...testFiles), fc.constantFrom('1', '2')), { selector: String }),
      fc.record(Object.fromEntries(testFiles.map((file) => [file, fc.uniqueArray(fc.constantFrom(...sources))]))),
      (changed, failures, imports) => {
        const tests = failures.map(([file, title]) => red(file, title));
        const groups = groupRegressions(changed, tests, imports);
        expect(groups.flatMap((group) => group.tests.map(({ id }) => id)).toSorted()).toEqual(
          tests.map(({ id }) => id).toSorted(),
        );
        const reach = (test: RedTest): readonly string[] => {
          const hit = changed.filter((file) => imports[test.file]?.includes(file));
          return hit.length > 0 ? hit : changed;
        };
        for (const { files, tests: members, fingerprint } of groups) {
          expect(fingerprint).toBe(fingerprintOf(members.map(({ id }) => id)));
          expect(new Set(files)).toEqual(new Set(members.flatMap(reach)));
          expect(isConnected(members.map(reach))).toBe(true);
        }
        const allFiles = groups.flatMap(({ files }) => files);
        expect(allFiles).toHaveLength(new Set(allFiles).size);
      },
    ),
  );
});

/** Whether one comes from any of these sets to any other through shared members. */
function isConnected(sets: readonly (readonly string[])[]): boolean {
  const reached = new Set(sets[0]);
  for (let round = 0; round < sets.length; round++) {
    for (const set of sets)
      if (set.some((member) => reached.has(member))) for (const member of set) reached.add(member);
  }
  return sets.every((set) => set.every((member) => reached.has(member)));
}
