import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isInFolder } from '../report/paths.ts';
import type { Finding, Search } from '../types.ts';
import { type PackageTree, readManifest, workspacePackages } from './packages.ts';
import { orPlugAndPlay } from './plug-and-play.ts';

const mostTrees = 50;

/**
 * Projects of their own in the same repository: outermost packages that no workspace of the root names and that have
 * packages installed. Without that a `package.json` may be a sample or a template. Nested repositories are not ours.
 *
 * @param files of the project, as `projectFiles` gives them.
 */
export async function packagesApart(
  root: string,
  files: readonly string[],
  { inside }: PackageTree,
): Promise<readonly PackageTree[]> {
  const taken = inside.map(({ folder }) => folder);
  const folders: string[] = [];
  // From the top, so that what lies inside of one is found after it.
  for (const file of files) {
    if (!file.endsWith('/package.json') || folders.length >= mostTrees) continue;
    const folder = file.slice(0, -'/package.json'.length);
    if ([...taken, ...folders].some((each) => isInFolder(folder, each))) continue;
    if (!existsSync(join(root, folder, 'node_modules')) || isNested(root, folder)) continue;
    folders.push(folder);
  }
  return Promise.all(folders.map((folder) => readTree(root, folder)));
}

function isNested(root: string, folder: string): boolean {
  const steps = folder.split('/');
  return steps.some((_, at) => existsSync(join(root, ...steps.slice(0, at + 1), '.git')));
}

async function readTree(root: string, folder: string): Promise<PackageTree> {
  const manifest = (await readManifest(join(root, folder))) ?? {};
  const inside = await workspacePackages(join(root, folder), manifest);
  return {
    root: { folder, manifest },
    inside: inside.map((each) => ({ ...each, folder: `${folder}/${each.folder}` })),
  };
}

/**
 * Looks in the root's packages and in each tree apart from them. What `TEST_RUNNER` asks for is missed in the root only
 * where no other tree has it.
 */
export async function findInTrees(
  search: Search,
  find: (search: Search) => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  const trees = [search.packages, ...search.apart];
  const searchOf = (packages: PackageTree, isAsked: boolean): Search => ({
    ...search,
    isAsked,
    packages,
    apart: trees.filter((each) => each !== packages),
  });
  const findIn = async (packages: PackageTree, isAsked: boolean): Promise<readonly Finding[]> =>
    orPlugAndPlay(search.root, packages, await find(searchOf(packages, isAsked)));
  const apart = await Promise.all(search.apart.map((packages) => findIn(packages, false)));
  const found = apart.flat();
  const isFound = found.some(({ kind }) => kind === 'runner');
  return [...(await findIn(search.packages, search.isAsked && !isFound)), ...found];
}

/** The files that lie in the tree of this search and in none apart from it. */
export function filesInTree({ files, packages: { root }, apart }: Search): readonly string[] {
  const others = apart.map((each) => each.root.folder).filter((folder) => folder !== '' && folder !== root.folder);
  return files.filter((path) => isInFolder(path, root.folder) && !others.some((folder) => isInFolder(path, folder)));
}
