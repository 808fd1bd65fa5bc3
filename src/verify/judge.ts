import { isFileLevel } from '../domain/baseline.ts';
import { couldTell, type RedTest, type TestId, type TestReport, type TestResult } from '../domain/tests.ts';

export interface JudgeInput {
  /** What must be green now. */
  readonly regression: readonly RedTest[];
  /** The run on the patched snapshot. */
  readonly after: TestReport;
  /** The run on the same snapshot without the patch that showed the regression. */
  readonly before: TestReport;
  /** Whether this test was green, red, flaky or skipped in the baseline; undefined when unknown. */
  readonly known: (id: TestId) => 'green' | 'red' | 'flaky' | 'skipped' | undefined;
  /** Tests that were green in the baseline, of one file. */
  readonly greenIdsOf: (file: string) => readonly TestId[];
  /** Tests that other open regressions hold red at this moment. */
  readonly heldByOthers: ReadonlySet<TestId>;
  /** Tests that a second run has shown to flip. */
  readonly excused?: ReadonlySet<TestId>;
}

const shown = 5;

/** Compares two runs test by test. Gives the reasons to refuse the patch; none means that it is proven. */
export function judge(input: JudgeInput): readonly string[] {
  const after = new Map(input.after.tests.map((test) => [test.id, test]));
  return [
    ...list('still red', stillRed(input, after)),
    ...list('newly red', newlyRed(input).map(describeRed)),
    ...list('no longer run', vanished(input, after)),
    ...list('newly skipped', newlySkipped(input)),
  ];
}

function stillRed(
  { regression, after: report }: JudgeInput,
  after: ReadonlyMap<TestId, TestResult>,
): readonly string[] {
  const looked = { files: new Set(report.files), checked: report.checked };
  return regression
    .filter(({ id, file }) => {
      const test = after.get(id);
      // A load failure, an uncaught error and what a check found are healed when their file was looked at without them.
      if (test === undefined) return !(isFileLevel(id) && (couldTell(looked, id, file) || file === ''));
      return test.status !== 'passed';
    })
    .map(({ id, title, message }) => {
      const now = after.get(id);
      return `${title}: ${firstLine(now === undefined ? 'did not run' : (now.message ?? now.status ?? message))}`;
    });
}

/** Red with the patch, and not what it was to mend, nor red or flaky before. */
export function newlyRed(input: JudgeInput): readonly TestResult[] {
  const { after, before, known, regression, heldByOthers, excused } = input;
  const mine = new Set(regression.map(({ id }) => id));
  const redBefore = new Set(before.tests.filter(({ status }) => status === 'failed').map(({ id }) => id));
  const ranBefore = new Set(before.files);
  return after.tests.filter(({ id, kind, status, file }) => {
    if (status !== 'failed' || mine.has(id) || heldByOthers.has(id) || excused?.has(id) === true) return false;
    const state = known(id);
    // What keeps a file from loading hides all of its tests: that it may happen by chance, or once did, excuses no patch.
    if (kind === 'load' && state === 'flaky') return true;
    if (redBefore.has(id)) return false;
    if (kind === 'load' && ranBefore.has(file)) return true;
    return state !== 'red' && state !== 'flaky';
  });
}

export function describeRed({ title, file, message }: Pick<TestResult, 'title' | 'file' | 'message'>): string {
  return `${title} (${file}): ${firstLine(message ?? 'failed')}`;
}

function vanished(
  { after: report, before, known, greenIdsOf, regression }: JudgeInput,
  after: ReadonlyMap<TestId, TestResult>,
): readonly string[] {
  const mine = new Set(regression.map(({ id }) => id));
  const ranBefore = new Map(before.tests.map((test) => [test.id, test]));
  const ran = new Set(report.files);
  const beforeFiles = new Set(before.files);
  const unloadable = new Set(
    report.tests.filter(({ kind, status }) => kind === 'load' && status === 'failed').map(({ file }) => file),
  );
  const expected = new Map<TestId, string>();
  for (const { id, kind, status, file } of before.tests) {
    // The baseline forgets a test that the person has taken away since.
    if (kind === 'test' && status !== 'skipped' && known(id) !== undefined) expected.set(id, file);
  }
  // What the run before did not reach (another file, a file that could not load) is expected by the baseline.
  for (const file of ran) {
    const unloadedBefore = before.tests.some(
      (test) => test.kind === 'load' && test.file === file && test.status === 'failed',
    );
    if (!beforeFiles.has(file) || unloadedBefore) for (const id of greenIdsOf(file)) expected.set(id, file);
  }
  return [...expected]
    .filter(([id, file]) => !after.has(id) && !mine.has(id) && !unloadable.has(file))
    .map(([id]) => ranBefore.get(id)?.title ?? id);
}

function newlySkipped({ after, before, known }: JudgeInput): readonly string[] {
  const skippedBefore = new Set(before.tests.filter(({ status }) => status === 'skipped').map(({ id }) => id));
  const ranBefore = new Set(before.tests.map(({ id }) => id));
  return after.tests
    .filter(
      ({ id, status }) =>
        status === 'skipped' &&
        !skippedBefore.has(id) &&
        // Skipped by the person since, and triaged so.
        known(id) !== 'skipped' &&
        (ranBefore.has(id) || known(id) === 'green'),
    )
    .map(({ title }) => title);
}

function firstLine(text: string): string {
  return (text.split('\n', 1)[0] ?? '').slice(0, 300);
}

/** One reason: how many tests are what, and the first of them. */
export function list(what: string, items: readonly string[]): readonly string[] {
  if (items.length === 0) return [];
  const more = items.length > shown ? `; and ${items.length - shown} more` : '';
  return [
    `${items.length === 1 ? 'A test is' : `${items.length} tests are`} ${what}: ${items.slice(0, shown).join('; ')}${more}`,
  ];
}
