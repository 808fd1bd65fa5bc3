import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findInTrees } from '../javascript/apart.ts';
import { installCommand } from '../javascript/install-command.ts';
import { chooseNode } from '../javascript/installed.ts';
import { declares, type Package } from '../javascript/packages.ts';
import type { Family, Finding, Runner, Search } from '../types.ts';
import { vitestRunner } from './adapter.ts';
import { findVitest, type InstalledVitest } from './installed.ts';

const OLDEST_MAJOR = 1;
const NEWEST_MAJOR = 5;
const CONFIG_FILE = /^(vitest\.(config|workspace|projects)|vite\.config)\.\w+$/;

/** One vitest for each tree of packages: its own workspaces and projects tell them apart. */
export const vitest: Family = { name: 'vitest', find: (search) => findInTrees(search, find) };

async function find(search: Search): Promise<readonly Finding[]> {
  const { root, isAsked } = search;
  const project = await readProject(search);
  const all = [project.root, ...project.packages];
  const declaring = all.filter((each) => declares(each.package, 'vitest'));
  if (!isAsked && declaring.length === 0 && !all.some((each) => each.vitestConfigs.length > 0)) return [];
  const browser = await browserConfig(root, all);
  if (browser !== undefined) {
    return unusable(
      `${browser} turns on vitest's browser mode, which is not supported.`,
      'Keep the tests that need no browser in a configuration of their own, and run the agent with that.',
    );
  }
  const packages = placesOf(project);
  const installed = await findFirst(root, [packages, all.map((each) => each.package.folder)].flat());
  if (installed === undefined) return notInstalled(root, declaring.length > 0);
  const [major] = installed.version.split('.').map(Number);
  if (major === undefined || !(major >= OLDEST_MAJOR && major <= NEWEST_MAJOR)) {
    return unusable(
      `vitest ${installed.version} is installed; expected version ${OLDEST_MAJOR} to ${NEWEST_MAJOR}.`,
      'Install one of these versions: npm install --save-dev vitest@5',
    );
  }
  const mixed = await otherVersion(root, packages, installed);
  if (mixed !== undefined) return mixed;
  const node = await chooseNode(root, installed.engines, search.env);
  if (node === undefined) {
    return unusable(
      `vitest ${installed.version} needs Node ${installed.engines.join(' and ')}, which neither the node on the PATH nor ${process.version} is.`,
      'Put a fitting node on the PATH, or update vitest.',
    );
  }
  const { executable, version } = installed;
  const isApart = project.root.package.folder !== '';
  const inFolders = (runner: Runner, some: readonly string[]): Runner => ({
    ...runner,
    description: `vitest ${version} in ${some.join(', ')}, run by ${node}`,
  });
  const only = (some: readonly string[]): Runner => {
    const runner = vitestRunner({ executable, version, node, folder: '', packages: some });
    return isApart ? inFolders(runner, some) : runner;
  };
  // Vitest takes no projects from what is itself a project: where there are any, it is started in that folder.
  const own = await withProjects(root, all, packages);
  const rest = packages.filter((folder) => !own.includes(folder));
  const findings = own.map((folder): Finding => {
    const runner = inFolders(vitestRunner({ executable, version, node, folder, packages: [] }), [folder]);
    return { kind: 'runner', folder: '', runner, homes: [folder] };
  });
  if (own.length > 0 && rest.length === 0) return findings;
  const homes = rest.length === 0 ? [''] : rest;
  const found: Finding = { kind: 'runner', folder: '', runner: only(rest), homes };
  return [...findings, rest.length > 1 ? { ...found, only } : found];
}

/** Those of the folders whose configuration names projects of its own. */
async function withProjects(
  root: string,
  all: readonly PackageFiles[],
  folders: readonly string[],
): Promise<readonly string[]> {
  const found = [];
  for (const each of all.filter(({ package: { folder } }) => folders.includes(folder))) {
    const texts = await Promise.all(each.configs.map((name) => codeOf(join(root, each.package.folder, name))));
    const isList = each.configs.some((name) => /^vitest\.(?:workspace|projects)\./.test(name));
    if (isList || texts.some((text) => /\b(?:projects|workspace)\b['"]?\s*[:,]/.test(text)))
      found.push(each.package.folder);
  }
  return found;
}

interface PackageFiles {
  readonly package: Package;
  /** Names of configuration files, Vite's included. */
  readonly configs: readonly string[];
  readonly vitestConfigs: readonly string[];
}

interface Project {
  readonly root: PackageFiles;
  readonly packages: readonly PackageFiles[];
}

async function readProject({ root, packages }: Search): Promise<Project> {
  return {
    root: await readPackage(root, packages.root),
    packages: await Promise.all(packages.inside.map((each) => readPackage(root, each))),
  };
}

async function readPackage(root: string, each: Package): Promise<PackageFiles> {
  const entries = await readdir(join(root, each.folder)).catch(() => []);
  const configs = entries.filter((name) => CONFIG_FILE.test(name)).sort();
  return { package: each, configs, vitestConfigs: configs.filter((name) => name.startsWith('vitest.')) };
}

/** A tree that is not the root's own is run as a project, by the configuration that lies in it. */
function placesOf(project: Project): readonly string[] {
  const own = ownConfigurations(project);
  const { folder } = project.root.package;
  return own.length === 0 && folder !== '' ? [folder] : own;
}

/** Without a configuration in the root, packages that have one each are run as projects: the root's defaults would be wrong. */
function ownConfigurations({ root, packages }: Project): string[] {
  if (root.configs.length > 0) return [];
  if (!packages.some((each) => each.configs.length > 0)) return [];
  return packages
    .filter(
      (each) =>
        each.vitestConfigs.length > 0 ||
        declares(each.package, 'vitest') ||
        (each.configs.length > 0 && declares(root.package, 'vitest')),
    )
    .map((each) => each.package.folder);
}

async function findFirst(root: string, folders: readonly string[]): Promise<InstalledVitest | undefined> {
  for (const folder of folders) {
    const found = await findVitest(join(root, folder));
    if (found !== undefined) return found;
  }
  return undefined;
}

async function otherVersion(
  root: string,
  packages: readonly string[],
  first: InstalledVitest,
): Promise<readonly Finding[] | undefined> {
  for (const folder of packages) {
    const found = await findVitest(join(root, folder));
    if (found === undefined || found.version === first.version) continue;
    return unusable(
      `The packages use different versions of vitest: ${first.version}, and ${found.version} in ${folder}.`,
      'Install one version for all, or name the packages in a vitest configuration in the root.',
    );
  }
  return undefined;
}

/** Browser mode as it is written in a configuration. What only running the configuration would tell, the run itself refuses. */
async function browserConfig(root: string, all: readonly PackageFiles[]): Promise<string | undefined> {
  for (const each of all) {
    for (const name of each.configs) {
      const path = join(each.package.folder, name);
      if (/\bbrowser\s*:\s*\{[^{}]*\benabled\s*:\s*true\b/.test(await codeOf(join(root, path)))) return path;
    }
  }
  return undefined;
}

/** The text of a file without its comments. */
async function codeOf(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}

function notInstalled(root: string, declared: boolean): readonly Finding[] {
  return unusable(
    'vitest is asked for but not installed.',
    `Run: ${declared ? installCommand(root) : 'npm install --save-dev vitest'}`,
  );
}

function unusable(reason: string, remedy: string): readonly Finding[] {
  return [{ kind: 'unusable', folder: '', reason, remedy }];
}
