import type { ExecuteOptions, Execution } from './execution.ts';
import { ExecutorClient, type ExecutorClientOptions } from './executor-client.ts';

export interface ExecutorPoolOptions extends ExecutorClientOptions {
  /** So many commands run side by side. */
  readonly size: number;
}

/** Runs many commands at once, each client of the pool one at a time. */
export class ExecutorPool {
  readonly #options: ExecutorPoolOptions;
  readonly #clients: ExecutorClient[] = [];

  constructor(options: ExecutorPoolOptions) {
    if (!Number.isInteger(options.size) || options.size < 1) {
      throw new RangeError(`The size of a pool is ${options.size}; expected a whole number from 1.`);
    }
    this.#options = options;
  }

  /** By the client that has least to do; it waits there for its turn. */
  execute(command: string, options?: ExecuteOptions): Execution {
    return this.#leastBusy().execute(command, options);
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  #leastBusy(): ExecutorClient {
    const [best] = this.#clients.toSorted((a, b) => a.open - b.open);
    if (best !== undefined && (best.open === 0 || this.#clients.length === this.#options.size)) return best;
    const client = new ExecutorClient(this.#options);
    this.#clients.push(client);
    return client;
  }
}
