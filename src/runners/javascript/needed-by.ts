import { realpath } from 'node:fs/promises';
import { posix } from 'node:path';
import { projectFiles } from '../project-files.ts';
import { importGraph } from './import-graph.ts';
import { type Package, readManifest, workspacePackages } from './packages.ts';

/** Folders of sources and of what is built from them. */
const ofSources = /^(?:src|source|lib|dist|build|out|esm|cjs)\//;

/**
 * The modules of a project that need this one, directly or not. Undefined where that cannot be known, and where the
 * module is one that its package publishes or starts: others may need it.
 */
export async function neededBy(given: string, path: string): Promise<readonly string[] | undefined> {
  const root = await realpath(given);
  const files = await projectFiles(root);
  const manifest = (await readManifest(root)) ?? {};
  const packages = [{ folder: '', manifest }, ...(await workspacePackages(root, manifest, files))];
  if (packages.some((each) => isEntry(path, each))) return undefined;
  const graph = await importGraph({ root, files, packages });
  const needing = graph?.dependants([path], { sure: false });
  const known = new Set(files);
  return needing && [...needing].filter((each) => each !== path && known.has(each));
}

/** The published file is mostly one that was built from it, in another folder. */
function isEntry(path: string, { folder, manifest }: Package): boolean {
  const inside = folder === '' ? path : posix.relative(folder, path);
  const stem = inside.replace(/\.[cm]?[jt]sx?$/, '');
  if (stem.startsWith('../')) return false;
  const { main = './index', module, bin, exports } = manifest;
  const named = JSON.stringify([main, module, bin, exports]).match(/[^"]+/g) ?? [];
  const stems = named.map((each) => each.replace(/^\.\//, '').replace(/(?:\.d)?\.[cm]?[jt]sx?$/, ''));
  const inFolder = stem.replace(ofSources, '');
  return stems.some((each) => each === stem || each.replace(ofSources, '') === inFolder);
}
