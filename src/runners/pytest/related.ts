import { posix } from 'node:path';
import { mattersTo } from '../foreign.ts';
import type { ImportGraph } from './imports.ts';

/**
 * Test files that depend on changed files. Python files are followed by their imports; of anything else nobody knows who
 * reads it: `everything` says so.
 *
 * @param tests the test files of the project.
 */
export function relatedTests(
  changed: readonly string[],
  tests: readonly string[],
  graph: ImportGraph | undefined,
): ReadonlySet<string> | 'everything' {
  const isTest = new Set(tests);
  const others = changed.filter((path) => !isTest.has(path) && mattersTo('python', path) && !path.endsWith('.pyi'));
  if (others.some((path) => !path.endsWith('.py'))) return 'everything';
  if (graph === undefined)
    return others.length > 0 ? 'everything' : new Set(changed.filter((path) => isTest.has(path)));
  const modules = changed.filter((path) => path.endsWith('.py'));
  if (modules.some((path) => graph.always.includes(path))) return 'everything';
  const reached = reach(reversed(graph, tests), modules.length === 0 ? [] : [...modules, ...graph.open]);
  return new Set(tests.filter((path) => reached.has(path) || changed.includes(path)));
}

/**
 * The project's files that a test file depends on, itself left out. Undefined where it, or what it imports, loads modules by
 * names that only running it would tell.
 */
export function dependencies(test: string, graph: ImportGraph): readonly string[] | undefined {
  const around = surroundings(test, new Set(graph.files));
  const reached = reach(graph.edges, [test, ...around, ...graph.always]);
  for (const path of reached) if (graph.open.has(path)) return undefined;
  reached.delete(test);
  return [...reached].sort();
}

/** What pytest loads for a test file without being asked: set-up files and packages of the folders above it. */
function surroundings(test: string, files: ReadonlySet<string>): readonly string[] {
  const found: string[] = [];
  for (let folder = posix.dirname(test); ; folder = posix.dirname(folder)) {
    for (const name of ['conftest.py', '__init__.py']) {
      const path = folder === '.' ? name : `${folder}/${name}`;
      if (files.has(path)) found.push(path);
    }
    if (folder === '.' || folder === '/') return found;
  }
}

function reversed(graph: ImportGraph, tests: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const back = new Map<string, string[]>();
  const add = (from: string, to: string): void => {
    const known = back.get(to);
    if (known === undefined) back.set(to, [from]);
    else known.push(from);
  };
  const files = new Set(graph.files);
  for (const [from, targets] of graph.edges) for (const to of targets) add(from, to);
  for (const test of tests) for (const to of [...surroundings(test, files), ...graph.always]) add(test, to);
  return back;
}

function reach(edges: ReadonlyMap<string, readonly string[]>, from: readonly string[]): Set<string> {
  const seen = new Set(from);
  for (const path of seen) for (const next of edges.get(path) ?? []) seen.add(next);
  return seen;
}
