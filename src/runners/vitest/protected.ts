import picomatch from 'picomatch';
import { isOwn, relativePath } from '../report/paths.ts';
import type { RawReport } from './raw-report.ts';

/**
 * What a fix must not touch, besides what the project's own configuration names:
 * - test files by vitest's default pattern;
 * - folders of tests, of their data and of their doubles;
 * - snapshots;
 * - helpers of tests, and what is a setting (below).
 */
const PROTECTED_BY_DEFAULT = [
  '**/{test,tests,__tests__,__test__,__mocks__,__snapshots__,__fixtures__,fixtures,__file_snapshots__}/**',
  '**/*.snap',
  '**/{vitest,test,tests}{-,.,_}{utils,helpers}.*',
];
/** Settings of vitest and Vite, and set-up files, by their usual names. */
const SETTINGS_BY_DEFAULT = [
  '**/{vitest,vite}.{config,workspace,projects,setup,shared}*.*',
  '**/{vitest,test,tests}{-,.,_}{setup,teardown}.*',
  '**/{setup,global}{-,.,_,}{tests,test,vitest,Tests,Test,Vitest,setup,Setup}.*',
];
/** `include` and `exclude` of vitest 1 to 5 when the project does not set them. */
const DEFAULT_INCLUDE = ['**/*.{test,spec}.?(c|m)[jt]s?(x)'];
const DEFAULT_EXCLUDE = ['**/node_modules/**', '**/.git/**'];

type Matches = (path: string) => boolean;
const compile = (patterns: readonly string[]): Matches =>
  patterns.length === 0 ? () => false : picomatch([...patterns], { dot: true });

const isSettingsByDefault = compile(SETTINGS_BY_DEFAULT);
const isProtectedByDefault = compile([...PROTECTED_BY_DEFAULT, ...SETTINGS_BY_DEFAULT]);
const isTestByDefault = compile(DEFAULT_INCLUDE);
const isExcludedByDefault = compile(DEFAULT_EXCLUDE);

/** The answers about paths (relative to the root, with `/`) of one project. */
export interface PathRules {
  isTestFile(path: string): boolean;
  isSettings(path: string): boolean;
  isProtected(path: string): boolean;
}

/** Before the first run, only the defaults are known. */
export const defaultRules: PathRules = rules((path) => isTestByDefault(path) && !isExcludedByDefault(path), new Set());

/**
 * Rules from the configuration as vitest resolved it: its test patterns, set-up files, serializers, environments, and
 * the configuration files with everything that they import. Files with tests inside the source (`includeSource`) are
 * sources: they must stay mendable.
 */
export function resolvedRules(report: RawReport, root: string): PathRules {
  const projects = report.projects.map((project) => ({
    base: relativePath(root, project.base),
    includes: compile([...project.include, ...project.typecheckInclude]),
    excludes: compile(project.exclude),
  }));
  if (projects.length === 0) return defaultRules;
  const support = [...report.configFiles, ...report.projects.flatMap(({ supportFiles }) => supportFiles)];
  const named = new Set(support.map((path) => relativePath(root, path)).filter(isOwn));
  const isTestFile = (path: string) =>
    projects.some(({ base, includes, excludes }) => {
      const inner = base === '' ? path : path.startsWith(`${base}/`) ? path.slice(base.length + 1) : undefined;
      return inner !== undefined && includes(inner) && !excludes(inner);
    });
  return rules(isTestFile, named);
}

function rules(isTestFile: Matches, named: ReadonlySet<string>): PathRules {
  return {
    isTestFile,
    isSettings: (path) => !isTestFile(path) && (named.has(path) || isSettingsByDefault(path)),
    // The default names stay protected under any configuration: tests of another runner are tests too.
    isProtected: (path) => isTestFile(path) || isTestByDefault(path) || named.has(path) || isProtectedByDefault(path),
  };
}
