import { isOwn, relativePath } from '../report/paths.ts';
import type { RawReport } from './raw-report.ts';

/**
 * For each test file the project's files that it imports, directly or not, with the setup files of its project.
 * A file that vitest's module graph does not know (loaded by Node itself, or never reached) has no entry.
 */
export function importsOf(report: RawReport, root: string): Record<string, readonly string[]> {
  const imports: Record<string, readonly string[]> = {};
  const setupOf = new Map(report.projects.map((project) => [project.name, project.setupFiles]));
  for (const { file, project } of report.modules) {
    if (report.edges[file] === undefined) continue;
    const reached = reach(report.edges, [file, ...(setupOf.get(project) ?? [])]);
    reached.delete(file);
    const key = relativePath(root, file);
    const own = [...reached].map((path) => relativePath(root, path.replace(/\?.*$/, ''))).filter(isOwn);
    imports[key] = [...new Set([...(imports[key] ?? []), ...own])].sort();
  }
  return imports;
}

function reach(edges: RawReport['edges'], roots: readonly string[]): Set<string> {
  const seen = new Set(roots);
  for (const path of seen) for (const next of edges[path] ?? []) seen.add(next);
  return seen;
}
