import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { z } from 'zod';

const repository = resolve(import.meta.dirname, '../..');

const cruiseSchema = z.object({
  summary: z.object({
    totalCruised: z.number(),
    violations: z.array(z.object({ from: z.string(), to: z.string(), rule: z.object({ name: z.string() }) })),
  }),
  modules: z.array(z.object({ source: z.string() })),
});

export interface FloorReport {
  /** Modules of the house that were really read. With an unsuitable TypeScript this is 0, and the tool says all is well. */
  readonly modules: number;
  /** `rule: from → to` */
  readonly violations: readonly string[];
}

/** Checks the imports of `src/` and `automation/` below a root against the rules in `.dependency-cruiser.mjs`. */
export async function inspectFloors(root = repository): Promise<FloorReport> {
  const tool = join(repository, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const args = [tool, 'src', 'automation', '--config', '.dependency-cruiser.mjs', '--output-type', 'json'];
  const { summary, modules } = cruiseSchema.parse(JSON.parse(await outputOf(args, root)));
  return {
    modules: modules.filter(({ source }) => source.startsWith('src/')).length,
    violations: summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`),
  };
}

/** Violations make it exit with their number; the report on its output is complete all the same. */
function outputOf(args: readonly string[], cwd: string): Promise<string> {
  return new Promise((done, fail) => {
    execFile(process.execPath, args, { cwd, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (stdout === '') fail(new Error(`dependency-cruiser printed nothing: ${stderr}`, { cause: error }));
      else done(stdout);
    });
  });
}
