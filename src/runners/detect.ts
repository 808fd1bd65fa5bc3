import { resolve } from 'node:path';
import {
  type CheckCommand,
  type CheckName,
  type RunnerName,
  runnerNames,
  type TestCommand,
} from '../domain/runner-names.ts';
import { families } from './families.ts';
import { declares, type Package, readManifest, workspacePackages } from './javascript/packages.ts';
import { projectFiles } from './project-files.ts';
import { type Placed, several } from './several.ts';
import type { Detection, Finding, Search } from './types.ts';

/** Declared in a `package.json`, these run tests, too, and are not known here. */
const unknownRunners = ['ava', 'jasmine', 'tap', '@playwright/test', 'cypress'];

export interface DetectOptions {
  readonly root: string;
  /** Take these runners and no others, whether the project tells of them or not. */
  readonly wanted?: readonly RunnerName[] | undefined;
  readonly command?: TestCommand | undefined;
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
  env,
}: DetectOptions): Promise<Detection> {
  const root = resolve(given);
  const manifest = await readManifest(root);
  const packages = { root: { folder: '', manifest: manifest ?? {} }, inside: await workspacePackages(root, manifest) };
  const search: Omit<Search, 'isAsked'> = { root, env, files: await projectFiles(root), packages, command };
  const asked = wanted === undefined ? families : families.filter(({ name }) => wanted.includes(name));
  const findings = (
    await Promise.all(asked.map((family) => family.find({ ...search, isAsked: wanted !== undefined })))
  ).flat();
  const found =
    checks.length === 0
      ? []
      : await (await import('./checks/detect-checks.ts')).detectChecks({ ...search, checkCommand }, checks);
  const all = [...findings, ...found];
  const runners = all.filter((each): each is Placed & { kind: 'runner' } => each.kind === 'runner');
  const left = all.filter((each): each is Unusable => each.kind === 'unusable');
  const none = nothing([packages.root, ...packages.inside]);
  const withoutTests: readonly Unusable[] = findings.length === 0 ? [{ ...none, kind: 'unusable', folder: '' }] : [];
  if (runners.length > 0) return { kind: 'found', runner: several(runners), left: [...withoutTests, ...left] };
  const [first] = left;
  return first === undefined ? none : { ...first, kind: 'not-found' };
}

type Unusable = Extract<Finding, { kind: 'unusable' }>;

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
