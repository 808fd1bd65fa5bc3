import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { TestReport, TestRun } from '../../domain/tests.ts';
import type { ProcessResult } from '../../process/types.ts';
import { judgeRun } from '../javascript/judge-run.ts';
import { type PlacedReporters, placeReporters, type ReadRun } from '../javascript/raw-run.ts';
import { concernsJavascript, readProject, relatedTo } from '../javascript/related.ts';
import { broken, inPlace, type Place, runNode } from '../javascript/run-node.ts';
import { isOwn, relativePath } from '../report/paths.ts';
import type { Runner, TestRequest } from '../types.ts';
import { type JestScope, jestArguments } from './command.ts';
import type { JestInstallation } from './installation.ts';
import { guessed, type JestKnowledge, learned } from './rules.ts';
import { shownSettings } from './shown-settings.ts';
import { WarmJests } from './warm.ts';

/** More would not fit into a command line everywhere; all tests are run instead. */
const mostNamed = 4_000;

/** Runs the project's own jest by its own settings, one process with its workers a run, cold unless it may be warm. */
export function jestRunner(installation: JestInstallation): Runner {
  const { folder, version, node, command, chain } = installation;
  const known = { current: guessed(configOf(installation)) };
  const warm = new WarmJests(installation);
  const where = folder === '' ? '' : ` in ${folder}`;
  return {
    name: 'jest',
    version,
    description: `jest ${version}${where}, run by ${node}${command.config === undefined ? '' : ` with ${command.config}`}`,
    wants: concernsJavascript,
    isProtected: (path) => known.current.rules.isProtected(path) || chain.includes(path),
    isSettings: (path) => known.current.rules.isSettings(path) || chain.includes(path),
    isTestFile: (path) => known.current.rules.isTestFile(path),
    run: (request) => inPlace(request, (place) => runJest(installation, { known, warm }, { request, place })),
    prepare: (place) => warm.prepare(place),
    close: () => warm.close(),
  };
}

interface Task {
  readonly request: TestRequest;
  readonly place: Place;
}

function configOf({ folder, command }: JestInstallation): string | undefined {
  return command.config === undefined ? undefined : posix.join(folder, command.config);
}

/** How a jest is started: undefined where it is not. */
type Launch = (reporters: PlacedReporters) => Promise<ProcessResult | undefined>;

async function runJest(
  installation: JestInstallation,
  { known, warm }: { readonly known: { current: JestKnowledge }; readonly warm: WarmJests },
  task: Task,
): Promise<TestRun> {
  const { request, place } = task;
  const { folder, jest, node, command } = installation;
  const executable = join(jest, 'bin', 'jest.js');
  if (!existsSync(executable)) {
    return broken('configuration', `jest is no longer at ${executable}: install the packages of the project again.`);
  }
  await installation.chain.refresh(place.root, known.current.tools);
  const scope = await scopeOf(installation, known, task);
  if (scope.kind !== 'all' && scope.files.length === 0) return { kind: 'no-tests', durationMs: 0 };
  const argumentsFor = ({ folder: own }: PlacedReporters, cache?: string) =>
    jestArguments(command, scope, { root: place.root, reporter: join(own, 'jest.cjs'), cache });
  if (request.mayBeWarm === true && scope.kind === 'related') {
    const launch: Launch = (reporters) => warm.run(request, place, argumentsFor(reporters));
    const run = await judged(installation, known, task, launch);
    if (run?.kind === 'report') return { ...run, warmth: 'opened' };
    if (run?.kind === 'cancelled') return run;
  }
  const launch: Launch = (reporters) => {
    const args = [...command.nodeOptions, executable, ...argumentsFor(reporters, join(reporters.folder, 'cache'))];
    return runNode(request, place, { node, folder, args, env: command.env });
  };
  return (await judged(installation, known, task, launch)) ?? { kind: 'cancelled' };
}

async function judged(
  installation: JestInstallation,
  known: { current: JestKnowledge },
  { place }: Task,
  launch: Launch,
): Promise<TestRun | undefined> {
  const { root, reportFolder } = place;
  const reporters = await placeReporters(reportFolder, { runner: installation.jest });
  const result = await launch(reporters);
  if (result === undefined) return undefined;
  const read = await reporters.read();
  if (read.kind === 'run' && read.run.configs.length > 0) {
    known.current = learned(read.run.configs, root, configOf(installation));
  }
  const imports = (files: readonly string[]) => importsIn(read, root, files);
  const running = await reporters.running();
  return judgeRun({ root, name: 'jest', title: 'Jest', result, read, running, imports });
}

/** Jest finds related tests itself, but not by files that are gone, that set-up files need, or that tests start. */
async function scopeOf(
  installation: JestInstallation,
  known: { current: JestKnowledge },
  { request, place }: Task,
): Promise<JestScope> {
  const { scope } = request;
  const exists = (path: string) => existsSync(join(place.root, path));
  if (scope.kind === 'all') return scope;
  if (scope.kind === 'files') return { kind: 'exactly', files: scope.files.filter(exists) };
  if (known.current.support === undefined) await learnSettings(installation, known, { request, place });
  const { rules, support } = known.current;
  if (support === undefined) return { kind: 'all' };
  const reading = await readProject(place.root, installation.packages);
  const related = relatedTo(reading, { changed: scope.files, rules, support, sure: false });
  if (related === undefined || related.size > mostNamed) return { kind: 'all' };
  return { kind: 'related', files: [...related].filter(exists) };
}

/** The settings as jest resolves them, where no run has told of them yet. */
async function learnSettings(
  installation: JestInstallation,
  known: { current: JestKnowledge },
  { request, place }: Task,
): Promise<void> {
  const { folder, jest, node, command } = installation;
  const args = [...command.nodeOptions, join(jest, 'bin', 'jest.js'), ...command.args, '--showConfig'];
  const { stdout } = await runNode(request, place, { node, folder, args, env: command.env });
  const configs = shownSettings(stdout);
  if (configs.length > 0) known.current = learned(configs, place.root, configOf(installation));
}

function importsIn(read: ReadRun, root: string, files: readonly string[]): TestReport['imports'] {
  if (read.kind !== 'run') return {};
  const { edges } = read.run;
  const known = files.filter((path) => edges[join(root, path)] !== undefined);
  return Object.fromEntries(
    known.map((path) => {
      const seen = new Set([join(root, path)]);
      for (const file of seen) for (const next of edges[file] ?? []) seen.add(next);
      const own = [...seen].map((file) => relativePath(root, file)).filter((each) => each !== path && isOwn(each));
      return [path, own.sort()];
    }),
  );
}
