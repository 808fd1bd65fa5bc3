import { constants } from 'node:fs';
import { copyFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestRun } from '../../domain/tests.ts';
import { messageOf } from '../../errors.ts';
import { firstProblem } from '../report/ends.ts';
import type { Runner, TestRequest } from '../types.ts';
import { KeptTarget } from './kept-target.ts';
import { cargoRules } from './rules.ts';
import { runSelected } from './run.ts';
import { select } from './select.ts';
import { type Ended, Session } from './session.ts';
import { testsWithin } from './tests-within.ts';
import { readWorkspace, type Workspace } from './workspace.ts';

export interface CargoInstallation {
  readonly version: string;
  /** The kind of machine that it builds for where nothing else is said. */
  readonly host: string;
  /** The project's own root, absolute. */
  readonly project: string;
  /** The folder of the workspace, relative to the root with `/`. */
  readonly folder: string;
}

/** What runs taught about the workspace. */
interface Learned {
  tests: ReadonlySet<string>;
  buildScripts: ReadonlySet<string>;
  readonly sources: Set<string>;
  /** By the folder that it is kept in. */
  readonly targets: Map<string, KeptTarget>;
}

/** Runs the tests of one workspace with the project's own cargo: unit tests, integration tests, examples in documentation. */
export function cargoRunner(installation: CargoInstallation): Runner {
  const learned: Learned = { tests: new Set(), buildScripts: new Set(), sources: new Set(), targets: new Map() };
  const { version, folder } = installation;
  const rules = () => cargoRules(learned);
  return {
    name: 'cargo',
    version,
    description: `cargo ${version}${folder === '' ? '' : ` in ${folder}`}`,
    wants: (path) => rules().wants(path),
    isProtected: (path) => rules().isProtected(path),
    isSettings: (path) => rules().isSettings(path),
    isTestFile: (path) => rules().isTestFile(path),
    testsWithin: (path, text) => (path.endsWith('.rs') ? testsWithin(text) : undefined),
    run: (request) => runCargo(installation, request, learned),
    prepare: () => {},
    close: async () => {},
  };
}

async function runCargo(installation: CargoInstallation, request: TestRequest, learned: Learned): Promise<TestRun> {
  if (request.signal.aborted) return { kind: 'cancelled' };
  try {
    const root = await realpath(request.root);
    const kept = keptTarget(installation, request, learned);
    await copyLock(installation, root);
    const session = new Session(root, kept.folder, request);
    const workspace = await workspaceOf(session, installation);
    if ('kind' in workspace) return workspace.run;
    const selection = select(workspace, request.scope);
    if (selection.targets.size + selection.docs.size === 0) return { kind: 'no-tests', durationMs: session.durationMs };
    const { host } = installation;
    const run = await runSelected({ session, workspace, selection, kept, host, folder: request.reportFolder });
    const files = workspace.crates.flatMap(({ targets }) => targets.filter(({ kind }) => kind === 'test'));
    learned.tests = new Set(files.map(({ file }) => file));
    learned.buildScripts = new Set(workspace.buildScripts);
    if (run.kind === 'report') {
      for (const file of Object.values(run.report.imports).flat()) learned.sources.add(file);
    }
    return run;
  } catch (error) {
    const detail = `The tests could not be started: ${messageOf(error)}`;
    return { kind: 'broken', reason: 'could-not-start', detail, outputTail: '', durationMs: 0 };
  }
}

function keptTarget({ folder }: CargoInstallation, request: TestRequest, { targets }: Learned): KeptTarget {
  const name = `cargo-${folder.replaceAll(/[^\w-]/g, '_')}`;
  const path = join(request.keptFolder ?? request.reportFolder, name);
  const known = request.keptFolder === undefined ? undefined : targets.get(path);
  const target = known ?? new KeptTarget(path);
  if (request.keptFolder !== undefined) targets.set(path, target);
  return target;
}

/** A lock file that git ignores is not in the lane; without it cargo may choose other versions than the person has. */
async function copyLock({ project, folder }: CargoInstallation, root: string): Promise<void> {
  const [from, to] = [join(project, folder, 'Cargo.lock'), join(root, folder, 'Cargo.lock')];
  if (from !== to) await copyFile(from, to, constants.COPYFILE_EXCL).catch(() => {});
}

async function workspaceOf(session: Session, { folder }: CargoInstallation): Promise<Workspace | Ended> {
  const said = await session.cargo(['metadata', '--no-deps', '--format-version', '1'], join(session.root, folder));
  if (said.kind === 'ended') return said;
  if (said.code === 0) return readWorkspace(said.stdout, session.root);
  return session.broken('configuration', `Cargo cannot read the project: ${firstProblem(said.stderr)}`, said.tail);
}
