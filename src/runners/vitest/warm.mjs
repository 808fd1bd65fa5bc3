/**
 * A vitest (4 or 5) that is kept from one triage to the next, so that what has not changed need not be transformed
 * again. It runs what depends on the given files, each test file in a process or thread of its own. What changed it finds
 * by looking at every file of the project; whatever it could not know for certain to be the same ends it, and its caller
 * begins from the beginning.
 *
 * Plain JavaScript, run by whatever Node the project uses. One line of JSON on its standard input is one request; it
 * answers with one line on each output, which begins with the token of the request. Only that a run is to be expected is
 * not answered: then the processes of its test files are started.
 */
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { differences, isUnderModules, look, noteReads, SETTINGS, stampOf, Unfit } from '../javascript/look.mjs';
import { forksOf } from './forks.mjs';

const [, , library, reporterFile] = process.argv;
const root = process.cwd();
/** Plugins of the project that look at nothing but the module they are given and at settings. */
const KNOWN_PLUGINS = /^vite:react|^vite-tsconfig-paths$/;
const SOURCE = /\.([cm]?[jt]sx?|json)$/;

let vitest;
let reporter;
let forks;
let seen;
const settings = new Set();
/** Modules that do not lie among the files of the project: packages that are transformed. */
const outside = new Map();

process.title = `vitest (warm) ${root}`;
// What vitest has transformed lies in the system's temporary folder, and only its own end would remove it.
process.on('exit', () => vitest?._tmpDir && rmSync(vitest._tmpDir, { recursive: true, force: true }));
process.on('SIGTERM', () => process.exit(143));
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  if (request.kind === 'expect') {
    forks?.prepare();
    continue;
  }
  let answer;
  try {
    answer = await (request.kind === 'open' ? open(request) : run(request));
  } catch (error) {
    answer = { kind: error instanceof Unfit ? 'unfit' : 'odd', why: String(error?.message ?? error).slice(0, 300) };
  }
  const text = `\n${request.token} ${JSON.stringify(answer)}\n`;
  process.stdout.write(text);
  process.stderr.write(text);
  if (answer.kind !== 'done' && answer.kind !== 'ready') break;
}
process.exit(0);

async function open({ args }) {
  seen = look(root);
  const { createVitest, parseCLI } = await import(pathToFileURL(library).href);
  forks = await forksOf(library).catch(() => undefined);
  const { default: Reporter } = await import(pathToFileURL(reporterFile).href);
  reporter = new Reporter();
  // As the command line does it.
  process.env.TEST = 'true';
  process.env.VITEST = 'true';
  process.env.NODE_ENV ??= 'test';
  const { options } = parseCLI(['vitest', ...args]);
  delete options.reporter;
  let plugins = [];
  const listener = {
    name: 'vitest:mendwatch',
    async config(config) {
      plugins = (await Promise.all((config.plugins ?? []).flat(Infinity))).flat(Infinity).filter(Boolean);
    },
  };
  const whole = { ...options, reporters: [reporter], watch: false, run: true };
  vitest = await noteReads(() => createVitest('test', whole, { plugins: [listener] }), settings, root);
  const [project] = vitest.projects;
  const reason = reasonAgainst(project, plugins);
  if (reason !== undefined) throw new Unfit(reason);
  const { config } = vitest.vite;
  for (const file of [config.configFile, ...(config.configFileDependencies ?? []), ...project.config.setupFiles]) {
    if (typeof file === 'string') settings.add(resolve(root, file));
  }
  await transformAll();
  noteOutside();
  return { kind: 'ready' };
}

function reasonAgainst(project, plugins) {
  const { config } = project;
  if (vitest.projects.length !== 1 || project.vite !== vitest.vite) return 'it has several projects';
  if (config.isolate !== true || !['forks', 'threads'].includes(config.pool)) return 'its test files are not isolated';
  if ([config.globalSetup].flat().some(Boolean)) return 'it has a global set-up, which would go on while nothing runs';
  if (config.typecheck?.enabled || config.browser?.enabled) return 'it checks types or needs a browser';
  if (Object.values(config.deps?.optimizer ?? {}).some((each) => each?.enabled)) return 'it bundles its packages';
  const own = plugins.map(({ name }) => name ?? '').filter((name) => !name.startsWith('vitest'));
  const unknown = own.find((name) => !KNOWN_PLUGINS.test(name));
  if (unknown !== undefined) return `its plugin ${unknown} may depend on anything`;
  const { filesMap, pathsSet, idMap, errorsSet } = vitest.state;
  const isKnown = [filesMap, pathsSet, idMap, errorsSet].every((each) => typeof each?.clear === 'function');
  return isKnown ? undefined : 'its vitest keeps its results elsewhere';
}

/** What every request needs in any case: it finds what depends on a file by its modules. */
async function transformAll() {
  vitest.config.related = [resolve(root, 'node_modules', '.mendwatch-nothing')];
  const specs = await vitest.globTestSpecifications([]);
  await vitest.specifications.filterTestsBySource(specs).catch(() => []);
}

async function run({ files, report, secret }) {
  const now = look(root);
  const stale = takeIn(now);
  if (stale !== undefined) return { kind: 'stale', why: stale };
  seen = now;
  forgetResults();
  forks?.countAnew();
  reporter.begin(report, secret);
  process.exitCode = undefined;
  vitest.config.related = files;
  try {
    await vitest.start([]);
  } catch (error) {
    if (error?.code !== 'VITEST_FILES_NOT_FOUND') throw error;
  }
  reporter.write();
  noteOutside();
  const isDoubtful = vitest.state.getUnhandledErrors().length > 0;
  return { kind: 'done', code: process.exitCode ?? 0, rssBytes: process.memoryUsage().rss, isDoubtful };
}

/** Lets go of the modules that have changed; a reason where that would not be enough. */
function takeIn(now) {
  for (const [path, stamp] of outside) if (stampOf(path) !== stamp) return `${path} has changed`;
  const changed = [];
  for (const [path, kind] of differences(seen, now)) {
    if (kind !== 'changed') return `${path} is ${kind}`;
    if (settings.has(path) || SETTINGS.test(path) || !SOURCE.test(path) || isUnderModules(path))
      return `${path} has changed`;
    if (!graphs().some((graph) => graph.getModulesByFile(path)?.size > 0)) return `${path} is no module`;
    changed.push(path);
  }
  for (const path of changed) vitest.invalidateFile(path);
  return undefined;
}

function forgetResults() {
  const { state } = vitest;
  for (const each of [state.filesMap, state.pathsSet, state.idMap, state.errorsSet, state.leakSet]) each?.clear();
  vitest.clearSpecificationsCache();
  vitest.isFirstRun = true;
}

function noteOutside() {
  for (const graph of graphs()) {
    for (const path of graph.fileToModulesMap.keys()) {
      if (path.startsWith('/') && !seen.has(path) && !outside.has(path)) outside.set(path, stampOf(path));
    }
  }
}

function graphs() {
  return Object.values(vitest.vite.environments).map(({ moduleGraph }) => moduleGraph);
}
