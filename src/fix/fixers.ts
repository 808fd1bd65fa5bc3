import type { Fixer } from './fixer.ts';

/** A fixer for each worker, made when it is first asked for: what it has is its own lane. */
export class Fixers {
  readonly #make: (worker: number) => Fixer;
  readonly #made = new Map<number, Fixer>();

  constructor(make: (worker: number) => Fixer) {
    this.#make = make;
  }

  of(worker: number): Fixer {
    const fixer = this.#made.get(worker) ?? this.#make(worker);
    this.#made.set(worker, fixer);
    return fixer;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#made.values()].map((fixer) => fixer.close()));
  }
}
