import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { MissingLink } from '../domain/baseline.ts';
import type { TestReport, TestResult } from '../domain/tests.ts';

/**
 * How Node, Vite, vitest, Python and Go name what they cannot find. The first group is the path, the second who imports it. Names of
 * packages are no paths: `Cannot find package` is not among them.
 */
const complaints: readonly RegExp[] = [
  /Cannot find module ['"]([^'"\n]+)['"](?: imported from ['"]?([^'"\s]+))?/g,
  /Failed to resolve import ['"]([^'"\n]+)['"] from ['"]([^'"\n]+)['"]/g,
  /Failed to load url (\S+) \(resolved id: [^)\n]*\)(?: in (\S+?)\.? )?/g,
  /ENOENT: no such file or directory, \w+ ['"]([^'"\n]+)['"]()/g,
  /No such file or directory: ['"]([^'"\n]+)['"]()/g,
  /No module named ['"]([^'"\n]+)['"]()/g,
  /\bopen ([^\s:]+): no such file or directory()/g,
];
/** What an import may be completed to. */
const endings = [
  '',
  '.js',
  '.ts',
  '.mjs',
  '.cjs',
  '.json',
  '.tsx',
  '.jsx',
  '/index.js',
  '/index.ts',
  '.py',
  '/__init__.py',
];

/**
 * Ignored paths of the project that red tests ask for by name, and that exist there. A guess that is wrong would send
 * people after a setting that does not help: what is not plainly so is left out.
 *
 * @param root the project's root
 * @param ignored as `Workspace.ignored` gives it
 */
export function missingLinks(report: TestReport, ignored: readonly string[], root: string): readonly MissingLink[] {
  const linkable = ignored
    .map((path) => path.replace(/\/$/, ''))
    .filter((path) => path !== '.git' && !/(^|\/)node_modules(\/|$)/.test(path));
  const files = new Map<string, Set<string>>();
  for (const test of report.tests) {
    if (test.status !== 'failed' || test.file === '') continue;
    for (const path of pathsIn(test)) {
      const link = linkable.find((each) => path === each || path.startsWith(`${each}/`));
      if (link === undefined || !endings.some((ending) => existsSync(join(root, `${path}${ending}`)))) continue;
      files.set(link, (files.get(link) ?? new Set()).add(test.file));
    }
  }
  return [...files].map(([path, needing]) => ({ path, files: [...needing].sort() }));
}

/** What the message asks for, relative to the root: as seen from the importer, from the test, from the root. */
function pathsIn({ message = '', file }: TestResult): readonly string[] {
  return complaints.flatMap((complaint) =>
    [...message.matchAll(complaint)].flatMap(([whole, named = '', importer]) => {
      const isModule = whole.startsWith('No module');
      const path = isModule ? named.replaceAll('.', '/') : named.replace(/[?#].*$/, '');
      // The lane's own path is cut off in messages: what is absolute still, is elsewhere on the machine.
      if (path.startsWith('/')) return [];
      const isRelative = path.startsWith('./') || path.startsWith('../');
      const from = isRelative ? [importer || file, file].map(posix.dirname) : [];
      return [...from, '.', ...(isModule ? ['src'] : [])]
        .map((folder) => posix.normalize(posix.join(folder, path)))
        .filter((each) => !each.startsWith('../') && each !== '.');
    }),
  );
}
