import { posix } from 'node:path';
import { type ScriptCommand, splitOptions } from '../javascript/scripts.ts';

/** Options whose value may be the next word. */
const valued = new Set(
  `--import --require -r --loader --experimental-loader --conditions -C --env-file --env-file-if-exists --test-name-pattern
  --test-skip-pattern --test-concurrency --test-timeout --test-isolation --test-global-setup --test-reporter
  --test-reporter-destination --test-shard --test-coverage-include --test-coverage-exclude --test-coverage-lines
  --test-coverage-branches --test-coverage-functions --watch-path --tsconfig
  --experimental-config-file`.split(/\s+/),
);
/** What would run other tests than all, change files, measure, or wait. */
const leftOut =
  /^--(?:test$|test-reporter|test-shard|test-coverage|experimental-test-coverage|test-update-snapshots|test-rerun-failures|watch|inspect|clear-screen|tsconfig)/;
const loads = new Set(['--import', '--require', '-r', '--loader', '--experimental-loader', '--test-global-setup']);
/** Settings, however they are named: in a file of variables may be options of Node. */
const reads = new Set(['--env-file', '--env-file-if-exists', '--experimental-config-file', '--tsconfig']);

/** How a project runs its tests with Node, from its script. */
export interface NodeCommand {
  readonly env: Readonly<Record<string, string>>;
  readonly options: readonly string[];
  /** Files, folders and patterns, relative to the package; empty: Node's own choice. */
  readonly patterns: readonly string[];
  /** Files of the project that are loaded before each test, relative to the package. */
  readonly support: readonly string[];
}

export function nodeCommand({ env, program, args }: ScriptCommand): NodeCommand {
  const { options, rest } = splitOptions(args, valued);
  const kept = options.filter(({ name }) => !leftOut.test(name));
  const tsconfig = options.find(({ name }) => name === '--tsconfig')?.value;
  return {
    env: { ...env, ...(tsconfig === undefined ? {} : { TSX_TSCONFIG_PATH: tsconfig }) },
    // The command of tsx does the same, with a process of its own around it.
    options: [...(program === 'tsx' ? ['--import', 'tsx'] : []), ...kept.flatMap(({ words }) => words)],
    patterns: rest.map((pattern) => posix.normalize(pattern).replace(/\/$/, '')),
    support: options.flatMap(({ name, value }) =>
      value !== undefined && (reads.has(name) || (loads.has(name) && value.startsWith('.')))
        ? [posix.normalize(value)]
        : [],
    ),
  };
}

/** The range of Node that has all that the command asks for. */
export function neededNode({ options, patterns }: NodeCommand): string {
  const has = (option: string) => options.some((each) => each.startsWith(option));
  if (has('--test-isolation')) return '>=22.8.0';
  if (has('--experimental-strip-types') || has('--experimental-transform-types')) return '>=22.6.0';
  return patterns.some((pattern) => /\.[cm]?tsx?$/.test(pattern)) && !loadsTypes({ options })
    ? '>=22.18.0'
    : '>=20.0.0';
}

/** Whether something makes TypeScript loadable. */
export function loadsTypes({ options }: Pick<NodeCommand, 'options'>): boolean {
  return options.some((each) => /tsx|ts-node|swc|esbuild|sucrase|jiti|amaro|strip-types|transform-types/.test(each));
}

/** From version 21 on, Node takes the names of test files for patterns. */
export function asPattern(path: string, major: number): string {
  const plain = path.startsWith('-') ? `./${path}` : path;
  return major < 21 ? plain : plain.replaceAll(/[[*?{(!+@]/g, (sign) => `[${sign}]`);
}
