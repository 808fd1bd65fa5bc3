import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { isInFolder } from '../report/paths.ts';

/** A folder with a `go.mod`. */
export interface GoModule {
  /** Relative to the root with `/`; empty is the root. */
  readonly folder: string;
  /** What its packages' names begin with. */
  readonly path: string;
  /** A `go.work` above it names other modules and not this one: then Go takes it only alone. */
  readonly isAlone: boolean;
}

/** The modules of a project, as their files name them. Those in test data are data. */
export async function goModules(root: string, files: readonly string[]): Promise<readonly GoModule[]> {
  const workspaces = await Promise.all(
    files.filter((file) => posix.basename(file) === 'go.work').map((file) => readWorkspace(root, folderOf(file))),
  );
  const folders = files
    .filter((file) => posix.basename(file) === 'go.mod' && !/(?:^|\/)(?:testdata|_[^/]*)\//.test(file))
    .map(folderOf)
    .sort();
  return Promise.all(
    folders.map(async (folder) => {
      const text = await readFile(join(root, folder, 'go.mod'), 'utf8').catch(() => '');
      const path = /^module\s+"?([^\s"]+)/m.exec(text)?.[1] ?? '';
      const [nearest] = workspaces.filter(({ at }) => isInFolder(folder, at)).sort((a, b) => b.at.length - a.at.length);
      return { folder, path, isAlone: nearest !== undefined && !nearest.uses.includes(folder) };
    }),
  );
}

/** The modules that a `go.work` uses, relative to the root. */
async function readWorkspace(root: string, at: string): Promise<{ at: string; uses: readonly string[] }> {
  const text = (await readFile(join(root, at, 'go.work'), 'utf8').catch(() => '')).replaceAll(/\/\/.*$/gm, '');
  const lists = [...text.matchAll(/^use\s*(?:\(([^)]*)\)|(\S+))/gm)];
  const names = lists.flatMap(([, list, one]) => (list ?? one ?? '').split(/\s+/).filter(Boolean));
  const uses = names.map((name) => posix.join(at, name.replaceAll('"', '')).replace(/\/$/, ''));
  return { at, uses: uses.map((path) => (path === '.' ? '' : path)) };
}

/** The nearest module around a file. */
export function moduleOf(modules: readonly GoModule[], file: string): GoModule | undefined {
  const around = modules.filter(({ folder }) => isInFolder(file, folder));
  return around.sort((a, b) => b.folder.length - a.folder.length)[0];
}

export function folderOf(file: string): string {
  const folder = posix.dirname(file);
  return folder === '.' ? '' : folder;
}

/** What a folder's package is imported by. */
export function importPathOf(module: GoModule, folder: string): string {
  const inner = module.folder === '' ? folder : folder.slice(module.folder.length + 1);
  return inner === '' ? module.path : `${module.path}/${inner}`;
}
