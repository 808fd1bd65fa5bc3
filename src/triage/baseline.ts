import { readFile } from 'node:fs/promises';
import {
  type BaselineDocument,
  type BaselineEntry,
  baselineSchema,
  isFileLevel,
  type MissingLink,
} from '../domain/baseline.ts';
import {
  checkOf,
  couldTell,
  isUnread,
  type RedTest,
  type TestId,
  type TestReport,
  type TestResult,
  toRed,
} from '../domain/tests.ts';
import { codeOf } from '../errors.ts';
import { entryAfter, withFlip, withRun } from './history.ts';

export interface Comparison {
  /** Green before, red now. */
  readonly regressed: readonly RedTest[];
  /** Red now, and red (or unknown, or set aside) before. */
  readonly alreadyRed: readonly RedTest[];
  readonly knownFlaky: readonly RedTest[];
  readonly green: number;
  readonly ran: number;
}

/** What a full run is stored with. */
export interface Surroundings {
  readonly head?: string | undefined;
  readonly laneLinks?: readonly string[];
  readonly watchPaths?: readonly string[];
  readonly readOnly?: 'auto' | 'off';
  readonly barred?: readonly string[];
  readonly missingLinks?: readonly MissingLink[];
  /** The baseline that this one takes the place of: what it knows of flips, and of who left a test red, stays known. */
  readonly earlier?: Baseline | undefined;
  /** Tests that open regressions hold: their full run settles nothing. */
  readonly held?: ReadonlySet<TestId>;
}

/** The stored truth about each test; changed only when something is settled, never by a red run alone. */
export class Baseline {
  readonly document: BaselineDocument;

  constructor(document: BaselineDocument) {
    this.document = document;
  }

  /** Made by one full run. */
  static fromReport(report: TestReport, tree: string, madeAt: string, around: Surroundings = {}): Baseline {
    const { head, laneLinks, watchPaths, readOnly, barred = [], missingLinks = [], earlier, held } = around;
    const baseline = new Baseline({
      version: 1,
      runner: report.runner,
      tree,
      ...(head === undefined ? {} : { head }),
      made_at: madeAt,
      full_run_ms: Math.round(report.durationMs),
      ...(laneLinks === undefined ? {} : { lane_links: [...laneLinks] }),
      ...(watchPaths === undefined ? {} : { watch_paths: [...watchPaths] }),
      ...(readOnly === undefined ? {} : { read_only: readOnly }),
      ...(barred.length === 0 ? {} : { barred: [...barred] }),
      ...(missingLinks.length === 0 ? {} : { missing_links: [...missingLinks] }),
      tests: {},
    });
    for (const test of report.tests) {
      const before = earlier?.entry(test.id);
      const isSettled = before === undefined || held?.has(test.id) !== true;
      baseline.document.tests[test.id] = isSettled ? entryAfter(test, before) : before;
    }
    baseline.#noteUnread(report);
    return baseline;
  }

  static async load(file: string): Promise<Baseline | undefined> {
    try {
      const parsed = baselineSchema.safeParse(JSON.parse(await readFile(file, 'utf8')));
      return parsed.success ? new Baseline(parsed.data) : undefined;
    } catch (error) {
      // A baseline that cannot be read is made anew by a full run; nothing else depends on the file.
      if (codeOf(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  serialize(): string {
    return `${JSON.stringify(this.document)}\n`;
  }

  get counts(): { tests: number; green: number; red: number; flaky: number; skipped: number } {
    const counts = { tests: 0, green: 0, red: 0, flaky: 0, skipped: 0 };
    for (const { status } of Object.values(this.document.tests)) {
      counts.tests++;
      counts[status]++;
    }
    return counts;
  }

  entry(id: TestId): BaselineEntry | undefined {
    return this.document.tests[id];
  }

  greenIdsOf(file: string): readonly TestId[] {
    return Object.entries(this.document.tests)
      .filter(([, entry]) => entry.file === file && entry.status === 'green')
      .map(([id]) => id);
  }

  /**
   * Compares a run, test by test. A file in `setAside` (its own text was changed by the person) has no history: its
   * red tests may be a new expectation, not a regression. A file that cannot load makes all its green tests red.
   */
  compare(report: TestReport, setAside: ReadonlySet<string>): Comparison {
    const regressed: RedTest[] = [];
    const alreadyRed: RedTest[] = [];
    const knownFlaky: RedTest[] = [];
    const reported = new Set(report.tests.map(({ id }) => id));
    let green = 0;
    for (const test of report.tests) {
      if (test.status === 'passed') green++;
      if (test.status !== 'failed') continue;
      const red = toRed(test);
      const before = this.entry(test.id)?.status;
      if (setAside.has(test.file)) alreadyRed.push(red);
      else if (before === 'flaky' && test.kind !== 'load') knownFlaky.push(red);
      else if (test.kind === 'test') (before === 'green' ? regressed : alreadyRed).push(red);
      // That a load flips excuses none of the tests that it hides: the repeat says whether it did.
      else regressedFile(this, test, reported, regressed, before === 'flaky' ? knownFlaky : alreadyRed);
    }
    return { regressed: distinct(regressed), alreadyRed, knownFlaky, green, ran: report.tests.length };
  }

  /**
   * A settled run: what it says of these tests is now known, except for tests that an open regression holds. Gives the
   * flaky ones that are steady again.
   */
  settle(
    report: TestReport,
    tree: string,
    held: ReadonlySet<TestId>,
    setAside: ReadonlySet<string>,
  ): readonly BaselineEntry[] {
    const flaky = this.#flakyIds();
    for (const test of report.tests) {
      if (held.has(test.id)) continue;
      const before = this.entry(test.id);
      // Red never overwrites green here: only a settled regression does (`markRed`), or a test whose own text changed.
      if (test.status === 'failed' && before?.status === 'green' && !setAside.has(test.file)) continue;
      this.document.tests[test.id] = entryAfter(test, before);
    }
    this.#forgetAbsent(report, held);
    this.#noteRead(report);
    this.document.tree = tree;
    return flaky.flatMap((id) => {
      const entry = this.entry(id);
      return entry === undefined || entry.status === 'flaky' ? [] : [entry];
    });
  }

  /** Where the project's HEAD was when this was last triaged. */
  noteHead(head: string | undefined): void {
    if (head === undefined) delete this.document.head;
    else this.document.head = head;
  }

  /** The person has deleted these test files. */
  forgetFiles(files: ReadonlySet<string>, held: ReadonlySet<TestId>): void {
    for (const [id, { file }] of Object.entries(this.document.tests)) {
      if (files.has(file) && !held.has(id)) delete this.document.tests[id];
    }
  }

  /** Also what had no entry: an error outside of tests was never green. Unmarked, it would be a regression at every save. */
  markRed(tests: readonly RedTest[], fingerprint: string): void {
    for (const { id, file, title } of tests) {
      this.document.tests[id] = { ...(this.entry(id) ?? { file, title }), status: 'red', fingerprint };
    }
  }

  /** The other way of `markRed`: the regression is open again. Gives whether any test was marked. */
  unmarkRed(fingerprint: string): boolean {
    const marked = Object.entries(this.document.tests).filter(
      ([, entry]) => entry.status === 'red' && entry.fingerprint === fingerprint,
    );
    for (const [id, { fingerprint: _fingerprint, ...entry }] of marked) {
      if (isFileLevel(id)) delete this.document.tests[id];
      else this.document.tests[id] = { ...entry, status: 'green' };
    }
    return marked.length > 0;
  }

  /** These were red and then green on the same tree. */
  markFlaky(tests: readonly RedTest[]): void {
    for (const { id, file, title } of tests) {
      this.document.tests[id] = withFlip(this.entry(id) ?? { file, title, status: 'green' });
    }
  }

  /** Whether this is a problem where its check has never looked. */
  isUnseen({ id, file }: Pick<TestResult, 'id' | 'file'>): boolean {
    const check = checkOf(id);
    return check !== undefined && isUnread(this.document.unread?.[check], file);
  }

  #noteUnread({ checked = [] }: TestReport): void {
    for (const { check, unread } of checked) {
      if (unread === undefined) continue;
      this.document.unread = { ...this.document.unread, [check]: unread === 'all' ? unread : [...unread] };
    }
  }

  /** What a check could look at this time is known from now on. */
  #noteRead({ checked = [] }: TestReport): void {
    for (const { check, unread: now } of checked) {
      const before = this.document.unread?.[check];
      if (this.document.unread === undefined || before === undefined || now === 'all') continue;
      const left = before === 'all' ? [...(now ?? [])] : before.filter((file) => isUnread(now, file));
      if (left.length > 0) this.document.unread[check] = left;
      else delete this.document.unread[check];
      if (Object.keys(this.document.unread).length === 0) delete this.document.unread;
    }
  }

  #flakyIds(): readonly TestId[] {
    return Object.entries(this.document.tests).flatMap(([id, { status }]) => (status === 'flaky' ? [id] : []));
  }

  /** Tests of files that ran without them are gone; for an error outside of tests that was a green run. */
  #forgetAbsent(report: TestReport, held: ReadonlySet<TestId>): void {
    const ran = new Set(report.tests.map(({ id }) => id));
    const unloaded = new Set(
      report.tests.filter(({ kind, status }) => kind === 'load' && status === 'failed').map(({ file }) => file),
    );
    const looked = { files: new Set(report.files.filter((file) => !unloaded.has(file))), checked: report.checked };
    for (const [id, entry] of Object.entries(this.document.tests)) {
      if (!couldTell(looked, id, entry.file) || ran.has(id) || held.has(id)) continue;
      const next = entry.status === 'flaky' && isFileLevel(id) ? withRun(entry, '.') : undefined;
      if (next?.status === 'flaky') this.document.tests[id] = next;
      else delete this.document.tests[id];
    }
  }
}

/** A file that cannot load: every test of it that was green and is not in the report is red with it. */
function regressedFile(
  baseline: Baseline,
  test: TestResult,
  reported: ReadonlySet<TestId>,
  regressed: RedTest[],
  others: RedTest[],
): void {
  const greenIds = test.kind === 'load' ? baseline.greenIdsOf(test.file).filter((id) => !reported.has(id)) : [];
  const wasRed = baseline.entry(test.id)?.status === 'red' || baseline.isUnseen(test);
  if (wasRed || (test.kind === 'load' && greenIds.length === 0)) {
    others.push(toRed(test));
    return;
  }
  regressed.push(toRed(test));
  for (const id of greenIds) {
    const title = baseline.entry(id)?.title ?? id;
    regressed.push({ id, file: test.file, title, message: 'the file cannot be loaded' });
  }
}

/** Two projects of a runner may fail to load the same file. */
function distinct(tests: readonly RedTest[]): readonly RedTest[] {
  return [...new Map(tests.map((test) => [test.id, test])).values()];
}
