import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Task } from '../domain/task.ts';
import type { RedTest, TestId, TestReport } from '../domain/tests.ts';
import { codeOf } from '../errors.ts';

/** What triage found out about a regression, in full: the state file keeps only what monitors need. */
export interface RegressionRecord {
  readonly fingerprint: string;
  /** The changed files that belong to it. */
  readonly files: readonly string[];
  readonly tests: readonly RedTest[];
  /** The change that broke the tests, as unified text. */
  readonly diff: string;
  /** The run that showed it: what a verdict is compared with. */
  readonly before: TestReport;
}

/** The tests that the task was made for: its record also holds those that joined it. */
export function ownTests({ tests }: RegressionRecord, regression: Task['regression']): readonly TestId[] {
  return tests.slice(0, regression?.count).map(({ id }) => id);
}

/** Takes secrets out of a text. */
type Clean = (text: string) => string | Promise<string>;

/** The folder `runs/` beside the state file: everything about a task that is too big for the state. */
export class Runs {
  readonly folder: string;
  readonly #clean: Clean;

  constructor(folder: string, clean: Clean) {
    this.folder = folder;
    this.#clean = clean;
  }

  folderOf(taskId: string): string {
    return join(this.folder, taskId);
  }

  /** Writes a text file of a task, without secrets; gives its path relative to `runs/`. */
  async write(taskId: string, name: string, text: string): Promise<string> {
    return this.#put(taskId, name, await this.#clean(text));
  }

  /** A text file of a task as it was written; undefined where there is none. */
  async read(taskId: string, name: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.folder, taskId, name), 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  async writeRegression(taskId: string, record: RegressionRecord): Promise<void> {
    await this.#put(taskId, 'regression.json', JSON.stringify(await this.#cleaned(record)));
  }

  async readRegression(taskId: string): Promise<RegressionRecord> {
    return JSON.parse(await readFile(join(this.folder, taskId, 'regression.json'), 'utf8')) as RegressionRecord;
  }

  async writeFiles(taskId: string, files: readonly string[]): Promise<void> {
    await this.#put(taskId, 'files.json', JSON.stringify(files));
  }

  async readFiles(taskId: string): Promise<readonly string[]> {
    return JSON.parse(await readFile(join(this.folder, taskId, 'files.json'), 'utf8')) as string[];
  }

  /**
   * Ids and paths stay as they are: by them tests and files are found again after a restart. The other tests of the run
   * have no text but their names, which were scrubbed when the run came in.
   */
  async #cleaned(record: RegressionRecord): Promise<RegressionRecord> {
    const [diff = '', ...messages] = await Promise.all(
      [record.diff, ...record.tests.map(({ message }) => message)].map((text) => this.#clean(text)),
    );
    const tests = record.tests.map((test, index) => ({ ...test, message: messages[index] ?? '' }));
    const known = new Map(tests.map(({ id, message }) => [id, message]));
    const all = record.before.tests.map((test) => {
      const message = known.get(test.id);
      return message === undefined ? test : { ...test, message };
    });
    return { ...record, diff, tests, before: { ...record.before, tests: all } };
  }

  async #put(taskId: string, name: string, text: string): Promise<string> {
    const file = join(this.folder, taskId, name);
    await mkdir(join(file, '..'), { recursive: true, mode: 0o700 });
    await writeFile(file, text, { mode: 0o600 });
    return `${taskId}/${name}`;
  }
}
