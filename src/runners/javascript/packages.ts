import { existsSync } from 'node:fs';
import { glob, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const names = z.record(z.string(), z.unknown()).optional().catch(undefined);
const manifestSchema = z.object({
  name: z.string().optional().catch(undefined),
  scripts: z.record(z.string(), z.string()).optional().catch(undefined),
  jest: z.unknown().optional(),
  mocha: z.unknown().optional(),
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

/** The packages below the root that its workspace patterns (npm, yarn, bun, pnpm) name, sorted. */
export async function workspacePackages(root: string, manifest: Manifest | undefined): Promise<Package[]> {
  const patterns = [...(manifest?.workspaces ?? []), ...(await pnpmPatterns(root))];
  const wanted = patterns.filter((pattern) => !pattern.startsWith('!')).map(manifestPattern);
  const unwanted = patterns
    .filter((pattern) => pattern.startsWith('!'))
    .map((pattern) => manifestPattern(pattern.slice(1)));
  if (wanted.length === 0) return [];
  const folders = new Set<string>();
  for await (const path of glob(wanted, { cwd: root, exclude: ['**/node_modules/**', ...unwanted] })) {
    folders.add(dirname(path).replaceAll('\\', '/'));
  }
  const packages = await Promise.all(
    [...folders].sort().map(async (folder) => ({ folder, manifest: (await readManifest(join(root, folder))) ?? {} })),
  );
  return packages.filter(({ folder }) => folder !== '.');
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
