import { posix } from 'node:path';
import { mattersTo } from '../foreign.ts';
import { folderOf, type GoModule, importPathOf, moduleOf } from './modules.ts';
import type { GoPackage } from './packages.ts';

const builtIntoPackage = /\.(?:s|S|c|cc|cpp|cxx|h|hh|hpp|hxx|m|f|syso|swig|swigcxx)$/;

/**
 * Packages with tests that depend on changed files: the package of a file and all that import it, directly or not. A file
 * of which nobody knows who reads it is the whole module's.
 */
export function relatedPackages(
  changed: readonly string[],
  packages: readonly GoPackage[],
  modules: readonly GoModule[],
): readonly GoPackage[] {
  const sources = new Set<string>();
  const tests = new Set<string>();
  for (const path of changed) {
    if (!mattersTo('go', path)) continue;
    const touched = touchedBy(path, packages, modules);
    if (touched === 'everything') return packages.filter(hasTests);
    for (const each of touched.sources) sources.add(each);
    for (const each of touched.tests) tests.add(each);
  }
  const importers = new Map<string, string[]>();
  for (const { importPath, imports } of packages) {
    for (const imported of imports) importers.set(imported, [...(importers.get(imported) ?? []), importPath]);
  }
  // A set grows while it is walked.
  for (const each of sources) for (const importer of importers.get(each) ?? []) sources.add(importer);
  return packages.filter(
    (each) =>
      hasTests(each) &&
      (sources.has(each.importPath) ||
        tests.has(each.importPath) ||
        each.testImports.some((imported) => sources.has(imported))),
  );
}

interface Touched {
  /** Import paths of packages whose own code may differ now; they need not exist any more. */
  readonly sources: readonly string[];
  /** Those of which only the tests may differ. */
  readonly tests: readonly string[];
}

function touchedBy(path: string, packages: readonly GoPackage[], modules: readonly GoModule[]): Touched | 'everything' {
  const module = moduleOf(modules, path);
  const name = posix.basename(path);
  if (module === undefined || name.startsWith('go.work')) return 'everything';
  const all = (): Touched => ({
    sources: packages.filter((each) => each.module === module).map(({ importPath }) => importPath),
    tests: [],
  });
  const inner = module.folder === '' ? path : path.slice(module.folder.length + 1);
  if (name === 'go.mod' || name === 'go.sum' || inner.startsWith('vendor/')) return all();
  const embedding = packages.filter(({ embedded }) => embedded.includes(path));
  const embeddingTests = packages.filter(({ embeddedByTests }) => embeddedByTests.includes(path));
  if (embedding.length + embeddingTests.length > 0)
    return { sources: pathsOf(embedding), tests: pathsOf(embeddingTests) };
  const data = /^(.*?)(?:^|\/)testdata\//.exec(path)?.[1];
  if (data !== undefined) return { sources: [importPathOf(module, data)], tests: [] };
  const own = importPathOf(module, folderOf(path));
  if (path.endsWith('_test.go')) return { sources: [], tests: [own] };
  if (path.endsWith('.go') || builtIntoPackage.test(path)) return { sources: [own], tests: [] };
  return all();
}

/** For each test file the project's files that its package is built from with all that it imports. */
export function importsOf(
  tested: readonly GoPackage[],
  packages: readonly GoPackage[],
): Record<string, readonly string[]> {
  const byPath = new Map(packages.map((each) => [each.importPath, each]));
  const imports: Record<string, readonly string[]> = {};
  for (const each of tested) {
    const reached = new Set([each.importPath, ...each.testImports]);
    for (const path of reached)
      for (const next of byPath.get(path)?.imports ?? []) if (byPath.has(next)) reached.add(next);
    const files = [...reached].flatMap((path) => {
      const found = byPath.get(path);
      return found === undefined ? [] : [...found.files, ...found.embedded];
    });
    const all = [...new Set([...files, ...each.testFiles, ...each.embeddedByTests])].sort();
    for (const file of each.testFiles) imports[file] = all.filter((other) => other !== file);
  }
  return imports;
}

function hasTests({ testFiles }: GoPackage): boolean {
  return testFiles.length > 0;
}

function pathsOf(packages: readonly GoPackage[]): readonly string[] {
  return packages.map(({ importPath }) => importPath);
}
