import { posix } from 'node:path';
import { type ScriptCommand, splitOptions } from '../javascript/scripts.ts';

/** Options whose value may be the next word. */
const valued = new Set(
  `--require -r --import --loader --experimental-loader --config --package --spec --file --extension --ignore --exclude
  --ui -u --timeout -t --timeouts --slow -s --grep -g --fgrep -f --retries --jobs -j --reporter -R --reporter-option
  --reporter-options -O --watch-files --watch-ignore --node-option -n --conditions -C --env-file`.split(/\s+/),
);
/** What would print otherwise, stop early, wait, or run a part of the tests. */
const leftOut =
  /^(?:--(?:reporter|reporter-options?|watch|watch-files|watch-ignore|bail|inspect|inspect-brk|colou?rs?|dry-run|list-.*)|-[RObwc])$/;
const loads = new Set(['--require', '-r', '--import', '--loader', '--file', '--config']);

/** How a project starts mocha, from its script; its settings files are read by mocha itself. */
export interface MochaCommand {
  readonly env: Readonly<Record<string, string>>;
  readonly nodeOptions: readonly string[];
  /** Options and places of tests as the script gives them. */
  readonly args: readonly string[];
  /** Files and patterns of tests that the script names, relative to the package. */
  readonly spec: readonly string[];
  /** Files of the project that are loaded beside the tests, or are settings. */
  readonly support: readonly string[];
}

export const plainMocha: MochaCommand = { env: {}, nodeOptions: [], args: [], spec: [], support: [] };

export function mochaCommand({ env, program, nodeOptions, args }: ScriptCommand): MochaCommand {
  const { options, rest } = splitOptions(args, valued);
  const kept = options.filter(({ name }) => !leftOut.test(name));
  const spec = [...kept.flatMap(({ name, value }) => (name === '--spec' && value ? [value] : [])), ...rest];
  return {
    env,
    nodeOptions,
    args: [
      // The command of ts-mocha is mocha with this module before it.
      ...(program === 'ts-mocha' ? ['--require', 'ts-mocha/src/index.js'] : []),
      ...kept.flatMap(({ words }) => words),
      ...rest,
    ],
    spec: spec.map((each) => posix.normalize(each).replace(/\/$/, '')),
    support: kept.flatMap(({ name, value }) =>
      loads.has(name) && value !== undefined && /^\.{0,2}\/|^[^@].*\.\w+$/.test(value) ? [posix.normalize(value)] : [],
    ),
  };
}
