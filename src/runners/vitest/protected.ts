import { doublesIn } from '../javascript/doubles.ts';
import { compile, type PathRules, pathRules } from '../javascript/path-rules.ts';
import { isOwn, relativePath } from '../report/paths.ts';
import type { RawReport } from './raw-report.ts';

/** Settings of vitest and Vite by their usual names. */
const isSettings = compile([
  '**/{vitest,vite}.{config,workspace,projects,setup,shared}*.*',
  // Those of one project among several, which a list of projects may find by a pattern.
  '**/{vitest,vite}.*.{config,workspace,projects}.*',
]);
/** `include` and `exclude` of vitest 1 to 5 when the project does not set them. */
const DEFAULT_INCLUDE = ['**/*.{test,spec}.?(c|m)[jt]s?(x)'];
const DEFAULT_EXCLUDE = ['**/node_modules/**', '**/.git/**'];

const isTestByDefault = compile(DEFAULT_INCLUDE);
const isExcludedByDefault = compile(DEFAULT_EXCLUDE);

/** Before the first run, only the defaults are known. */
export const defaultRules: PathRules = pathRules(
  (path) => isTestByDefault(path) && !isExcludedByDefault(path),
  isSettings,
);

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
  const isDouble = doublesIn(report.projects, root);
  return pathRules(isTestFile, isSettings, named, isDouble);
}
