import { join } from 'node:path';
import type { TestScope } from '../types.ts';

/**
 * What keeps a run free of what earlier runs left behind, in the versions that know it: the cache of results (order), of
 * transformed modules (it can turn red into green), and of dependencies (it decides what is related).
 */
const CACHE_OPTIONS = {
  1: ['--no-cache'],
  4: ['--no-cache', '--experimental.fsModuleCache=false'],
  5: ['--no-cache', '--fsModuleCache=false', '--experimental.recordDependencies=false'],
} as const;

/**
 * The arguments of one cold run, for vitest `major`. The project's own settings stay (pool, isolation, retry, timeouts,
 * projects, typecheck); what is set here keeps the run complete and quiet: no coverage (its thresholds would fail the
 * run), no UI, no watching, no stopping at the first failure, no cache. `unknown` are option names that this version of
 * vitest has refused before.
 */
export function vitestArguments(
  major: number,
  scope: TestScope,
  {
    reporter,
    root,
    unknown,
  }: { readonly reporter: string; readonly root: string; readonly unknown: ReadonlySet<string> },
): string[] {
  const cacheOptions = CACHE_OPTIONS[major >= 5 ? 5 : major === 4 ? 4 : 1];
  const options = [
    `--reporter=${reporter}`,
    '--no-watch',
    '--no-coverage',
    '--no-ui',
    '--bail=0',
    '--passWithNoTests',
    ...cacheOptions.filter((option) => !unknown.has(nameOf(option))),
  ];
  if (scope.kind === 'all') return ['run', ...options];
  // Absolute, since vitest compares with its own absolute paths, and so that no name can be taken for an option.
  const files = scope.files.map((file) => join(root, file));
  return scope.kind === 'related' ? ['related', '--run', ...options, ...files] : ['run', ...options, ...files];
}

/**
 * The option of the cache that an early minor version does not have yet, from its message before it starts. Where there
 * is no such option there is no such cache, except between a feature and its option: a lane is cleaned for that.
 */
export function unknownOption(output: string): string | undefined {
  const name = /CACError: Unknown option `--([\w-]+)/.exec(output)?.[1];
  return Object.values(CACHE_OPTIONS).some((options) => options.some((option) => nameOf(option) === name))
    ? name
    : undefined;
}

function nameOf(option: string): string {
  return option.replace(/^--(no-)?/, '').replace(/[.=].*$/, '');
}
