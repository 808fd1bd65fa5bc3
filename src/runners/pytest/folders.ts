import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import picomatch from 'picomatch';
import { defaultPatterns, readSettings, settingsNames } from './settings.ts';

/** The newest settings files are looked for as well: which version is installed is not known yet. */
const anyMajor = Number.POSITIVE_INFINITY;
const mostRead = 200;
const manifest = /^(?:pyproject\.toml|setup\.py|setup\.cfg|Pipfile|tox\.ini|requirements[\w.-]*\.(?:txt|in))$/;
const isTestByName = picomatch(defaultPatterns, { basename: true });

/**
 * Folders that pytest is run in: those with settings of its own, and where there are tests without settings the nearest
 * one that says what its packages are. What is inside of such a folder belongs to it, unless its `testpaths` leave it out.
 */
export async function pytestFolders(root: string, files: readonly string[]): Promise<readonly string[]> {
  const configured = await configuredFolders(root, files);
  const found: { folder: string; testPaths: readonly string[] }[] = [];
  const covers = (path: string) =>
    found.some(({ folder, testPaths }) => {
      const inner = within(path, folder);
      return inner !== undefined && (testPaths.length === 0 || testPaths.some((each) => isBelow(inner, each)));
    });
  for (const each of configured) if (!covers(each.folder)) found.push(each);
  const manifests = new Set(files.filter((path) => manifest.test(posix.basename(path))).map(folderOf));
  const stray = files.filter((path) => isTestByName(path) && !found.some(({ folder }) => isBelow(path, folder)));
  for (const path of (await holdTests(root, stray.slice(0, mostRead))).sort()) {
    if (covers(path)) continue;
    const folder = ancestors(path).find((each) => manifests.has(each)) ?? '';
    if (!found.some((each) => each.folder === folder)) found.push({ folder, testPaths: [] });
  }
  if (found.length > 0) return found.map(({ folder }) => folder).sort();
  return (await namingFolders(root, files)).slice(0, 1);
}

async function configuredFolders(root: string, files: readonly string[]) {
  const folders = new Set(files.filter((path) => settingsNames.includes(posix.basename(path))).map(folderOf));
  const all = await Promise.all(
    [...folders].map(async (folder) => ({ folder, ...(await readSettings(join(root, folder), anyMajor)) })),
  );
  const depth = (folder: string) => (folder === '' ? 0 : folder.split('/').length);
  return all.filter(({ file }) => file !== undefined).sort((a, b) => depth(a.folder) - depth(b.folder));
}

/** A file may be named like a test and be something else: a script that tests a machine, a template. */
async function holdTests(root: string, paths: readonly string[]): Promise<string[]> {
  const texts = await Promise.all(paths.map((path) => readFile(join(root, path), 'utf8').catch(() => '')));
  return paths.filter((_, at) =>
    /^\s*(?:async\s+)?def test|^\s*(?:import|from) (?:unittest|pytest)\b/m.test(texts[at] ?? ''),
  );
}

/** Folders whose packages or set-up files name pytest, where no test was found by its name. */
async function namingFolders(root: string, files: readonly string[]): Promise<readonly string[]> {
  const named = files.filter((path) => manifest.test(posix.basename(path)) || posix.basename(path) === 'conftest.py');
  const texts = await Promise.all(
    named.slice(0, mostRead).map((path) => readFile(join(root, path), 'utf8').catch(() => '')),
  );
  return named.filter((path, at) => path.endsWith('conftest.py') || /\bpytest\b/.test(texts[at] ?? '')).map(folderOf);
}

function folderOf(path: string): string {
  const folder = posix.dirname(path);
  return folder === '.' ? '' : folder;
}

/** The folders that a path lies in, nearest first, without the root. */
function ancestors(path: string): readonly string[] {
  const steps = path.split('/').slice(0, -1);
  return steps.map((_, at) => steps.slice(0, steps.length - at).join('/'));
}

/** A path as seen from a folder; undefined when it lies elsewhere. */
export function within(path: string, folder: string): string | undefined {
  if (folder === '') return path;
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : undefined;
}

export function isBelow(path: string, folder: string): boolean {
  const plain = folder.replace(/^\.\//, '').replace(/\/+$/, '');
  return plain === '' || plain === '.' || path === plain || path.startsWith(`${plain}/`);
}
