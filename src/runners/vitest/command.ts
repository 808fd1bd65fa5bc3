import { join } from 'node:path';
import type { TestScope } from '../types.ts';

/**
 * The arguments of one cold run, for vitest `major`. The project's own settings stay (pool, isolation, retry, timeouts,
 * projects, typecheck); what is set here keeps the run complete, quiet and free of what earlier runs left behind:
 * - no coverage (its thresholds would fail the run), no UI, no watching, no stopping at the first failure;
 * - no cache of results (order) and, where vitest has one, of transformed modules (it can turn red into green);
 * - `related` from the sources, not from dependencies that an earlier run recorded.
 */
export function vitestArguments(major: number, scope: TestScope, reporter: string, root: string): string[] {
  const options = [
    `--reporter=${reporter}`,
    '--watch=false',
    '--coverage.enabled=false',
    '--ui=false',
    '--bail=0',
    '--passWithNoTests',
    '--no-cache',
    ...cacheOptions(major),
  ];
  if (scope.kind === 'all') return ['run', ...options];
  // Absolute, since vitest compares with its own absolute paths, and so that no name can be taken for an option.
  const files = scope.files.map((file) => join(root, file));
  return scope.kind === 'related' ? ['related', '--run', ...options, ...files] : ['run', ...options, ...files];
}

function cacheOptions(major: number): string[] {
  if (major >= 5) return ['--fsModuleCache=false', '--experimental.recordDependencies=false'];
  return major === 4 ? ['--experimental.fsModuleCache=false'] : [];
}
