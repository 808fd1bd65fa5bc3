import type { Effective } from '../../config/effective.ts';
import type { Config } from '../../config/types.ts';
import type { Survey } from '../../workspace/survey.ts';

/** What every check may use. */
export interface Surroundings {
  readonly launch: Readonly<Record<string, string | undefined>>;
  readonly effective: Effective;
  /** The times that services named in their answers. */
  readonly times: ServiceTimes;
}

/** What a check of the project may use beside. */
export interface Given extends Surroundings {
  readonly config: Config;
  /** Asked for once, by whoever comes first. */
  survey(): Promise<Survey>;
}

interface Told {
  readonly service: string;
  readonly offMs: number;
}

/** Collects the clocks of the services that answer; the clock of this machine is compared when all have been asked. */
export class ServiceTimes {
  readonly #asked: Promise<Told | undefined>[] = [];

  /** To be called at once by every check that may hear a service. Gives what to call with the header `Date`. */
  expect(service: string): { heard(date: string | undefined): void } {
    const told = Promise.withResolvers<Told | undefined>();
    this.#asked.push(told.promise);
    return {
      heard: (date) => {
        const theirs = Date.parse(date ?? '');
        // The header is cut to whole seconds.
        told.resolve(Number.isNaN(theirs) ? undefined : { service, offMs: Date.now() - (theirs + 500) });
      },
    };
  }

  async all(): Promise<readonly Told[]> {
    return (await Promise.all(this.#asked)).filter((told) => told !== undefined);
  }
}
