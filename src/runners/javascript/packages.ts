import { existsSync } from 'node:fs';
import { glob, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { projectFiles } from '../project-files.ts';

const names = z.record(z.string(), z.unknown()).optional().catch(undefined);
const manifestSchema = z.object({
  name: z.string().optional().catch(undefined),
  scripts: z.record(z.string(), z.string()).optional().catch(undefined),
  jest: z.unknown().optional(),
  mocha: z.unknown().optional(),
  main: z.unknown().optional(),
  module: z.unknown().optional(),
  bin: z.unknown().optional(),
  exports: z.unknown().optional(),
  dependencies: names,
  devDependencies: names,
  optionalDependencies: names,
  peerDependencies: names,
  workspaces: z
    .union([z.array(z.string()), z.object({ packages: z.array(z.string()) }).transform(({ packages }) => packages)])
    .optional()
    .catch(undefined),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** A package of the project; the root's folder is the empty string, others are relative with `/`. */
export interface Package {
  readonly folder: string;
  readonly manifest: Manifest;
}

/** A package with those of its workspaces. */
export interface PackageTree {
  readonly root: Package;
  readonly inside: readonly Package[];
}

/** Also those of trees apart: they may need each other by paths. */
export function allPackages({
  packages,
  apart,
}: {
  readonly packages: PackageTree;
  readonly apart: readonly PackageTree[];
}): readonly Package[] {
  const trees = new Set([packages, ...apart]);
  return [...trees].flatMap(({ root, inside }) => [root, ...inside]);
}

/** A `package.json`; undefined when it is missing or not JSON. */
export async function readManifest(folder: string): Promise<Manifest | undefined> {
  try {
    return manifestSchema.parse(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Whether a package asks for a dependency of this name, in whatever group. */
export function declares({ manifest }: Package, name: string): boolean {
  const groups = [
    manifest.dependencies,
    manifest.devDependencies,
    manifest.optionalDependencies,
    manifest.peerDependencies,
  ];
  return groups.some((group) => group !== undefined && Object.hasOwn(group, name));
}

/** Whether it asks for any package at all. */
export function needsPackages({ manifest }: Package): boolean {
  const { dependencies = {}, devDependencies = {}, optionalDependencies = {} } = manifest;
  return Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies }).length > 0;
}

/**
 * The packages below the root that its workspace patterns (npm, yarn, bun, pnpm, lerna) or nx name, sorted.
 *
 * @param files of the project, where they are known
 */
export async function workspacePackages(
  root: string,
  manifest: Manifest | undefined,
  files?: readonly string[],
): Promise<Package[]> {
  const own = [...(manifest?.workspaces ?? []), ...(await pnpmPatterns(root))];
  const named = await foldersOf(root, own.length > 0 ? own : await lernaPatterns(root));
  const folders = new Set([...named, ...(await nxProjects(root, files))]);
  folders.delete('.');
  return Promise.all(
    [...folders].sort().map(async (folder) => ({ folder, manifest: (await readManifest(join(root, folder))) ?? {} })),
  );
}

async function foldersOf(root: string, patterns: readonly string[]): Promise<readonly string[]> {
  const wanted = patterns.filter((pattern) => !pattern.startsWith('!')).map(manifestPattern);
  const unwanted = patterns
    .filter((pattern) => pattern.startsWith('!'))
    .map((pattern) => manifestPattern(pattern.slice(1)));
  if (wanted.length === 0) return [];
  const found: string[] = [];
  for await (const path of glob(wanted, { cwd: root, exclude: ['**/node_modules/**', ...unwanted] })) {
    found.push(dirname(path).replaceAll('\\', '/'));
  }
  return found;
}

/** Lerna before it left this to the package managers. */
async function lernaPatterns(root: string): Promise<readonly string[]> {
  try {
    return z
      .object({ packages: z.array(z.string()) })
      .parse(JSON.parse(await readFile(join(root, 'lerna.json'), 'utf8'))).packages;
  } catch {
    return [];
  }
}

/** Nx tells its projects by a `project.json` in each folder; they need be no packages. */
async function nxProjects(root: string, known?: readonly string[]): Promise<readonly string[]> {
  if (!existsSync(join(root, 'nx.json'))) return [];
  const files = known ?? (await projectFiles(root));
  return files.filter((path) => path.endsWith('/project.json')).map((path) => dirname(path));
}

function manifestPattern(pattern: string): string {
  return `${pattern.replace(/^\.\//, '').replace(/\/+$/, '')}/package.json`;
}

/** The list under `packages:` in pnpm's file, which is YAML of the simplest kind. */
async function pnpmPatterns(root: string): Promise<string[]> {
  const path = join(root, 'pnpm-workspace.yaml');
  if (!existsSync(path)) return [];
  const [, list = ''] = /^packages:\s*\n((?:\s*(?:-.*|#.*)?\n?)*)/m.exec(await readFile(path, 'utf8')) ?? [];
  return [...list.matchAll(/^\s*-\s*['"]?([^'"#\n]+?)['"]?\s*(?:#.*)?$/gm)].map(([, pattern = '']) => pattern);
}
