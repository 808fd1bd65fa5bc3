import type { TestId } from '../domain/tests.ts';

/** More of them, and what was proven before the oldest is long over. */
const maxKept = 200;

/** What was landed while an attempt was under way. */
export interface LandedBeside {
  readonly tests: ReadonlySet<TestId>;
  readonly files: ReadonlySet<string>;
}

/** The landings of this run of the agent: who began before one of them has not seen it. */
export class Landed {
  readonly #landings: {
    readonly number: number;
    readonly tests: readonly TestId[];
    readonly files: readonly string[];
  }[] = [];
  #count = 0;

  /** To be given to `since`. */
  get count(): number {
    return this.#count;
  }

  note(tests: readonly TestId[], files: readonly string[]): void {
    this.#landings.push({ number: this.#count++, tests, files });
    if (this.#landings.length > maxKept) this.#landings.shift();
  }

  since(count: number): LandedBeside {
    const later = this.#landings.filter(({ number }) => number >= count);
    return {
      tests: new Set(later.flatMap(({ tests }) => tests)),
      files: new Set(later.flatMap(({ files }) => files)),
    };
  }
}
