import type { RedTest, TestId, TestReport, TestResult } from '../domain/tests.ts';
import type { RegressionRecord, Runs } from './runs.ts';

/** Each save that breaks the same tests adds its difference; the first one and the latest are kept. */
const maxDiffCharacters = 60_000;

/** Why work on a regression was stopped from outside. */
export type StopReason = 'mended by the person' | 'the branch was switched' | 'shutting down' | 'cancelled';

interface Open {
  record: RegressionRecord;
  stop: AbortController;
  /** Nothing is begun on it until it is known what another tree says of it. */
  isPaused?: boolean;
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

  has(taskId: string): boolean {
    return this.#open.has(taskId);
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

  /** Stops what is under way; the task waits for `resumeAll` before it is tried again, or for `stop`. */
  pause(taskId: string, reason: StopReason): void {
    const open = this.#open.get(taskId);
    if (open === undefined || open.stop.signal.aborted) return;
    open.stop.abort(reason);
    open.stop = new AbortController();
    open.isPaused = true;
  }

  resumeAll(): void {
    for (const open of this.#open.values()) open.isPaused = false;
  }

  isReady(taskId: string): boolean {
    return this.#open.get(taskId)?.isPaused !== true;
  }

  /** Those that are not stopped. */
  get going(): readonly string[] {
    return this.#going().map(([taskId]) => taskId);
  }

  /** Why it was stopped, once it was. */
  stopReason(taskId: string): StopReason | undefined {
    const signal = this.#open.get(taskId)?.stop.signal;
    return signal?.aborted ? (signal.reason as StopReason) : undefined;
  }

  close(taskId: string): void {
    this.#open.delete(taskId);
  }

  /** These are green since the fix of this task has landed: no fix of another regression is excused from keeping them so. */
  async noteMended(taskId: string, mended: readonly TestId[]): Promise<void> {
    const ids = new Set(mended);
    const isMended = ({ id, status }: TestResult): boolean => status === 'failed' && ids.has(id);
    const writes: Promise<void>[] = [];
    for (const [other, open] of this.#open) {
      const { before } = open.record;
      if (other === taskId || !before.tests.some(isMended)) continue;
      const tests = before.tests
        // An error of a whole file is no test that could have passed.
        .filter((test) => test.kind === 'test' || !isMended(test))
        .map((test) => (isMended(test) ? { ...test, status: 'passed' as const } : test));
      open.record = { ...open.record, before: { ...before, tests } };
      writes.push(this.#runs.writeRegression(other, open.record));
    }
    await Promise.all(writes);
  }

  /** Tests that some open regression holds red; with `except`, those of the others. */
  held(except?: string): ReadonlySet<TestId> {
    const ids = new Set<TestId>();
    for (const [taskId, { record }] of this.#going())
      if (taskId !== except) for (const { id } of record.tests) ids.add(id);
    return ids;
  }

  /** The open regression that shares a red test with these. */
  overlapping(tests: readonly RedTest[]): string | undefined {
    const ids = new Set(tests.map(({ id }) => id));
    for (const [taskId, { record }] of this.#going()) if (record.tests.some(({ id }) => ids.has(id))) return taskId;
    return undefined;
  }

  /** More changed files, or a newer run, for a regression that is open already. */
  async refresh(
    taskId: string,
    change: { files: readonly string[]; tests: readonly RedTest[]; diff: string; report: TestReport; gone: GoneFiles },
  ): Promise<void> {
    const open = this.#open.get(taskId);
    if (open === undefined) return;
    const { record } = open;
    const isGone = goneIn(change.report, change.gone, record);
    const known = new Set(record.tests.map(({ id }) => id));
    open.record = {
      fingerprint: record.fingerprint,
      files: [...new Set([...record.files, ...change.files])],
      tests: [...record.tests.filter((test) => !isGone(test)), ...change.tests.filter(({ id }) => !known.has(id))],
      diff: [record.diff.slice(0, maxDiffCharacters), change.diff].filter((text) => text !== '').join('\n'),
      before: mergeReports(record.before, change.report),
    };
    await this.#runs.writeRegression(taskId, open.record);
  }

  /** A run of all tests on another tree: what it is compared with from now on. Gives false when nothing of it is red there. */
  async moveTo(taskId: string, report: TestReport): Promise<boolean> {
    const open = this.#open.get(taskId);
    if (open === undefined) return false;
    const failed = report.tests.filter(({ status }) => status === 'failed');
    const red = new Set(failed.map(({ id }) => id));
    const unloaded = new Set(failed.filter(({ kind }) => kind === 'load').map(({ file }) => file));
    const tests = open.record.tests.filter(({ id, file }) => red.has(id) || unloaded.has(file));
    if (tests.length === 0) return false;
    open.record = { ...open.record, tests, before: report };
    await this.#runs.writeRegression(taskId, open.record);
    return true;
  }

  /** Open regressions that the person has ended: each test passes in this run, or was taken away. */
  mendedIn(report: TestReport | undefined, gone: GoneFiles): readonly string[] {
    const status = new Map(report?.tests.map((test) => [test.id, test.status]));
    return this.#going()
      .filter(([, { record }]) => {
        const isGone = goneIn(report, gone, record);
        return record.tests.every((test) => status.get(test.id) === 'passed' || isGone(test));
      })
      .map(([taskId]) => taskId);
  }

  /** Without those that were stopped: if their tests turn red again, that is a regression of its own. */
  #going(): readonly (readonly [string, Open])[] {
    return [...this.#open].filter(([, { stop }]) => !stop.signal.aborted);
  }
}

/** Test files that the person has deleted. */
export type GoneFiles = ReadonlySet<string>;

/** Whether a red test (or an error outside of tests) no longer exists: its file ran without it, or is gone. */
function goneIn(
  report: TestReport | undefined,
  gone: GoneFiles,
  { before }: RegressionRecord,
): (test: RedTest) => boolean {
  const tests = report?.tests ?? [];
  const present = new Set(tests.map(({ id }) => id));
  const ran = new Set([...(report?.files ?? []), ...gone]);
  const unloaded = new Set(tests.filter(({ kind }) => kind === 'load').map(({ file }) => file));
  return ({ id, file }) => {
    if (present.has(id) || unloaded.has(file)) return false;
    // An error that belongs to no file is gone when all that ran then has run without it.
    return file === '' ? before.files.every((other) => ran.has(other)) : ran.has(file);
  };
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
