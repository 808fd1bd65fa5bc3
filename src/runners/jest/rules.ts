import { join } from 'node:path';
import { doublesIn } from '../javascript/doubles.ts';
import { compile, isTestByName, type PathRules, pathRules } from '../javascript/path-rules.ts';
import type { RawConfig } from '../javascript/raw-run.ts';
import { isOwn, relativePath } from '../report/paths.ts';

const isSettings = compile(['**/jest.config*.*', '**/jest-*.{json,config.*}', '**/jest.{preset,setup}*.*']);
const inFolders = compile(['**/__tests__/**/*.?(c|m)[jt]s?(x)']);

/** What is known of a project's tests: at first by the usual names, then from the settings as jest resolved them. */
export interface JestKnowledge {
  readonly rules: PathRules;
  /** Files of the project that jest loads beside the tests, relative to the root; undefined before the first run. */
  readonly support: readonly string[] | undefined;
  /** Those of them whose imports are settings as well: what sources pass through. */
  readonly tools: readonly string[];
}

export function guessed(config: string | undefined): JestKnowledge {
  return {
    rules: rulesFor((path) => isTestByName(path) || inFolders(path), config, []),
    support: undefined,
    tools: [],
  };
}

/** `root` is the folder of the run that gave the settings; a path is looked at as if it lay there. */
export function learned(configs: readonly RawConfig[], root: string, config: string | undefined): JestKnowledge {
  const ownOf = (paths: readonly string[]) => [...new Set(paths.map((path) => relativePath(root, path)))].filter(isOwn);
  const own = ownOf(configs.flatMap(({ support, tools }) => [...support, ...tools]));
  const projects = configs.map(testsOf);
  const isTestFile = (path: string) => projects.some((matches) => matches(join(root, path)));
  return {
    rules: rulesFor(
      isTestFile,
      config,
      own,
      doublesIn(
        configs.map(({ rootDir: base, mappings }) => ({ base, mappings })),
        root,
      ),
    ),
    support: own,
    tools: ownOf(configs.flatMap(({ tools }) => tools)),
  };
}

function rulesFor(
  isTestFile: (path: string) => boolean,
  config: string | undefined,
  support: readonly string[],
  isDouble?: (path: string) => boolean,
): PathRules {
  const named = new Set([...support, ...(config === undefined ? [] : [config])]);
  return pathRules((path) => !`/${path}`.includes('/node_modules/') && isTestFile(path), isSettings, named, isDouble);
}

/** As jest decides it: below the roots, by pattern or by expression, and not ignored. */
function testsOf({ roots, testMatch, testRegex, ignored }: RawConfig): (path: string) => boolean {
  const matches = compile(testMatch.filter((pattern) => !pattern.startsWith('!')));
  const unmatches = compile(testMatch.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1)));
  const expressions = testRegex.flatMap(expression);
  const exceptions = ignored.flatMap(expression);
  return (path) =>
    roots.some((root) => path.startsWith(`${root}/`)) &&
    (testRegex.length > 0 ? expressions.some((each) => each.test(path)) : matches(path) && !unmatches(path)) &&
    !exceptions.some((each) => each.test(path));
}

function expression(source: string): RegExp[] {
  try {
    return [new RegExp(source)];
  } catch {
    return [];
  }
}
