import type { RedTest, TestId, TestReport } from '../domain/tests.ts';
import type { RegressionRecord, Runs } from './runs.ts';

/** Why work on a regression was stopped from outside. */
export type StopReason = 'mended by the person' | 'shutting down' | 'cancelled';

interface Open {
  record: RegressionRecord;
  stop: AbortController;
}

/** The regressions that are being worked on or wait for it, with what triage knows of them. */
export class OpenRegressions {
  readonly #runs: Runs;
  readonly #open = new Map<string, Open>();

  constructor(runs: Runs) {
    this.#runs = runs;
  }

  async add(taskId: string, record: RegressionRecord): Promise<void> {
    await this.#runs.writeRegression(taskId, record);
    this.#open.set(taskId, { record, stop: new AbortController() });
  }

  /** After a restart: takes up again what the state says is open. */
  async load(taskId: string): Promise<void> {
    this.#open.set(taskId, { record: await this.#runs.readRegression(taskId), stop: new AbortController() });
  }

  record(taskId: string): RegressionRecord {
    const open = this.#open.get(taskId);
    if (open === undefined) throw new Error(`Task ${taskId} has no open regression`);
    return open.record;
  }

  signal(taskId: string): AbortSignal {
    return this.#open.get(taskId)?.stop.signal ?? AbortSignal.abort();
  }

  stop(taskId: string, reason: StopReason): void {
    this.#open.get(taskId)?.stop.abort(reason);
  }

  close(taskId: string): void {
    this.#open.delete(taskId);
  }

  /** Tests that some open regression holds red; with `except`, those of the others. */
  held(except?: string): ReadonlySet<TestId> {
    const ids = new Set<TestId>();
    for (const [taskId, { record }] of this.#open)
      if (taskId !== except) for (const { id } of record.tests) ids.add(id);
    return ids;
  }

  /** The open regression that shares a red test with these. */
  overlapping(tests: readonly RedTest[]): string | undefined {
    const ids = new Set(tests.map(({ id }) => id));
    for (const [taskId, { record }] of this.#open) if (record.tests.some(({ id }) => ids.has(id))) return taskId;
    return undefined;
  }

  /** More changed files, or a newer run, for a regression that is open already. */
  async refresh(
    taskId: string,
    change: { files: readonly string[]; tests: readonly RedTest[]; diff: string; report: TestReport },
  ): Promise<void> {
    const open = this.#open.get(taskId);
    if (open === undefined) return;
    const { record } = open;
    const known = new Set(record.tests.map(({ id }) => id));
    open.record = {
      fingerprint: record.fingerprint,
      files: [...new Set([...record.files, ...change.files])],
      tests: [...record.tests, ...change.tests.filter(({ id }) => !known.has(id))],
      diff: [record.diff, change.diff].filter((text) => text !== '').join('\n'),
      before: mergeReports(record.before, change.report),
    };
    await this.#runs.writeRegression(taskId, open.record);
  }

  /** Open regressions of which every test was seen green in this run. */
  mendedIn(report: TestReport): readonly string[] {
    const status = new Map(report.tests.map(({ id, status }) => [id, status]));
    const files = new Set(report.files);
    const isGreen = ({ id, file }: RedTest): boolean =>
      status.get(id) === 'passed' || (!status.has(id) && /\|\((load|unhandled)\)$/.test(id) && files.has(file));
    return [...this.#open].filter(([, { record }]) => record.tests.every(isGreen)).map(([taskId]) => taskId);
  }
}

/** The newer run wins, file by file. */
function mergeReports(older: TestReport, newer: TestReport): TestReport {
  const replaced = new Set(newer.files);
  return {
    ...newer,
    tests: [...older.tests.filter(({ file }) => !replaced.has(file)), ...newer.tests],
    files: [...new Set([...older.files, ...newer.files])],
    imports: { ...older.imports, ...newer.imports },
  };
}
