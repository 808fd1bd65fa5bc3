import { posix } from 'node:path';
import { projectFiles } from '../project-files.ts';
import type { TestScope } from '../types.ts';
import { type ImportGraph, importGraph, isModule } from './import-graph.ts';
import type { Package } from './packages.ts';
import { compile, type PathRules } from './path-rules.ts';

/** What decides how everything is compiled and resolved. */
const decidesAll = compile(['**/{package.json,tsconfig*.json,jsconfig.json,.swcrc,.babelrc*,babel.config.*,.env*}']);
/** Other languages, and what people read: nothing that JavaScript would load. */
const isForeign =
  /\.(?:pyi?|go|rs|rb|java|kts?|scala|php|cs|cc?|cpp|h|hpp|swift|ex|exs|lua|md|mdx|markdown|rst|adoc|png|jpe?g|gif|webp|ico|pdf|woff2?|mp[34])$|(?:^|\/)(?:LICENSE|CHANGELOG|AUTHORS|NOTICE|\.gitignore|\.gitattributes|\.editorconfig|\.prettierrc|\.prettierignore|\.eslintrc)[^/]*$/;
const isInTests = /(?:^|\/)(?:tests?|__tests__|__mocks__|__fixtures__|fixtures)\//;

/** Whether a change of this file can matter to tests in JavaScript. */
export function concernsJavascript(path: string): boolean {
  return !isForeign.test(path) || (isInTests.test(path) && !/\.(?:pyi?|go|rs|rb|java|php)$/.test(path));
}

/** What is to be known of a project before its tests are chosen. */
export interface Reading {
  readonly files: readonly string[];
  readonly graph: ImportGraph | undefined;
}

export async function readProject(root: string, packages: readonly Package[]): Promise<Reading> {
  const files = await projectFiles(root);
  return { files, graph: await importGraph({ root, files, packages }) };
}

export interface RelatedInput {
  readonly changed: readonly string[];
  readonly rules: PathRules;
  /** Files that all tests load: what they need, all tests need. */
  readonly support: readonly string[];
  /** Whether modules that load others by computed names count as depending on everything. */
  readonly sure: boolean;
}

/** The changed files with all that depend on them; undefined where every test may. */
export function relatedTo({ files, graph }: Reading, input: RelatedInput): ReadonlySet<string> | undefined {
  const { rules, support, sure } = input;
  const changed = input.changed.filter(concernsJavascript);
  if (graph === undefined || changed.some((path) => decidesAll(path) || rules.isSettings(path))) return undefined;
  const shared = new Set(support.flatMap((path) => [path, ...graph.dependencies(path)]));
  if (changed.some((path) => shared.has(path))) return undefined;
  // A snapshot belongs to the test whose name it carries.
  const tested = changed.map((path) =>
    path.replace(/(?:^|(?<=\/))__snapshots__\/(.+)\.snap$/, '$1').replace(/\.snapshot$/, ''),
  );
  const dependants = graph.dependants(tested, { sure });
  return dependants === undefined ? undefined : new Set([...dependants, ...namedAlike(changed, files)]);
}

/** `sum.js` is tested by `sum.test.js`, `sum_test.js`, `test-sum.js`, wherever these are. */
function namedAlike(changed: readonly string[], files: readonly string[]): string[] {
  const stems = changed
    .filter(isModule)
    .map((path) => posix.basename(path).replace(/\..*$/, ''))
    .filter((stem) => stem !== 'index' && stem !== 'main');
  if (stems.length === 0) return [];
  const wanted = new Set(stems);
  return files.filter((path) => {
    const [, before, after] =
      /^(?:test[-_.](.+?)|(.+?)[-_.](?:test|spec))\.[cm]?[jt]sx?$/.exec(posix.basename(path)) ?? [];
    return wanted.has(before ?? after ?? '');
  });
}

/** Which of these test files a scope means. */
export function chosen(
  tests: readonly string[],
  scope: TestScope,
  related: (changed: readonly string[]) => ReadonlySet<string> | undefined,
): readonly string[] {
  if (scope.kind === 'all') return tests;
  const wanted = scope.kind === 'files' ? new Set(scope.files) : related(scope.files);
  return wanted === undefined ? tests : tests.filter((path) => wanted.has(path));
}

/** For each test file the project's files that it needs. */
export function importsBy({ graph }: Reading): (files: readonly string[]) => Record<string, readonly string[]> {
  return (files) =>
    graph === undefined ? {} : Object.fromEntries(files.map((path) => [path, graph.dependencies(path)] as const));
}
