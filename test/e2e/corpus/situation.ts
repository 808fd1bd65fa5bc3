import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isoTime, systemClock } from '../../../src/clock.ts';
import { commandEnvironment } from '../../../src/config/environment.ts';
import { findPackageRoot } from '../../../src/config/package-root.ts';
import type { RedTest, TestReport, TestRun } from '../../../src/domain/tests.ts';
import { detectRunner } from '../../../src/runners/detect.ts';
import type { Runner, TestScope } from '../../../src/runners/types.ts';
import { Baseline } from '../../../src/triage/baseline.ts';
import { triage } from '../../../src/triage/triage.ts';
import type { Lane, Workspace } from '../../../src/workspace/types.ts';
import { openWorkspace } from '../../../src/workspace/workspace.ts';
import { vitestFolder } from '../../rig/sample-project.ts';
import { link, write } from './operations.ts';
import type { Project, Situation } from './types.ts';

const run = promisify(execFile);
const runTimeoutMs = 120_000;

/** What the harness knows when the fix is made. */
export interface Prepared {
  readonly runner: Runner;
  readonly baseline: Baseline;
  readonly regression: readonly RedTest[];
  readonly before: TestReport;
}

const baselines = new Map<Project, Promise<Known>>();
const prepared = new Map<Situation, Promise<Prepared>>();

interface Known {
  readonly runner: Runner;
  readonly baseline: Baseline;
}

/** The baseline and the triage of a situation. Made once, since they are the same in every copy of the project. */
export function prepare(situation: Situation): Promise<Prepared> {
  const known = prepared.get(situation) ?? triageChange(situation);
  prepared.set(situation, known);
  return known;
}

function baselineOf(project: Project): Promise<Known> {
  const known = baselines.get(project) ?? makeBaseline(project);
  baselines.set(project, known);
  return known;
}

async function makeBaseline(project: Project): Promise<Known> {
  return withFolder(async (folder) => {
    const { root, workspace } = await setScene(folder, project);
    const detected = await detectRunner({ root, env: environment(folder, root) });
    if (detected.kind === 'not-found') throw new Error(`${project.name}: ${detected.reason}`);
    const { runner } = detected;
    const lane = workspace.lane('triage');
    const snapshot = await workspace.snapshot();
    await lane.move(snapshot);
    const first = await testRuns(runner, folder)(lane, { kind: 'all' }, new AbortController().signal);
    await workspace.close();
    if (first.kind !== 'report') throw new Error(`${project.name} has no baseline: ${JSON.stringify(first)}`);
    const baseline = Baseline.fromReport(first.report, snapshot.tree, isoTime(systemClock.now()));
    if (baseline.counts.green !== baseline.counts.tests) {
      throw new Error(`${project.name} is not green: ${JSON.stringify(first).slice(0, 4_000)}`);
    }
    return { runner, baseline };
  });
}

async function triageChange({ name, project, change, saved }: Situation): Promise<Prepared> {
  const { runner, baseline } = await baselineOf(project);
  return withFolder(async (folder) => {
    const { root, workspace, outside } = await setScene(folder, project);
    const clean = await workspace.snapshot();
    for (const operation of change) operation({ root, outside });
    const snapshot = await workspace.snapshot();
    const changes = await workspace.changes(clean.tree, snapshot.tree);
    const found = await triage({
      ...{ snapshot, runner, baseline },
      lane: workspace.lane('triage'),
      files: saved,
      changed: changes.map(({ path }) => path),
      runTests: testRuns(runner, folder),
      scope: 'regressions',
      onRed: () => undefined,
      signal: new AbortController().signal,
    });
    await workspace.close();
    const [regression] = found.kind === 'triaged' ? found.regressions : [];
    if (found.kind !== 'triaged' || found.report === undefined || regression === undefined) {
      throw new Error(`${name}: the change turned nothing red: ${JSON.stringify(found).slice(0, 4_000)}`);
    }
    return { runner, baseline, regression: regression.tests, before: found.report };
  });
}

async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mendwatch-corpus-')));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

export interface Scene {
  readonly root: string;
  readonly outside: string;
  readonly temporary: string;
  readonly workspace: Workspace;
}

/** The committed project, before the person's change, and what lies around it. */
export async function setScene(folder: string, project: Project): Promise<Scene> {
  const root = join(folder, 'project');
  const outside = join(folder, 'outside');
  const temporary = join(folder, 'tmp');
  for (const each of [root, outside, temporary, join(folder, 'home')]) mkdirSync(each);
  const put = (place: string, path: string, content: string | Uint8Array) =>
    write(path, content)({ root: place, outside });
  put(outside, 'diary.txt', 'Nobody writes here.\n');
  put(outside, 'src/discount.ts', 'export const discount = () => 0;\n');
  const all = {
    'package.json': '{ "type": "module", "devDependencies": { "vitest": "*" } }\n',
    '.gitignore': 'node_modules/\n',
    ...project.files,
  };
  for (const [path, content] of Object.entries(all)) put(root, path, content);
  for (const path of project.executable ?? []) chmodSync(join(root, path), 0o755);
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  for (const [path, content] of Object.entries(project.modules ?? {})) put(join(root, 'node_modules'), path, content);
  const links = { vitest: vitestFolder(5), ...project.moduleLinks };
  for (const [name, target] of Object.entries(links)) link(`node_modules/${name}`, target)({ root, outside });
  const env = environment(folder, root);
  for (const args of [
    ['init', '-q', '-b', 'main'],
    ['add', '-A'],
    [...person, 'commit', '-q', '-m', 'The project'],
  ]) {
    await run('git', args, { cwd: root, env });
  }
  const cacheFolder = join(folder, 'cache');
  return {
    ...{ root, outside, temporary },
    workspace: await openWorkspace({ root, cacheFolder, env, agentFolders: [], laneLinks: [] }),
  };
}

const person = ['-c', 'user.name=A Person', '-c', 'user.email=person@example.com'];

/** What a person's shell would have, in a home of its own. */
function environment(folder: string, projectRoot: string): Record<string, string> {
  const launch = {
    PATH: process.env.PATH ?? '',
    HOME: join(folder, 'home'),
    LC_ALL: 'C.UTF-8',
    GIT_CONFIG_NOSYSTEM: '1',
    TMPDIR: process.env.TMPDIR ?? '/tmp',
    CORPUS_TEMPORARY: join(folder, 'tmp'),
  };
  return commandEnvironment(launch, { projectRoot, packageRoot: findPackageRoot() });
}

export type RunTests = (lane: Lane, scope: TestScope, signal: AbortSignal) => Promise<TestRun>;

/** The runner in a lane, as the agent furnishes it. */
export function testRuns(runner: Runner, folder: string, timeoutMs = runTimeoutMs): RunTests {
  return async (lane, scope, signal) => {
    const reportFolder = mkdtempSync(join(folder, 'report-'));
    const env = environment(folder, lane.root);
    try {
      return await runner.run({ root: lane.root, scope, env, reportFolder, timeoutMs, signal });
    } finally {
      rmSync(reportFolder, { recursive: true, force: true });
    }
  };
}
