import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RedTest, TestReport } from '../domain/tests.ts';

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

/** The folder `runs/` beside the state file: everything about a task that is too big for the state. */
export class Runs {
  readonly folder: string;
  readonly #scrub: (text: string) => string;

  constructor(folder: string, scrub: (text: string) => string) {
    this.folder = folder;
    this.#scrub = scrub;
  }

  folderOf(taskId: string): string {
    return join(this.folder, taskId);
  }

  /** Writes a text file of a task, without secrets; gives its path relative to `runs/`. */
  async write(taskId: string, name: string, text: string): Promise<string> {
    const file = join(this.folder, taskId, name);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, this.#scrub(text));
    return `${taskId}/${name}`;
  }

  async writeRegression(taskId: string, record: RegressionRecord): Promise<void> {
    await this.write(taskId, 'regression.json', JSON.stringify(record));
  }

  async readRegression(taskId: string): Promise<RegressionRecord> {
    return JSON.parse(await readFile(join(this.folder, taskId, 'regression.json'), 'utf8')) as RegressionRecord;
  }

  async writeFiles(taskId: string, files: readonly string[]): Promise<void> {
    await this.write(taskId, 'files.json', JSON.stringify(files));
  }

  async readFiles(taskId: string): Promise<readonly string[]> {
    return JSON.parse(await readFile(join(this.folder, taskId, 'files.json'), 'utf8')) as string[];
  }
}
