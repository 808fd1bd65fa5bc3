import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestScope } from '../types.ts';
import { isBelow } from './folders.ts';
import type { ImportGraph } from './imports.ts';
import type { FoundPython } from './python.ts';
import type { RawReport } from './raw-report.ts';
import { relatedTests } from './related.ts';
import { isTestOf, type Territory } from './rules.ts';
import type { PytestSettings } from './settings.ts';
import type { Results } from './to-report.ts';

/** More names than this are not given to a process: then all tests are run. */
const mostNamedFiles = 1_000;

/** A folder that pytest is run in. */
export interface PytestProject {
  /** Relative to the root; empty is the root. */
  readonly folder: string;
  readonly python: FoundPython;
  readonly version: string;
  readonly settings: PytestSettings;
  /** Folders of other projects inside of this one, relative to it. */
  readonly others: readonly string[];
}

/** A project with what its runs have taught. */
export interface Learned {
  readonly project: PytestProject;
  territory: Territory;
  /** Files that tests were reported from, whatever their names: texts with examples, sources with doctests. */
  reported: ReadonlySet<string>;
  /** Files that are tests by their names and are not run: settings leave them out. */
  ignored: ReadonlySet<string>;
}

export function unlearned(project: PytestProject): Learned {
  const { folder, settings, others } = project;
  const { patterns, testPaths } = settings;
  return { project, territory: { folder, patterns, testPaths, others }, reported: new Set(), ignored: new Set() };
}

/** pytest itself has resolved its settings. */
export function learn(learned: Learned, { begin }: RawReport): void {
  learned.territory = { ...learned.territory, patterns: begin.patterns, testPaths: begin.testpaths };
}

/** @param all the test files by their names, if all of them were to be run. */
export function remember(learned: Learned, { files }: Results, all: readonly string[] | undefined): void {
  learned.reported = new Set([...learned.reported, ...files]);
  const ran = new Set(files);
  if (all !== undefined) learned.ignored = new Set(all.filter((file) => !ran.has(file)));
}

/**
 * The test files of one project that are to be run, relative to the root; undefined: all of them.
 *
 * @param folders of all projects.
 */
export function chosen(
  { project, territory, reported, ignored }: Learned,
  scope: TestScope,
  {
    lane,
    folders,
    graph,
  }: { readonly lane: string; readonly folders: readonly string[]; readonly graph: ImportGraph | undefined },
): readonly string[] | undefined {
  if (scope.kind === 'all') return undefined;
  const isTest = (file: string): boolean => isTestOf(territory, file) || reported.has(file);
  const isThere = (file: string): boolean => existsSync(join(lane, file));
  const named = scope.files.filter((file) => isTest(file) && isThere(file));
  if (scope.kind === 'files') return limited(named);
  const candidates = new Set([...(graph?.files.filter(isTest) ?? []), ...reported, ...named]);
  const tests = [...candidates].filter((file) => !ignored.has(file) || named.includes(file));
  // A module may be imported from anywhere; anything else in the folder of another project is that project's own.
  const isMine = (file: string): boolean => {
    const [owner] = folders.filter((folder) => isBelow(file, folder)).sort((a, b) => b.length - a.length);
    return owner === undefined || owner === project.folder;
  };
  const changed = scope.files.filter((file) => file.endsWith('.py') || isMine(file));
  const related = relatedTests(changed, tests, graph);
  return related === 'everything' ? undefined : limited([...related].filter(isThere).sort());
}

function limited(files: readonly string[]): readonly string[] | undefined {
  return files.length > mostNamedFiles ? undefined : files;
}
