import { existsSync } from 'node:fs';
import { cp, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { relativeTo } from './paths.ts';

/** A package that is larger stays a link. */
const most = { files: 3_000, bytes: 64 * 1024 * 1024 };

/** What runs the tests is taken from where it was found: of a second one in the lane they would know nothing. */
const runners = /^(?:@vitest\/.+|vitest|vite-node|@jest\/.+|(?:babel-)?jest(?:-.+)?|expect|mocha|tsx|ts-node)$/;

interface Installed {
  readonly folder: string;
  readonly name: string;
  readonly needs: readonly string[];
}

/**
 * Installed packages that need a package of the project itself, or one that does: a plugin of what the project makes. Reached by
 * a link they would load it from the person's tree, since Node looks from where a package really lies.
 *
 * @param tops the `node_modules` folders of the project that there are, absolute
 * @returns real paths
 */
export async function leaningPackages(root: string, tops: readonly string[]): Promise<ReadonlySet<string>> {
  const leaning = new Set<string>();
  const wanted = new Set(await ownNames(root, tops));
  if (wanted.size === 0) return leaning;
  let rest = (await Promise.all(tops.map(installedIn))).flat().filter(({ name }) => !runners.test(name));
  for (let found = -1; found < leaning.size; ) {
    found = leaning.size;
    const next: Installed[] = [];
    for (const each of rest) {
      const isLeaning = await anyOf(
        each.needs.filter((name) => wanted.has(name)),
        async (name) => {
          const target = await resolved(root, each.folder, name);
          return target !== undefined && (isOwn(root, target) || leaning.has(target));
        },
      );
      if (!isLeaning) next.push(each);
      else leaning.add(each.folder);
      if (isLeaning) wanted.add(each.name);
    }
    rest = next;
  }
  return leaning;
}

/** Copies a package without caches. Gives whether it was small enough. */
export async function copyPackage(source: string, target: string): Promise<boolean> {
  const isCache = (path: string) => /\/node_modules\/\.(?!bin(?:\/|$))/.test(path.slice(source.length));
  let [files, bytes] = [0, 0];
  for (const entry of await readdir(source, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    files += 1;
    bytes += (await stat(join(entry.parentPath, entry.name))).size;
    if (files > most.files || bytes > most.bytes) return false;
  }
  await cp(source, target, { recursive: true, verbatimSymlinks: true, filter: (path) => !isCache(path) });
  return true;
}

function isOwn(root: string, path: string): boolean {
  const inside = relativeTo(root, path);
  return inside !== undefined && inside !== '' && !`/${inside}/`.includes('/node_modules/');
}

/** Names by which packages of the project are linked into these folders. */
async function ownNames(root: string, tops: readonly string[]): Promise<readonly string[]> {
  const names: string[] = [];
  for (const top of tops) {
    for (const name of await entriesOf(top, (entry) => entry.isSymbolicLink())) {
      const target = await realpath(join(top, name)).catch(() => undefined);
      if (target !== undefined && isOwn(root, target)) names.push(name);
    }
  }
  return names;
}

/** Packages that really lie in a `node_modules`, in those within them, and in the store of pnpm. */
async function installedIn(top: string): Promise<readonly Installed[]> {
  const names = await entriesOf(top, (entry) => entry.isDirectory());
  const stored = await readdir(join(top, '.pnpm')).catch(() => []);
  const inner = [
    ...names.map((name) => join(top, name, 'node_modules')),
    ...stored.map((name) => join(top, '.pnpm', name, 'node_modules')),
  ];
  const found = await Promise.all([
    ...names.map(async (name) => [await readInstalled(top, name)]),
    ...inner.filter((folder) => existsSync(folder)).map(installedIn),
  ]);
  return found.flat();
}

async function readInstalled(top: string, name: string): Promise<Installed> {
  const folder = join(top, name);
  const none = { folder, name, needs: [] };
  try {
    const { dependencies, peerDependencies, optionalDependencies } = JSON.parse(
      await readFile(join(folder, 'package.json'), 'utf8'),
    ) as Record<string, object | undefined>;
    return { ...none, needs: Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies }) };
  } catch {
    return none;
  }
}

/** Names of packages in a folder, with those in scopes. */
async function entriesOf(
  top: string,
  fits: (entry: { isDirectory(): boolean; isSymbolicLink(): boolean }) => boolean,
): Promise<readonly string[]> {
  const entries = await readdir(top, { withFileTypes: true }).catch(() => []);
  const found = entries.filter((entry) => fits(entry) && !/^[.@]/.test(entry.name)).map(({ name }) => name);
  for (const { name } of entries.filter((entry) => entry.name.startsWith('@') && entry.isDirectory())) {
    const scoped = await readdir(join(top, name), { withFileTypes: true }).catch(() => []);
    found.push(...scoped.filter(fits).map((entry) => `${name}/${entry.name}`));
  }
  return found;
}

/** What a package gets by a name, as Node looks for it; undefined where that is not in the project. */
async function resolved(root: string, folder: string, name: string): Promise<string | undefined> {
  for (let at = folder; relativeTo(root, at) !== undefined; at = dirname(at)) {
    const path = join(at, 'node_modules', name);
    if (basename(at) !== 'node_modules' && existsSync(path)) return realpath(path);
  }
  return undefined;
}

async function anyOf<T>(all: readonly T[], is: (one: T) => Promise<boolean>): Promise<boolean> {
  for (const one of all) if (await is(one)) return true;
  return false;
}
