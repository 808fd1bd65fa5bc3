import { excessOf, readSpace } from '../clean/space-record.ts';
import { type Check, ok, skipped, warning } from './check.ts';
import type { Given } from './given.ts';

const megabyte = 1_000_000;

/** Whether cache and runs keep to their limits, as the agent found when it tidied up last. */
export function spaceCheck({ config }: Given): Check {
  return {
    name: 'space',
    look: async () => {
      const found = await readSpace(config);
      if (found === undefined) return skipped('the agent has not tidied up yet');
      const excess = excessOf(found, config);
      const sizes = { cache: found.cache_bytes, runs: found.runs_bytes };
      const told = Object.entries(sizes).map(([what, bytes]) => `${what} ${Math.ceil(bytes / megabyte)} MB`);
      if (excess.length === 0) return ok(told.join(', '));
      const settings = excess.map(({ what }) => (what === 'cache' ? 'MAX_CACHE_MB' : 'MAX_RUNS_MB'));
      const limits = excess.map(({ what, limitBytes }) => `${what} beyond its ${limitBytes / megabyte} MB`);
      const remedy = `Raise ${settings.join(' and ')}, or look with \`mendwatch clean --dry-run\` what takes it.`;
      return warning(`${told.join(', ')}: ${limits.join(', ')}, and all of it is needed`, remedy);
    },
  };
}
