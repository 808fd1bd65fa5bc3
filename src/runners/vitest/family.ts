import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { run } from '../process/process.ts';
import { declares, type Package, readManifest, workspacePackages } from './packages.ts';
import type { Detection } from './types.ts';
import { vitestRunner } from './vitest/adapter.ts';
import { findVitest, type InstalledVitest } from './vitest/installed.ts';
import { satisfies } from './vitest/node-version.ts';

const OLDEST_MAJOR = 1;
const NEWEST_MAJOR = 5;
const NODE_VERSION_TIMEOUT_MS = 10_000;
const CONFIG_FILE = /^(vitest\.(config|workspace|projects)|vite\.config)\.\w+$/;
const OTHER_RUNNERS = ['jest', 'mocha', 'ava', 'jasmine', 'tap', '@playwright/test', 'cypress'];

export interface DetectOptions {
  readonly root: string;
  /** Take this runner, whether the project declares it or not. */
  readonly override?: 'vitest';
  /** The environment that the project's commands get; its PATH says which Node is the project's. */
  readonly env: Readonly<Record<string, string>>;
}

/** Finds the test runner of a project. It reads files and asks Node for its version; it never runs the project's code. */
export async function detectRunner(options: DetectOptions): Promise<Detection> {
  const root = resolve(options.root);
  const project = await readProject(root);
  const all = [project.root, ...project.packages];
  const declaring = all.filter((each) => declares(each.package, 'vitest'));
  const wanted =
    options.override === 'vitest' || declaring.length > 0 || all.some((each) => each.vitestConfigs.length > 0);
  if (!wanted) return noRunner(all);
  const browser = await browserConfig(root, all);
  if (browser !== undefined) {
    return notFound(
      `${browser} turns on vitest's browser mode, which is not supported.`,
      'Keep the tests that need no browser in a configuration of their own, and run the agent with that.',
    );
  }
  const packages = ownConfigurations(project);
  const installed = await findFirst(root, [packages, all.map((each) => each.package.folder)].flat());
  if (installed === undefined) return notInstalled(root, declaring.length > 0);
  const [major] = installed.version.split('.').map(Number);
  if (major === undefined || !(major >= OLDEST_MAJOR && major <= NEWEST_MAJOR)) {
    return notFound(
      `vitest ${installed.version} is installed; expected version ${OLDEST_MAJOR} to ${NEWEST_MAJOR}.`,
      'Install one of these versions: npm install --save-dev vitest@5',
    );
  }
  const mixed = await otherVersion(root, packages, installed);
  if (mixed !== undefined) return mixed;
  const node = await chooseNode(root, installed, options.env);
  if (node === undefined) {
    return notFound(
      `vitest ${installed.version} needs Node ${installed.engines.join(' and ')}, which neither the node on the PATH nor ${process.version} is.`,
      'Put a fitting node on the PATH, or update vitest.',
    );
  }
  const { executable, version } = installed;
  return { kind: 'found', runner: vitestRunner({ executable, version, node, packages }) };
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

async function readProject(root: string): Promise<Project> {
  const manifest = await readManifest(root);
  const packages = await workspacePackages(root, manifest);
  return {
    root: await readPackage(root, { folder: '', manifest: manifest ?? {} }),
    packages: await Promise.all(packages.map((each) => readPackage(root, each))),
  };
}

async function readPackage(root: string, each: Package): Promise<PackageFiles> {
  const entries = await readdir(join(root, each.folder)).catch(() => []);
  const configs = entries.filter((name) => CONFIG_FILE.test(name)).sort();
  return { package: each, configs, vitestConfigs: configs.filter((name) => name.startsWith('vitest.')) };
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
): Promise<Detection | undefined> {
  for (const folder of packages) {
    const found = await findVitest(join(root, folder));
    if (found === undefined || found.version === first.version) continue;
    return notFound(
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
      const text = (await readFile(join(root, path), 'utf8').catch(() => '')).replaceAll(
        /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm,
        '',
      );
      if (/\bbrowser\s*:\s*\{[^{}]*\benabled\s*:\s*true\b/.test(text)) return path;
    }
  }
  return undefined;
}

/** The project's Node where it can run this vitest, else our own, else none. */
async function chooseNode(
  root: string,
  { engines }: InstalledVitest,
  env: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const fits = (version: string) => engines.every((range) => satisfies(version, range));
  const { end, stdout } = await run({
    command: 'node',
    args: ['--version'],
    cwd: root,
    env,
    timeoutMs: NODE_VERSION_TIMEOUT_MS,
  });
  if (end.kind === 'exited' && end.code === 0 && /^v\d/.test(stdout) && fits(stdout.trim())) return 'node';
  return fits(process.version) ? process.execPath : undefined;
}

function noRunner(all: readonly PackageFiles[]): Detection {
  const others = OTHER_RUNNERS.filter((name) => all.some((each) => declares(each.package, name)));
  return notFound(
    others.length > 0
      ? `The project uses ${others.join(', ')}; only vitest is supported.`
      : 'No test runner was found.',
    'Add vitest (npm install --save-dev vitest), or set TEST_RUNNER=vitest if it is there already.',
  );
}

function notInstalled(root: string, declared: boolean): Detection {
  if (existsSync(join(root, '.pnp.cjs'))) {
    return notFound(
      "The project uses Yarn's Plug'n'Play, so there is no node_modules to take vitest from.",
      'Set "nodeLinker: node-modules" in .yarnrc.yml and run: yarn install',
    );
  }
  return notFound(
    'vitest is asked for but not installed.',
    `Run: ${declared ? installCommand(root) : 'npm install --save-dev vitest'}`,
  );
}

function installCommand(root: string): string {
  const has = (name: string) => existsSync(join(root, name));
  if (has('pnpm-lock.yaml')) return 'pnpm install';
  if (has('yarn.lock')) return 'yarn install';
  if (has('bun.lock') || has('bun.lockb')) return 'bun install';
  return 'npm install';
}

function notFound(reason: string, remedy: string): Detection {
  return { kind: 'not-found', reason, remedy };
}
