import { randomUUID } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestReport, TestRun } from '../../domain/tests.ts';
import { run } from '../../process/process.ts';
import { mattersTo } from '../foreign.ts';
import { inTime, inTurn, oneRun, type SharedTime, underLimit } from '../in-turn.ts';
import { type Broken, disagreement } from '../report/ends.ts';
import type { Runner, TestRequest } from '../types.ts';
import { pytestArguments, pytestEnvironment } from './command.ts';
import { within } from './folders.ts';
import { type ImportGraph, readImports } from './imports.ts';
import { judgePytest, type Outcome } from './judge.ts';
import { chosen, type Learned, learn, type PytestProject, remember, unlearned } from './learned.ts';
import { pluginFiles } from './plugins.ts';
import { readReport } from './raw-report.ts';
import { dependencies } from './related.ts';
import { doctestsIn, isProtectedName, isSettingsName, isTestOf } from './rules.ts';
import { namedModules, readSettings } from './settings.ts';
import { project as projectName } from './to-report.ts';

const outputLimitBytes = 64 * 1024 * 1024;
const keptOutputBytes = 64 * 1024;

type Ran = Extract<Outcome, { kind: 'ran' }>;
/** A run with what is the same for all of its projects. */
interface Errand extends TestRequest {
  /** The person's own tree. */
  readonly home: string;
  readonly graph: Promise<ImportGraph | undefined>;
  readonly time: SharedTime;
}

/**
 * Runs the project's own pytest with its own Python, cold, and with a plugin of ours that tells what it saw.
 *
 * @param root the person's own tree: what leads there from elsewhere is led to the lane.
 * @param plugins modules of the project that are loaded as plugins, as far as it is known before the first run.
 */
export function pytestRunner(root: string, projects: readonly PytestProject[], plugins: ReadonlySet<string>): Runner {
  const home = realpathSync(root);
  const all = projects.map(unlearned);
  const known = { plugins };
  const wasReported = (path: string): boolean => all.some(({ reported }) => reported.has(path));
  const isText = (path: string): boolean => !path.endsWith('.py') && wasReported(path);
  const isTestFile = (path: string): boolean => isText(path) || all.some(({ territory }) => isTestOf(territory, path));
  return {
    name: 'pytest',
    version: [...new Set(projects.map(({ version }) => version))].join(', '),
    description: projects.map(describe).join('; '),
    wants: (path) => isText(path) || mattersTo('python', path),
    isProtected: (path) => isTestFile(path) || isProtectedName(path) || known.plugins.has(path),
    isSettings: (path) => isSettingsName(path) || known.plugins.has(path),
    isTestFile,
    // Doctests are found by running them: without the option for it, examples are only texts.
    testsWithin: (path, text) =>
      path.endsWith('.py') && !isTestFile(path) && wasReported(path) ? doctestsIn(text) : undefined,
    prepare: () => {},
    close: async () => {},
    run: (request) => runProjects(home, all, known, request),
  };
}

function describe({ folder, version, python }: PytestProject): string {
  return `pytest ${version}${folder === '' ? '' : ` in ${folder}`}, run by ${python.name} (Python ${python.python})`;
}

function runProjects(
  home: string,
  all: readonly Learned[],
  known: { plugins: ReadonlySet<string> },
  request: TestRequest,
): Promise<TestRun> {
  return inTime(request, async (time) => {
    const { scope } = request;
    const [root, reportFolder] = await Promise.all([realpath(request.root), realpath(request.reportFolder)]);
    const places = await Promise.all(
      all.map(async ({ project }) => ({ folder: project.folder, file: await settingsFile(project, root) })),
    );
    const graph = graphOf(all, places, { ...request, root });
    const errand: Errand = { ...request, root, reportFolder, home, graph, time };
    // Only to find related tests it must be known before; else it is read while the tests run.
    const imports = scope.kind === 'related' ? await graph : undefined;
    const folders = all.map(({ project }) => project.folder);
    const done = await inTurn(all, async (each) => {
      const files = chosen(each, scope, { lane: root, folders, graph: imports });
      if (files?.length === 0) return undefined;
      const outcome = await runProject(each, files, errand);
      return outcome.kind === 'broken' ? withPlace(outcome, each, all) : outcome;
    });
    if ('kind' in done) return done;
    known.plugins = await pluginFiles(root, places, (await graph)?.files ?? []);
    return oneRun(done, reportOf(done, await graph), errand);
  });
}

async function graphOf(
  all: readonly Learned[],
  places: Parameters<typeof pluginFiles>[1],
  request: TestRequest,
): Promise<ImportGraph | undefined> {
  const [first] = all;
  if (first === undefined) return undefined;
  const { root, scope } = request;
  const missing = scope.kind === 'all' ? [] : scope.files.filter((file) => !existsSync(join(root, file)));
  const always = await Promise.all(places.map(({ folder, file }) => namedModules(join(root, folder), file, 'all')));
  return readImports(first.project.python.executable, request, { missing, always: always.flat() });
}

/** As it is in this tree: it may have come or gone since the project was looked at. */
async function settingsFile({ folder, version }: PytestProject, root: string): Promise<string | undefined> {
  const { file } = await readSettings(join(root, folder), Number.parseInt(version, 10));
  return file;
}

/** Names of files that settings leave out are refused as wrong usage; then all tests are asked. */
async function runProject(learned: Learned, files: readonly string[] | undefined, errand: Errand): Promise<Outcome> {
  const outcome = await runOnce(learned, files, errand);
  const isRefused = outcome.kind === 'broken' && outcome.reason === 'configuration' && files !== undefined;
  return isRefused ? runOnce(learned, undefined, errand) : outcome;
}

async function runOnce(learned: Learned, files: readonly string[] | undefined, errand: Errand): Promise<Outcome> {
  const { folder, python, others } = learned.project;
  const { root, home, env, reportFolder, time, signal, niceness } = errand;
  const report = join(reportFolder, `pytest-${randomUUID()}.jsonl`);
  const token = randomUUID();
  const cwd = join(root, folder);
  const inner = files?.map((file) => within(file, folder) ?? file);
  const ended = await run({
    command: python.executable,
    args: pytestArguments({
      folder: cwd,
      settingsFile: await settingsFile(learned.project, root),
      others,
      reportFolder,
      files: inner,
    }),
    cwd,
    env: await pytestEnvironment({ env, python, reportFolder, report, token, project: home, lane: root }),
    stdout: { kind: 'collect', limitBytes: keptOutputBytes },
    stderr: { kind: 'collect', limitBytes: keptOutputBytes },
    outputLimitBytes,
    timeoutMs: time.leftMs(),
    signal,
    lowPriority: niceness ?? true,
  });
  const result = underLimit(ended, time);
  const read = await readReport(report, token);
  if (read.kind === 'report') learn(learned, read.report);
  const byName = (path: string): boolean => isTestOf(learned.territory, path);
  const expected = files ?? (await errand.graph)?.files.filter(byName) ?? [...learned.reported];
  const outcome = judgePytest(result, read, { root, expected });
  if (outcome.kind !== 'ran') return outcome;
  remember(learned, outcome.results, files === undefined ? expected : undefined);
  const contradiction = disagreement(reportOf([outcome], undefined), 'pytest');
  if (contradiction === undefined) return outcome;
  const { outputTail } = outcome;
  return { kind: 'broken', reason: 'disagrees', detail: contradiction, outputTail, durationMs: result.durationMs };
}

function reportOf(done: readonly Ran[], graph: ImportGraph | undefined): TestReport {
  const files = [...new Set(done.flatMap(({ results }) => results.files))].sort();
  const imports = files.flatMap((file) => {
    const own = graph === undefined ? undefined : dependencies(file, graph);
    return own === undefined ? [] : [[file, own] as const];
  });
  return {
    runner: projectName,
    tests: done.flatMap(({ results }) => results.tests),
    files,
    imports: Object.fromEntries(imports),
    durationMs: 0,
    exitCode: Math.max(0, ...done.map(({ exitCode }) => exitCode)),
  };
}

function withPlace(outcome: Broken, { project }: Learned, all: readonly Learned[]): Broken {
  if (all.length === 1) return outcome;
  return { ...outcome, detail: `${project.folder === '' ? 'In the root' : `In ${project.folder}`}: ${outcome.detail}` };
}
