/**
 * One test, the same over runs: `<project>|<file>|<title> > <title>|<occurrence>`, where file is relative to the
 * project root with `/`, and occurrence tells duplicate titles apart. A file that cannot load and an error that no
 * test caught have ids too: `…|<file>|(load)` and `…|<file>|(unhandled)`. What a check (a type checker, a linter) finds is
 * `<check>|<file>|<what it says, without line numbers>|<occurrence>|(problem)`.
 */
export type TestId = string;

export type TestStatus = 'passed' | 'failed' | 'skipped';

export interface TestResult {
  readonly id: TestId;
  readonly kind: 'test' | 'load' | 'unhandled' | 'problem';
  /** The test file, relative to the root with `/`. */
  readonly file: string;
  /** For people: the titles joined by ` > `. */
  readonly title: string;
  readonly status: TestStatus;
  readonly durationMs: number;
  /** The first failure: message, difference and the frames inside the project. At most 8,000 characters. */
  readonly message?: string;
}

/** A test that is red, together with why. */
export interface RedTest {
  readonly id: TestId;
  readonly file: string;
  readonly title: string;
  readonly message: string;
}

export function toRed({ id, file, title, message = 'failed without a message' }: TestResult): RedTest {
  return { id, file, title, message };
}

/** What a run of the tests said, test by test. */
export interface TestReport {
  readonly runner: string;
  readonly tests: readonly TestResult[];
  /** Test files that were run, relative to the root with `/`. */
  readonly files: readonly string[];
  /** For each test file the project's files that it imports, directly or not, where the runner knows. */
  readonly imports: Readonly<Record<string, readonly string[]>>;
  /** Checks that came to their end. */
  readonly checked?: readonly Checked[] | undefined;
  readonly durationMs: number;
  /** The runner's own exit code; a report that disagrees with it is not trusted. */
  readonly exitCode: number;
}

/** What a check looked at. */
export interface Checked {
  readonly check: string;
  /** Undefined: all of the project. */
  readonly files?: readonly string[];
  /** What it had to pass over, mostly since it could not be parsed: nothing more is known of these files. */
  readonly unread?: 'all' | readonly string[];
}

/** The end of a test run. Everything but `report` is a fault of the infrastructure or of the set-up, never a red test. */
export type TestRun =
  | {
      readonly kind: 'report';
      readonly report: TestReport;
      readonly outputTail: string;
      /**
       * By a process that was `opened` before the run, and used for it alone, or `kept` from earlier ones: good for a first
       * look, and proof of nothing.
       */
      readonly warmth?: 'opened' | 'kept';
    }
  | { readonly kind: 'no-tests'; readonly durationMs: number }
  | {
      readonly kind: 'broken';
      readonly reason: 'could-not-start' | 'crashed' | 'timed-out' | 'too-much-output' | 'configuration' | 'disagrees';
      /** One sentence for people. */
      readonly detail: string;
      readonly outputTail: string;
      readonly durationMs: number;
    }
  | { readonly kind: 'cancelled' };

const problemMark = '|(problem)';

/** Whether what has this id would be in the report if it were red: its file was run, or its check looked at the file. */
export function couldTell(
  looked: { readonly files: ReadonlySet<string>; readonly checked: TestReport['checked'] },
  id: TestId,
  file: string,
): boolean {
  if (!id.endsWith(problemMark)) return looked.files.has(file);
  const checked = looked.checked?.find(({ check }) => check === checkOf(id));
  if (checked === undefined || isUnread(checked.unread, file)) return false;
  return checked.files === undefined || checked.files.includes(file);
}

export function isUnread(unread: Checked['unread'], file: string): boolean {
  return unread === 'all' || unread?.includes(file) === true;
}

/** The check that found what has this id; undefined for a test. */
export function checkOf(id: TestId): string | undefined {
  return id.endsWith(problemMark) ? id.slice(0, id.indexOf('|')) : undefined;
}

/** The id of what a check found. */
export function problemId(check: string, file: string, text: string, occurrence: number): TestId {
  return `${check}|${file}|${text}|${occurrence}${problemMark}`;
}
