import { readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
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
  '**/{.rspec,.rspec-local,.mocharc*,.bats}',
  '**/{pytest,tox}.ini',
  '**/{jest,vitest,karma,playwright,cypress,wdio,ava}.config.*',
]);
const isBuild = compile([
  '**/{pom.xml,build.xml,composer.json,composer.lock,Gemfile,Gemfile.lock,Rakefile,Package.swift,CMakeLists.txt}',
  '**/*.{gradle,gradle.kts,csproj,fsproj,sln,gemspec,cabal}',
  '**/{gradle,.mvn}/**',
  '**/{gradlew,mvnw,justfile,Justfile,Taskfile.y*ml,mix.exs,stack.yaml,rebar.config,meson.build,WORKSPACE,BUILD.bazel,MODULE.bazel,.bazelrc}',
]);

export const shellRules = {
  isTestFile: isTest,
  /** By its name or its folder. */
  looksLikeTests: (path: string): boolean => isTest(path) || isOfTests(path),
  isSettings,
  /** Not what the command itself is made of: scripts that a person names are found in the line. */
  isProtected: (path: string): boolean => isTest(path) || isOfTests(path) || isSettings(path) || isBuild(path),
};

/**
 * Files of the project that the line names, as scripts that it runs, and scripts of the shell that these name: who changes
 * them changes what a test is.
 *
 * @param root the person's own tree.
 */
export function namedIn(line: string, root: string): (path: string) => boolean {
  const byLine = namesOf(line);
  const isNamed = fits(byLine);
  return (path) => isNamed(path) || (isScript.test(path) && fits(namesInScripts(byLine, root))(path));
}

const isScript = /\.(?:sh|bash|zsh|ksh)$/;
const mostScripts = 50;
const largestScriptBytes = 1024 * 1024;

function namesOf(text: string): readonly string[] {
  return [...text.matchAll(/[^\s"'`;|&<>()={}]+/g)].map(([word]) => word.replace(/^\.\//, ''));
}

/** The text may change the folder before it names the file. */
function fits(names: readonly string[]): (path: string) => boolean {
  return (path) => names.some((name) => name === path || (name.includes('.') && path.endsWith(`/${name}`)));
}

/** Looked up when it is asked, since scripts change. What is put together from variables counts by its last part. */
function namesInScripts(byLine: readonly string[], root: string): readonly string[] {
  const found = new Set(byLine);
  const folders = new Set<string>();
  let read = 0;
  for (const name of found) {
    const places = isScript.test(name) ? ['', ...folders].map((folder) => posix.join(folder, name)) : [name];
    const path = places.find((each) => isFile(join(root, each)));
    if (path === undefined || (!isScript.test(path) && !byLine.includes(name)) || ++read > mostScripts) continue;
    const text = readFileSync(join(root, path), 'utf8');
    if (!isScript.test(path) && !/^#!.*\b(?:ba|z|k|da)?sh\b/.test(text)) continue;
    folders.add(posix.dirname(path));
    for (const each of namesOf(text)) {
      const plain = each.replace(/^(?:(?:\$\w*|\.{0,2})\/)+/, '');
      if (isScript.test(plain)) found.add(plain);
    }
  }
  return [...found];
}

function isFile(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true && found.size <= largestScriptBytes;
}
