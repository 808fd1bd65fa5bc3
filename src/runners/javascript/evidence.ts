import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding, Search } from '../types.ts';
import { installCommand } from './install-command.ts';
import { declares, type Package } from './packages.ts';
import { scriptCommands } from './scripts.ts';

/** How a package tells that a runner is used in it: a settings file, a key of `package.json`, a script. */
export interface Signs {
  readonly name: 'jest' | 'mocha';
  readonly programs: readonly string[];
  readonly settings: RegExp;
}

/**
 * The packages in which a runner is to be run: the root, where it tells of it, else each package that does. A runner
 * that is only declared counts where nothing else would run the tests.
 */
export async function tellingPackages(search: Search, signs: Signs): Promise<readonly Package[]> {
  const { root, inside } = search.packages;
  if (await tells(search.root, root, signs)) return [root];
  const telling = [];
  for (const each of inside) if (await tells(search.root, each, signs)) telling.push(each);
  if (telling.length > 0) return telling;
  if (search.isAsked) return [root];
  const all = [root, ...inside];
  const others = ['vitest', 'jest', 'mocha', 'ava'].filter((name) => name !== signs.name);
  const programs = ['jest', 'mocha', 'ts-mocha'].filter((name) => !signs.programs.includes(name));
  const runsAnother = (each: Package) =>
    others.some((name) => declares(each, name)) ||
    scriptCommands(each, programs).length > 0 ||
    scriptCommands(each, ['node', 'tsx']).some(({ args }) => args.includes('--test'));
  const isAlone = !all.some(runsAnother);
  return isAlone && all.some((each) => declares(each, signs.name)) ? [root] : [];
}

async function tells(root: string, each: Package, { name, programs, settings }: Signs): Promise<boolean> {
  if (each.manifest[name] !== undefined || scriptCommands(each, programs).length > 0) return true;
  const entries = await readdir(join(root, each.folder)).catch(() => []);
  return entries.some((entry) => settings.test(entry));
}

/** A runner that is asked for and not there. */
export function notInstalled({ root, packages }: Search, name: string, folder: string): Finding {
  const isDeclared = [packages.root, ...packages.inside].some((each) => declares(each, name));
  return {
    kind: 'unusable',
    folder,
    reason: `${name} is asked for but not installed.`,
    remedy: `Run: ${isDeclared ? installCommand(root) : `npm install --save-dev ${name}`}`,
  };
}

/** Of another version than what is known here. */
export function wrongVersion(
  name: string,
  installed: { readonly version: string; readonly oldest: number; readonly newest: number; readonly folder: string },
): Finding | undefined {
  const { version, oldest, newest, folder } = installed;
  const major = Number.parseInt(version, 10);
  if (major >= oldest && major <= newest) return undefined;
  return {
    kind: 'unusable',
    folder,
    reason: `${name} ${version} is installed; expected version ${oldest} to ${newest}.`,
    remedy: `Install one of these versions: npm install --save-dev ${name}@${newest}`,
  };
}

export function noNode(name: string, version: string, range: string, folder: string): Finding {
  return {
    kind: 'unusable',
    folder,
    reason: `${name} ${version} needs Node ${range}, which neither the node on the PATH nor ${process.version} is.`,
    remedy: `Put a fitting node on the PATH, or update ${name}.`,
  };
}
