import picomatch from 'picomatch';

type Matches = (path: string) => boolean;

/** The answers about paths (relative to the root, with `/`) of one project. */
export interface PathRules {
  isTestFile(path: string): boolean;
  isSettings(path: string): boolean;
  isProtected(path: string): boolean;
}

export function compile(patterns: readonly string[]): Matches {
  return patterns.length === 0 ? () => false : picomatch([...patterns], { dot: true });
}

/**
 * What a fix must not touch whichever runner there is, besides what the project's own configuration names: folders of
 * tests, of their data and of their doubles; snapshots; helpers of tests.
 */
const isBesideTests = compile([
  '**/{test,tests,__tests__,__test__,__mocks__,__snapshots__,__fixtures__,fixtures,__file_snapshots__}/**',
  '**/*.{snap,snapshot}',
  '**/{vitest,jest,mocha,test,tests}{-,.,_}{utils,helpers}.*',
]);
/** Set-up files by their usual names. */
const isSetUp = compile([
  '**/{vitest,jest,mocha,test,tests}{-,.,_}{setup,teardown}.*',
  '**/{setup,global}{-,.,_,}{tests,test,vitest,jest,mocha,Tests,Test,Vitest,Jest,Mocha,setup,Setup}.*',
]);
/** Tests by the name that most have: those of another runner are tests, too. */
export const isTestByName = compile(['**/*.{test,spec}.?(c|m)[jt]s?(x)']);

/**
 * `named` are files that the project's settings name: set-up files, environments, the settings themselves; `isDouble`
 * says which they put in the place of others.
 */
export function pathRules(
  isTestFile: Matches,
  isRunnersSettings: Matches,
  named: ReadonlySet<string> = new Set(),
  isDouble: Matches = () => false,
): PathRules {
  const isSettings = (path: string) => named.has(path) || isRunnersSettings(path) || isSetUp(path);
  return {
    isTestFile,
    isSettings: (path) => !isTestFile(path) && isSettings(path),
    // The default names stay protected under any configuration.
    isProtected: (path) =>
      isTestFile(path) || isTestByName(path) || isSettings(path) || isBesideTests(path) || isDouble(path),
  };
}
