import picomatch from 'picomatch';

type Matches = (path: string) => boolean;
const compile = (patterns: readonly string[]): Matches => picomatch([...patterns], { dot: true });

const isSettings = compile(['**/.cargo/**', '**/rust-toolchain', '**/rust-toolchain.toml', '**/.config/nextest.toml']);

/** Tests with a file of their own, what they read, and what decides how everything is built. */
const isProtectedByName = compile([
  '**/{tests,test,benches,fixtures,testdata,test_data,test-data,snapshots,proptest-regressions}/**',
  '**/{tests,test}.rs',
  '**/*_{test,tests}.rs',
  '**/{test,tests}_*.rs',
  '**/*.snap',
  '**/*.{stderr,stdout}',
  '**/build.rs',
  '**/{rustfmt,.rustfmt,clippy,.clippy}.toml',
  '**/Cargo.{toml,lock}',
]);
const isTestByName = compile(['**/tests/*.rs', '**/tests/*/main.rs']);
/** Of other languages: only where they lie in a crate's own folders of sources do they matter here. */
const isForeign =
  /\.(?:[cm]?[jt]sx?|vue|svelte|astro|css|scss|sass|less|py|pyi|go|java|kt|kts|rb|php|swift|cs|dart|ipynb|lock)$/;
const isInSources = /(?:^|\/)(?:src|tests|benches|examples)\//;

export interface CargoRules {
  wants(path: string): boolean;
  isProtected(path: string): boolean;
  isSettings(path: string): boolean;
  isTestFile(path: string): boolean;
}

export interface Known {
  /** Files of tests as cargo knows them. */
  readonly tests: ReadonlySet<string>;
  /** What cargo runs before it builds. */
  readonly buildScripts: ReadonlySet<string>;
  /** What the compiler has read. */
  readonly sources: ReadonlySet<string>;
}

/** The answers about paths (relative to the root, with `/`), with what runs have taught. */
export function cargoRules(known: Known): CargoRules {
  const isTestFile: Matches = (path) => known.tests.has(path) || (isTestByName(path) && !/(?:^|\/)src\//.test(path));
  return {
    wants: (path) =>
      known.sources.has(path) || path.endsWith('Cargo.lock') || !isForeign.test(path) || isInSources.test(path),
    isProtected: (path) =>
      isTestFile(path) || isSettings(path) || isProtectedByName(path) || known.buildScripts.has(path),
    isSettings,
    isTestFile,
  };
}
