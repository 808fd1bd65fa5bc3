/**
 * A jest (27 to 30) that has read the project's settings and looked through its files, has loaded what its tests need,
 * and has run a test of ours. Then it waits for one line on its standard input, is the command line of jest, once, and
 * ends. No test of the project has run in it before. Where what it has read is no longer what is there, it ends without
 * a report, and its caller begins from the beginning.
 *
 * Plain JavaScript, run by whatever Node the project uses.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { become, errand } from '../javascript/errand.mjs';
import { differences, isUnderModules, look, noteReads, SETTINGS, Unfit } from '../javascript/look.mjs';

const STALE = 3;
const UNFIT = 4;
const LONGEST_OPENING_MS = 30_000;
const TRANSFORMED_WITHIN_MS = 1_500;
const REHEARSAL = fileURLToPath(new URL('./rehearsal.cjs', import.meta.url));

// In place: the parser of the command line keeps the array.
const [, jest, root, kept, options] = process.argv.splice(1);
const executable = join(jest, 'bin', 'jest.js');
process.argv.push(executable);
const settings = new Set();
const cache = ownCache();

const asked = errand();
const { title } = process;
process.title = `jest (warm) ${process.cwd()}`;
const isLate = setTimeout(() => process.exit(UNFIT), LONGEST_OPENING_MS);
const seen = await open().catch(() => process.exit(UNFIT));
clearTimeout(isLate);
const order = await asked;
if (order === undefined || isStale()) {
  rmSync(cache, { recursive: true, force: true });
  process.exit(order === undefined ? 0 : STALE);
}
process.title = title;
await become(executable, { ...order, args: [...order.args, `--cacheDirectory=${cache}`] });

/** For this process alone, since what it holds is worth no more than what the process has read. The next one removes it. */
function ownCache() {
  const name = `jest-${createHash('sha256').update(process.cwd()).digest('hex').slice(0, 16)}`;
  mkdirSync(kept, { recursive: true });
  for (const each of readdirSync(kept)) {
    if (each.startsWith(`${name}-`) && !isAlive(Number(each.slice(name.length + 1)))) {
      rmSync(join(kept, each), { recursive: true, force: true });
    }
  }
  return join(kept, `${name}-${process.pid}`);
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function open() {
  const found = look(root);
  process.env.NODE_ENV ??= 'test';
  const cli = createRequire(createRequire(join(jest, 'package.json')).resolve('jest-cli'));
  const core = createRequire(cli.resolve('@jest/core'));
  const argv = await argumentsOf(cli);
  const { globalConfig, configs } = await noteReads(
    () => core('jest-config').readConfigs(argv, [process.cwd()]),
    settings,
    root,
  );
  const [config] = configs;
  if (configs.length !== 1 || hasUntoldSettings(found)) throw new Unfit('it cannot be told what its settings are');
  const { default: Runtime = core('jest-runtime') } = core('jest-runtime');
  const { maxWorkers } = globalConfig;
  const context = await Runtime.createContext(config, { console, maxWorkers, watch: false, watchman: false });
  // Whatever is not loaded by this, the run will load, or say why it cannot.
  for (const name of ['@jest/reporters', '@jest/test-sequencer', 'jest-resolve-dependencies'])
    attempt(() => core(name));
  await transformSome(core, context).catch(() => undefined);
  await rehearse(core, globalConfig, context).catch(() => undefined);
  return found;
}

function argumentsOf(cli) {
  const words = [...JSON.parse(options), '--ci', '--watchman=false', '--coverage=false', `--cacheDirectory=${cache}`];
  // Only jest 30 gives it to others.
  const build = dirname(cli.resolve('jest-cli'));
  const places = [() => cli('jest-cli'), () => cli(join(build, 'run.js')), () => cli(join(build, 'cli', 'index.js'))];
  const found = places.map(attempt).find((each) => each?.buildArgv !== undefined);
  return found.buildArgv(words);
}

/** What settings that are no CommonJS import, leaves no trace. */
function hasUntoldSettings(found) {
  return [...found.keys()].some(
    (path) =>
      /\.config\.\w*[jt]s$/.test(path) &&
      !isUnderModules(path) &&
      /['"`]\.{1,2}\//.test(readFileSync(path, 'utf8')) &&
      !createRequire(import.meta.url).cache[path],
  );
}

async function transformSome(core, { config, hasteFS }) {
  const { createScriptTransformer } = core('@jest/transform');
  const transformer = await createScriptTransformer(config, new Map());
  const until = performance.now() + TRANSFORMED_WITHIN_MS;
  const how = {
    instrument: false,
    supportsDynamicImport: typeof vm.SourceTextModule === 'function',
    supportsExportNamespaceFrom: false,
    supportsStaticESM: false,
    supportsTopLevelAwait: false,
  };
  for (const path of hasteFS.getAllFiles()) {
    if (performance.now() > until) return;
    if (!transformer.shouldTransform(path) || isUnderModules(path) || !/\.[cm]?[jt]sx?$/.test(path)) continue;
    attempt(() => transformer.transformSource(path, readFileSync(path, 'utf8'), how));
  }
}

/** What cannot be loaded or transformed now is no business of anybody's yet. */
function attempt(act) {
  try {
    return act();
  } catch {
    return undefined;
  }
}

async function rehearse(core, globalConfig, context) {
  const { config } = context;
  if (config.runner !== core.resolve('jest-runner')) return;
  const { default: Runner = core('jest-runner') } = core('jest-runner');
  const { TestWatcher } = core('jest-watcher');
  const runner = new Runner(globalConfig, {});
  const test = { context, path: REHEARSAL };
  const nothing = async () => undefined;
  // Jest 27 tells by calling, later ones by events.
  const told = runner.runTests.length > 3 ? [nothing, nothing, nothing] : [];
  await runner.runTests([test], new TestWatcher({ isWatchMode: false }), ...told, { serial: true });
}

function isStale() {
  const { cache: loaded } = createRequire(import.meta.url);
  const isRead = (path) => settings.has(path) || loaded[path] !== undefined;
  try {
    return differences(seen, look(root)).some(
      ([path, kind]) =>
        isRead(path) ||
        SETTINGS.test(path) ||
        isUnderModules(path) ||
        (kind !== 'changed' && settings.has(dirname(path))),
    );
  } catch {
    return true;
  }
}
