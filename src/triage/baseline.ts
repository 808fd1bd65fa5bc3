import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { RedTest, TestId, TestReport, TestResult } from '../domain/tests.ts';
import { codeOf } from '../errors.ts';

/**
 * What was known of a test when nobody was at fault: `green` may regress, `red` was red before (with the fingerprint
 * of the regression that left it so, if one did), `flaky` flips without a change, `skipped` does not run.
 */
const entrySchema = z.object({
  file: z.string(),
  title: z.string(),
  status: z.enum(['green', 'red', 'flaky', 'skipped']),
  fingerprint: z.string().optional(),
  flips: z.number().int().nonnegative().optional(),
});

const baselineSchema = z.object({
  version: z.literal(1),
  runner: z.string(),
  tree: z.string(),
  made_at: z.string(),
  full_run_ms: z.number().nonnegative(),
  tests: z.record(z.string(), entrySchema),
});

export type BaselineEntry = z.infer<typeof entrySchema>;
export type BaselineDocument = z.infer<typeof baselineSchema>;

export interface Comparison {
  /** Green before, red now. */
  readonly regressed: readonly RedTest[];
  /** Red now, and red (or unknown, or set aside) before. */
  readonly alreadyRed: readonly RedTest[];
  readonly knownFlaky: readonly RedTest[];
  readonly green: number;
  readonly ran: number;
}

/** The stored truth about each test; changed only when something is settled, never by a red run alone. */
export class Baseline {
  readonly document: BaselineDocument;

  constructor(document: BaselineDocument) {
    this.document = document;
  }

  /** Made by one full run. */
  static fromReport(report: TestReport, tree: string, madeAt: string): Baseline {
    const baseline = new Baseline({
      version: 1,
      runner: report.runner,
      tree,
      made_at: madeAt,
      full_run_ms: Math.round(report.durationMs),
      tests: {},
    });
    for (const test of report.tests) baseline.#record(test);
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
      if (setAside.has(test.file)) alreadyRed.push(red);
      else if (test.kind === 'test') {
        const before = this.entry(test.id)?.status;
        (before === 'green' ? regressed : before === 'flaky' ? knownFlaky : alreadyRed).push(red);
      } else regressedFile(this, test, reported, regressed, alreadyRed);
    }
    return { regressed: distinct(regressed), alreadyRed, knownFlaky, green, ran: report.tests.length };
  }

  /** A settled run: what it says of these tests is now known, except for tests that an open regression holds. */
  settle(report: TestReport, tree: string, held: ReadonlySet<TestId>, setAside: ReadonlySet<string>): void {
    const ran = new Set(report.tests.map(({ id }) => id));
    const unloaded = new Set(
      report.tests.filter(({ kind, status }) => kind === 'load' && status === 'failed').map(({ file }) => file),
    );
    for (const test of report.tests) {
      if (held.has(test.id) || this.entry(test.id)?.status === 'flaky') continue;
      // Red never overwrites green here: only a settled regression does (`markRed`), or a test whose own text changed.
      if (test.status === 'failed' && this.entry(test.id)?.status === 'green' && !setAside.has(test.file)) continue;
      this.#record(test);
    }
    for (const file of report.files) {
      if (unloaded.has(file)) continue;
      for (const [id, entry] of Object.entries(this.document.tests)) {
        if (entry.file === file && !ran.has(id) && !held.has(id)) delete this.document.tests[id];
      }
    }
    this.document.tree = tree;
  }

  /** Also what had no entry: an error outside of tests was never green. Unmarked, it would be a regression at every save. */
  markRed(tests: readonly RedTest[], fingerprint: string): void {
    for (const { id, file, title } of tests) {
      this.document.tests[id] = { ...(this.entry(id) ?? { file, title }), status: 'red', fingerprint };
    }
  }

  markFlaky(id: TestId): void {
    const entry = this.document.tests[id];
    if (entry === undefined) return;
    entry.flips = (entry.flips ?? 0) + 1;
    entry.status = 'flaky';
  }

  #record(test: TestResult): void {
    const status = test.status === 'passed' ? 'green' : test.status === 'failed' ? 'red' : 'skipped';
    const { status: before, fingerprint, flips } = this.entry(test.id) ?? {};
    this.document.tests[test.id] = {
      file: test.file,
      title: test.title,
      status,
      // It stays known whose it is for as long as it stays red.
      ...(status === 'red' && before === 'red' && fingerprint !== undefined ? { fingerprint } : {}),
      ...(flips === undefined ? {} : { flips }),
    };
  }
}

function toRed(test: TestResult): RedTest {
  return { id: test.id, file: test.file, title: test.title, message: test.message ?? 'failed without a message' };
}

/** A file that cannot load: every test of it that was green and is not in the report is red with it. */
function regressedFile(
  baseline: Baseline,
  test: TestResult,
  reported: ReadonlySet<TestId>,
  regressed: RedTest[],
  alreadyRed: RedTest[],
): void {
  const greenIds = test.kind === 'load' ? baseline.greenIdsOf(test.file).filter((id) => !reported.has(id)) : [];
  const wasRed = baseline.entry(test.id)?.status === 'red';
  if (wasRed || (test.kind === 'load' && greenIds.length === 0)) {
    alreadyRed.push(toRed(test));
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
