import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '../types.ts';
import { needsPackages, type PackageTree } from './packages.ts';

/** Files that Yarn's Plug'n'Play leaves in the root, by its age. */
const traces = ['.pnp.cjs', '.pnp.js', '.pnp.loader.mjs'];

/**
 * What was found in a tree of packages, or why none of it can be run: Plug'n'Play has packages in archives that only a Node with
 * its own loader can read, so there are none to link into a lane.
 */
export function orPlugAndPlay(
  root: string,
  { root: top, inside }: PackageTree,
  findings: readonly Finding[],
): readonly Finding[] {
  const isReadable = findings.length === 0 || !usesPlugAndPlay(join(root, top.folder));
  return isReadable || ![top, ...inside].some(needsPackages) ? findings : [plugAndPlay(top.folder)];
}

export function plugAndPlay(folder: string): Finding {
  return {
    kind: 'unusable',
    folder,
    reason: "The project uses Yarn's Plug'n'Play, so there is no node_modules to take its packages from.",
    remedy: 'Set "nodeLinker: node-modules" in .yarnrc.yml and run: yarn install',
  };
}

/** Yarn may have left its files behind when it was told to make folders. */
export function usesPlugAndPlay(root: string): boolean {
  if (!traces.some((name) => existsSync(join(root, name)))) return false;
  try {
    return !/^nodeLinker:\s*['"]?(?:node-modules|pnpm)\b/m.test(readFileSync(join(root, '.yarnrc.yml'), 'utf8'));
  } catch {
    return true;
  }
}
