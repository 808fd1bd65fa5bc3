import { join, posix } from 'node:path';
import { type ScriptCommand, splitOptions } from '../javascript/scripts.ts';

/** Options of a script that say how tests are to be run. What only chooses, prints or measures is left out. */
const kept = new Set(
  `--config -c --env --testEnvironment --preset --rootDir --roots --projects --selectProjects --ignoreProjects
  --runInBand -i --maxWorkers -w --workerThreads --forceExit --testTimeout --testMatch --testRegex --testRunner
  --testPathIgnorePatterns --testPathIgnorePattern --setupFilesAfterEnv --setupFiles --globals --moduleNameMapper
  --modulePaths --resolver --transform --injectGlobals --experimental-vm-modules --logHeapUsage`.split(/\s+/),
);
/** These take all words up to the next option. */
const lists = new Set(
  `--roots --projects --selectProjects --ignoreProjects --testMatch --testPathIgnorePatterns --setupFiles
  --setupFilesAfterEnv --modulePaths`.split(/\s+/),
);
const single = new Set(
  `--config -c --env --testEnvironment --preset --rootDir --maxWorkers -w --testTimeout --testRegex --testRunner --globals
  --moduleNameMapper --resolver --transform`.split(/\s+/),
);

/** How a project starts jest, from its script; its settings are read by jest itself. */
export interface JestCommand {
  readonly env: Readonly<Record<string, string>>;
  readonly nodeOptions: readonly string[];
  readonly args: readonly string[];
  /** The settings file that the script names, relative to the package. */
  readonly config: string | undefined;
}

export const plainJest: JestCommand = { env: {}, nodeOptions: [], args: [], config: undefined };

export function jestCommand({ env, nodeOptions, args }: ScriptCommand): JestCommand {
  const words = args.flatMap((word, at) =>
    lists.has(word) ? valuesAfter(args, at).map((value) => `${word}=${value}`) : [word],
  );
  const { options } = splitOptions(words, single);
  const chosen = options.filter(({ name }) => kept.has(name));
  const config = chosen.find(({ name }) => name === '--config' || name === '-c')?.value;
  return {
    env,
    nodeOptions,
    args: chosen.flatMap((each) => each.words),
    config: config === undefined || config.startsWith('{') ? undefined : posix.normalize(config),
  };
}

function valuesAfter(args: readonly string[], at: number): readonly string[] {
  const end = args.findIndex((word, index) => index > at && word.startsWith('-'));
  return args.slice(at + 1, end < 0 ? undefined : end);
}

/** What a run looks at. */
export type JestScope =
  | { readonly kind: 'all' }
  | { readonly kind: 'related' | 'exactly'; readonly files: readonly string[] };

/**
 * The arguments of one cold run. The project's settings stay; what is set here keeps the run complete and quiet: no
 * coverage (its thresholds would fail the run), no writing of snapshots, no stopping at the first failure, no daemon that
 * watches files, and a cache that nobody has used before; a warm one adds its own.
 */
export function jestArguments(
  { args }: JestCommand,
  scope: JestScope,
  { root, reporter, cache }: { readonly root: string; readonly reporter: string; readonly cache: string | undefined },
): string[] {
  const options = [
    ...args,
    '--ci',
    `--reporters=${reporter}`,
    ...(cache === undefined ? [] : [`--cacheDirectory=${cache}`]),
    '--coverage=false',
    '--watchman=false',
    '--watch=false',
    '--watchAll=false',
    '--onlyChanged=false',
    '--notify=false',
    '--bail=0',
    '--passWithNoTests',
    // Without it, what tests print is kept in memory and never seen; here it reaches the limit of output.
    '--verbose',
  ];
  if (scope.kind === 'all') return options;
  const files = scope.files.map((path) => join(root, path));
  return [...options, scope.kind === 'related' ? '--findRelatedTests' : '--runTestsByPath', ...files];
}
