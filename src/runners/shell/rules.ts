import { readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import picomatch from 'picomatch';
import { buildFiles } from './build-files.ts';

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
  '**/{gradlew,mvnw,justfile,Justfile,.justfile,*.just,{T,t}askfile.y*ml,{T,t}askfile.dist.y*ml,mix.exs,stack.yaml,rebar.config,meson.build,WORKSPACE,BUILD.bazel,MODULE.bazel,.bazelrc}',
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
 * Files of the project that the line names, as scripts that it runs, scripts of the shell that these name, and what a
 * command runner (make, just, task) reads that is started by one of them: who changes them changes what a test is.
 *
 * @param root the person's own tree.
 */
export function namedIn(line: string, root: string): (path: string) => boolean {
  const byLine = namesOf(line);
  const isNamed = fits(byLine);
  return (path) => {
    if (isNamed(path)) return true;
    const inScripts = readScripts(byLine, root);
    const built = buildFiles([line, ...inScripts.texts], root);
    if (built.includes(path)) return true;
    if (!isScript.test(path)) return false;
    const byBuild = built.texts.flatMap(namesOf).map(withoutStart);
    return fits([
      ...inScripts.names,
      ...readScripts(
        byBuild.filter((name) => isScript.test(name)),
        root,
      ).names,
    ])(path);
  };
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
function readScripts(
  byLine: readonly string[],
  root: string,
): { readonly names: readonly string[]; readonly texts: readonly string[] } {
  const found = new Set(byLine);
  const folders = new Set<string>();
  const texts: string[] = [];
  for (const name of found) {
    const places = isScript.test(name) ? ['', ...folders].map((folder) => posix.join(folder, name)) : [name];
    const path = places.find((each) => isFile(join(root, each)));
    if (path === undefined || (!isScript.test(path) && !byLine.includes(name)) || texts.length >= mostScripts) continue;
    const text = readFileSync(join(root, path), 'utf8');
    if (!isScript.test(path) && !/^#!.*\b(?:ba|z|k|da)?sh\b/.test(text)) continue;
    texts.push(text);
    folders.add(posix.dirname(path));
    for (const each of namesOf(text).map(withoutStart)) if (isScript.test(each)) found.add(each);
  }
  return { names: [...found], texts };
}

function withoutStart(path: string): string {
  return path.replace(/^(?:(?:\$\w*|\.{0,2})\/)+/, '');
}

function isFile(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true && found.size <= largestScriptBytes;
}
