import picomatch from 'picomatch';

type Matches = (path: string) => boolean;
const compile = (patterns: readonly string[]): Matches => picomatch([...patterns], { dot: true });

/** Nobody tells what the tests of a command are: what is usual in any language. */
const isTest = compile([
  '**/*.{test,spec}.*',
  '**/*{_test,_spec,_tests}.*',
  '**/test_*.*',
  '**/*{Test,Tests,TestCase,Spec,IT}.{java,kt,kts,groovy,scala,php,cs,fs,vb,swift,dart}',
  '**/*.{bats,t}',
]);
const isOfTests = compile([
  '**/{test,tests,spec,specs,__tests__,__test__,__mocks__,__snapshots__,__fixtures__,fixtures,testdata,snapshots,features}/**',
  '**/{conftest.py,spec_helper.rb,rails_helper.rb,test_helper.*}',
  '**/*.{snap,feature}',
]);
const isSettings = compile([
  '**/{phpunit,phpunit.dist,phpstan,psalm}.xml*',
  '**/phpunit.xml.dist',
  '**/{.rspec,.mocharc*,.bats}',
  '**/{pytest,tox}.ini',
  '**/{jest,vitest,karma,playwright,cypress,wdio,ava}.config.*',
]);
const isBuild = compile([
  '**/{pom.xml,build.xml,composer.json,composer.lock,Gemfile,Gemfile.lock,Rakefile,Package.swift,CMakeLists.txt}',
  '**/*.{gradle,gradle.kts,csproj,fsproj,sln,gemspec,cabal}',
  '**/{gradle,.mvn}/**',
  '**/{gradlew,mvnw,justfile,Justfile,Taskfile.y*ml,mix.exs,stack.yaml,rebar.config,meson.build,WORKSPACE,BUILD.bazel}',
]);

export const shellRules = {
  isTestFile: isTest,
  /** By its name or its folder. */
  looksLikeTests: (path: string): boolean => isTest(path) || isOfTests(path),
  isSettings,
  /** Not what the command itself is made of: scripts that a person names are found in the line. */
  isProtected: (path: string): boolean => isTest(path) || isOfTests(path) || isSettings(path) || isBuild(path),
};

/** Files of the project that the line names, as scripts that it runs: who changes them changes what a test is. */
export function namedIn(line: string): (path: string) => boolean {
  const words = new Set([...line.matchAll(/[^\s"'`;|&<>()=]+/g)].map(([word]) => word.replace(/^\.\//, '')));
  // The line may change the folder before it names the file.
  return (path) => words.has(path) || [...words].some((word) => word.includes('.') && path.endsWith(`/${word}`));
}
