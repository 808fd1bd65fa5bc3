import { resolve } from 'node:path';
import {
  type CheckCommand,
  type CheckName,
  type RunnerName,
  runnerNames,
  type TestCommand,
} from '../domain/runner-names.ts';
import { families } from './families.ts';
import { packagesApart } from './javascript/apart.ts';
import { allPackages, declares, type Package, readManifest, workspacePackages } from './javascript/packages.ts';
import { projectFiles } from './project-files.ts';
import { type Placed, several } from './several.ts';
import type { Detection, Finding, Search } from './types.ts';
import { watchedOnly } from './watched.ts';

/** Declared in a `package.json`, these run tests, too, and are not known here. */
const unknownRunners = ['ava', 'jasmine', 'tap', '@playwright/test', 'cypress'];

export interface DetectOptions {
  readonly root: string;
  /** Take these runners and no others, whether the project tells of them or not. */
  readonly wanted?: readonly RunnerName[] | undefined;
  readonly command?: TestCommand | undefined;
  /** Folders and files relative to the root: only what runs their tests is taken. Without it, all of the project. */
  readonly watchPaths?: readonly string[];
  /** Checks that count like tests. */
  readonly checks?: readonly (CheckName | 'auto')[];
  readonly checkCommand?: CheckCommand | undefined;
  /** The environment that the project's commands get; its PATH says which tools are the project's. */
  readonly env: Readonly<Record<string, string>>;
}

/** Finds the test runners of a project. It reads files and asks tools for their versions; it never runs the project's code. */
export async function detectRunner({
  root: given,
  wanted,
  command,
  checks = [],
  checkCommand,
  watchPaths = ['.'],
  env,
}: DetectOptions): Promise<Detection> {
  const root = resolve(given);
  const manifest = await readManifest(root);
  const files = await projectFiles(root);
  const inside = await workspacePackages(root, manifest, files);
  const packages = { root: { folder: '', manifest: manifest ?? {} }, inside };
  const apart = await packagesApart(root, files, packages);
  const search: Omit<Search, 'isAsked'> = { root, env, files, packages, apart, command };
  const asked = wanted === undefined ? families : families.filter(({ name }) => wanted.includes(name));
  const findings = (
    await Promise.all(asked.map((family) => family.find({ ...search, isAsked: wanted !== undefined })))
  ).flat();
  const found =
    checks.length === 0
      ? []
      : await (await import('./checks/detect-checks.ts')).detectChecks({ ...search, checkCommand }, checks);
  const everything = [...findings, ...found];
  const all = watchedOnly(everything, watchPaths, files);
  const runners = all.filter((each): each is Placed & { kind: 'runner' } => each.kind === 'runner');
  const left = all.filter((each): each is Unusable => each.kind === 'unusable');
  const hidden = everything.length - all.length;
  const none = hidden > 0 ? nothingWatched(watchPaths) : nothing(allPackages({ packages, apart }));
  const withoutTests: readonly Unusable[] = findings.length === 0 ? [{ ...none, kind: 'unusable', folder: '' }] : [];
  if (runners.length > 0) return { kind: 'found', runner: several(runners), left: [...withoutTests, ...left] };
  const [first] = left;
  return first === undefined ? none : { ...first, kind: 'not-found' };
}

type Unusable = Extract<Finding, { kind: 'unusable' }>;

function nothingWatched(watchPaths: readonly string[]): Extract<Detection, { kind: 'not-found' }> {
  return {
    kind: 'not-found',
    reason: `Nothing runs tests in ${watchPaths.join(', ')}, which is what WATCH_PATHS names; in the rest of the project there are tests.`,
    remedy: 'Add the folders with the tests to WATCH_PATHS, or leave it out.',
  };
}

function nothing(packages: readonly Package[]): Extract<Detection, { kind: 'not-found' }> {
  const others = unknownRunners.filter((name) => packages.some((each) => declares(each, name)));
  const known = runnerNames.join(', ');
  return {
    kind: 'not-found',
    reason:
      others.length > 0
        ? `The project uses ${others.join(', ')}; known are ${known}.`
        : `No test runner was found; known are ${known}.`,
    remedy: 'Install the packages of the project, or name the runner in TEST_RUNNER.',
  };
}
