import { lstatSync } from 'node:fs';
import { lstat, readFile, readlink } from 'node:fs/promises';
import { codeOf } from '../errors.ts';
import type { NamedChange } from './import-stream.ts';
import { blobId, parseEntries, type TreeEntry } from './objects.ts';
import { ancestorsOf, type BytePath, below, toBytePath, toText } from './paths.ts';
import { inspect } from './private-index.ts';
import type { Project } from './project.ts';
import type { Shadow } from './shadow.ts';

const limits = {
  /** What is below named folders counts, too. */
  files: 1_000,
  bytes: 32 * 1024 * 1024,
};

/**
 * How the disk differs from a tree at and below some paths. Asks git for as little as can be, and never for all files:
 * what this costs does not depend on how many there are.
 *
 * @returns undefined where a look at the whole tree is the better way.
 */
export async function changesAt(
  project: Project,
  shadow: Shadow,
  tree: string,
  named: readonly string[],
): Promise<NamedChange[] | undefined> {
  const scope = new Set(named.map((path) => firstNoFolder(project.root, toBytePath(path))));
  const before = new Map((await entriesAt(shadow, tree, scope, ['-r'])).map((entry) => [entry.path, entry]));
  // What was a file may be a folder now.
  const unknown = [...scope].filter((path) => !before.has(path) || isFolder(project.root, path));
  const { files } = unknown.length === 0 ? { files: [] } : await project.list(unknown.map(toText));
  const present = new Set([...files, ...[...scope].filter((path) => before.has(path))]);
  if (present.size > limits.files || before.size > limits.files) return undefined;
  const changes: NamedChange[] = [];
  const kept = new Set<BytePath>();
  let bytes = 0;
  for await (const [path, presence] of inspect(project.root, present)) {
    if (presence === 'too large') return undefined;
    // The last content of what cannot be read stays.
    if (presence === 'unreadable') kept.add(path);
    if (presence !== 'present') continue;
    const now = await read(below(project.root, path), limits.bytes - bytes);
    if (now === 'too much') return undefined;
    if (now === undefined) continue;
    bytes += now.bytes.length;
    kept.add(path);
    const entry = before.get(path);
    if (entry?.mode !== now.mode || entry.id !== blobId(now.bytes))
      changes.push({ path, isKnown: entry !== undefined, now });
  }
  const gone = [...before.keys(), ...(await filesAbove(shadow, tree, unknown))].filter((path) => !kept.has(path));
  return [...gone.map((path) => ({ path, isKnown: true, now: undefined })), ...changes];
}

/** The path itself, or what is in the place of a folder above it. */
function firstNoFolder(root: string, path: BytePath): BytePath {
  for (const folder of ancestorsOf(path).reverse()) {
    if (!isFolder(root, folder)) return folder;
  }
  return path;
}

function isFolder(root: string, path: BytePath): boolean {
  try {
    return lstatSync(below(root, path), { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    // In a folder that cannot be entered.
    return false;
  }
}

/** What the tree holds as a file where folders are now. */
async function filesAbove(shadow: Shadow, tree: string, paths: readonly BytePath[]): Promise<BytePath[]> {
  const folders = new Set(paths.flatMap(ancestorsOf));
  // Asked for `a` and `a/b`, git names what else is in `a`, too.
  const found = (await entriesAt(shadow, tree, folders, [])).filter(({ path }) => folders.has(path));
  return found.filter(({ mode }) => mode !== '040000').map(({ path }) => path);
}

async function entriesAt(
  shadow: Shadow,
  tree: string,
  paths: ReadonlySet<BytePath>,
  options: readonly string[],
): Promise<TreeEntry[]> {
  if (paths.size === 0) return [];
  const args = ['--literal-pathspecs', 'ls-tree', ...options, '-z', '--full-tree', tree, '--'];
  return parseEntries((await shadow.run({}, [...args, ...[...paths].map(toText)])).stdout);
}

async function read(file: Buffer, mostBytes: number): Promise<NamedChange['now'] | 'too much'> {
  try {
    const stats = await lstat(file);
    if (stats.isSymbolicLink()) return { mode: '120000', bytes: await readlink(file, 'buffer') };
    if (!stats.isFile()) return undefined;
    if (stats.size > mostBytes) return 'too much';
    return { mode: stats.mode & 0o100 ? '100755' : '100644', bytes: await readFile(file) };
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    return 'too much';
  }
}
