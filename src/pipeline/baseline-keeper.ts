import type { TestId } from '../domain/tests.ts';
import { replaceFile } from '../state/disk.ts';
import { Baseline } from '../triage/baseline.ts';

/** The baseline in memory and in its file beside the state. */
export class BaselineKeeper {
  readonly #file: string;
  #baseline: Baseline | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  get current(): Baseline | undefined {
    return this.#baseline;
  }

  /** A baseline of another runner says nothing about this one's tests. */
  async load(runner: string): Promise<void> {
    const stored = await Baseline.load(this.#file);
    if (stored?.document.runner === runner) this.#baseline = stored;
  }

  async replace(baseline: Baseline): Promise<void> {
    this.#baseline = baseline;
    await this.save();
  }

  async save(): Promise<void> {
    if (this.#baseline !== undefined) await replaceFile(this.#file, this.#baseline.serialize());
  }

  /** Whether it was seen to flip without a patch. */
  hasFlipped(id: TestId): boolean {
    return this.#baseline?.entry(id)?.recent !== undefined;
  }

  known(id: TestId): 'green' | 'red' | 'flaky' | 'skipped' | undefined {
    return this.#baseline?.entry(id)?.status;
  }
}
