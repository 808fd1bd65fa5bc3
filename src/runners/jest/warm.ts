import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ProcessResult } from '../../process/types.ts';
import { underLimit } from '../in-turn.ts';
import { nodeSpec, type Place } from '../javascript/run-node.ts';
import { type SpareSpec, Spares } from '../javascript/spares.ts';
import type { Runner, TestRequest } from '../types.ts';
import type { JestInstallation } from './installation.ts';

const WARM = fileURLToPath(new URL('./warm.mjs', import.meta.url));

/** Jests that have read the project and have run none of its tests, each used once. */
export class WarmJests {
  readonly #installation: JestInstallation;
  readonly #spares = new Spares();

  constructor(installation: JestInstallation) {
    this.#installation = installation;
  }

  prepare({ mayBeWarm, ...where }: Parameters<Runner['prepare']>[0]): void {
    try {
      const spec = mayBeWarm === true ? this.#specOf({ ...where, root: realpathSync(where.root) }) : undefined;
      if (spec !== undefined) this.#spares.prepare(spec);
    } catch {
      // The lane is not there yet, or just being made anew: then the run starts from the beginning.
    }
  }

  /** Undefined where there is none. */
  async run(request: TestRequest, { root, time }: Place, args: readonly string[]): Promise<ProcessResult | undefined> {
    const spec = this.#specOf({ ...request, root });
    if (spec === undefined) return undefined;
    const { signal } = request;
    const sent = this.#spares.send(spec, { args, env: {}, timeoutMs: time.leftMs(), signal });
    return sent === undefined ? undefined : underLimit(await sent, time);
  }

  close(): Promise<void> {
    return this.#spares.close();
  }

  #specOf({
    root,
    env,
    niceness,
    keptFolder,
  }: Pick<TestRequest, 'root' | 'env' | 'niceness' | 'keptFolder'>): SpareSpec | undefined {
    const { jest, folder, node, command } = this.#installation;
    if (keptFolder === undefined) return undefined;
    const args = [...command.nodeOptions, WARM, jest, root, keptFolder, JSON.stringify(command.args)];
    return {
      ...nodeSpec({ root, env, niceness }, { node, folder, args, env: command.env }),
      executable: join(jest, 'bin', 'jest.js'),
    };
  }
}
