import { posix } from 'node:path';
import picomatch from 'picomatch';
import { isBelow, within } from './folders.ts';
import { defaultPatterns, settingsNames } from './settings.ts';

/** What a fix must not touch, besides test files: folders of tests and their data, snapshots, what Python loads by itself. */
const protectedByDefault = [
  '**/{test,tests,testing,__snapshots__,fixtures}/**',
  '**/*.{ambr,pth}',
  '**/{test,tests}_{utils,helpers,fixtures}.py',
  '**/{sitecustomize,usercustomize}.py',
];
const settings = new Set([...settingsNames, 'conftest.py', '.coveragerc']);

const isProtectedByDefault = picomatch(protectedByDefault, { dot: true });

/** Where one pytest finds its tests. */
export interface Territory {
  readonly folder: string;
  readonly patterns: readonly string[];
  readonly testPaths: readonly string[];
  /** Folders of other projects inside of this one, relative to it. */
  readonly others: readonly string[];
}

/** Whether a path is a test file of this pytest by its own patterns. */
export function isTestOf({ folder, patterns, testPaths, others }: Territory, path: string): boolean {
  const inner = within(path, folder);
  if (inner === undefined || !matchesName(patterns, inner)) return false;
  if (others.some((other) => isBelow(inner, other))) return false;
  return testPaths.length === 0 || isInPaths(testPaths, inner);
}

/** As pytest does: a pattern with a slash is for the path, others are for the name. */
function matchesName(patterns: readonly string[], path: string): boolean {
  return patterns.some((pattern) => {
    const isPath = pattern.includes('/');
    const text = isPath ? path : posix.basename(path);
    return picomatch(isPath ? `**/${pattern}` : pattern, { dot: true })(text);
  });
}

function isInPaths(testPaths: readonly string[], path: string): boolean {
  const steps = path.split('/');
  const folders = steps.map((_, at) => steps.slice(0, at + 1).join('/'));
  return testPaths.some(
    (each) => isBelow(path, each) || (/[*?[]/.test(each) && folders.some((folder) => picomatch(each)(folder))),
  );
}

export function isSettingsName(path: string): boolean {
  return settings.has(posix.basename(path));
}

/** Under any configuration: tests by pytest's default names are tests, too. */
export function isProtectedName(path: string): boolean {
  return (
    isSettingsName(path) || isProtectedByDefault(path) || (path.endsWith('.py') && matchesName(defaultPatterns, path))
  );
}

/** The examples in a source file that doctest runs: from each `>>>` to the next blank line, with what they expect. */
export function doctestsIn(text: string): string | undefined {
  const found: string[] = [];
  let isInside = false;
  for (const line of text.split('\n')) {
    const plain = line.trim();
    isInside = plain.startsWith('>>>') || (isInside && plain !== '' && !/^(?:"""|''')/.test(plain));
    if (isInside) found.push(plain);
  }
  return found.length === 0 ? undefined : found.join('\n');
}
