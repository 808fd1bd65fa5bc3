/**
 * Runs inside the project's own vitest (1 to 5) and writes what it saw as JSON for `raw-report.ts`, which is the other
 * half of this contract. One self-contained file of plain JavaScript: vitest may load it through the project's Vite,
 * under any Node that the project uses. It decides nothing: what is red and what is not is judged outside.
 *
 * Hooks: `onFinished(files, errors)` in vitest 1 and 2, `onTestRunEnd(modules, errors)` from 3 on (3 calls both). Both
 * lead to the same tree of runner tasks (`module.task` from 3 on), so that only one shape is read.
 */
import { subscribe } from 'node:diagnostics_channel';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';

let reportPath = process.env.MENDWATCH_TEST_REPORT;
let token = process.env.MENDWATCH_TEST_TOKEN;
// Workers inherit the environment at their start, after this file has loaded: tests do not learn where the report goes.
delete process.env.MENDWATCH_TEST_REPORT;
delete process.env.MENDWATCH_TEST_TOKEN;

const ERROR_TEXT_LIMIT = 16_000;
const ERRORS_PER_TASK = 3;
const UNHANDLED_LIMIT = 50;
const PROGRESS_INTERVAL_MS = 1_000;

const cut = (value, limit = ERROR_TEXT_LIMIT) =>
  value === undefined || value === null ? '' : String(value).slice(0, limit);
const list = (value) => (Array.isArray(value) ? value : value ? [value] : []);

export default class JsonForMendwatch {
  constructor() {
    this.ctx = undefined;
    this.about = {};
    this.modes = new Map();
    this.running = new Set();
    this.children = [];
    this.result = undefined;
    this.written = '';
    this.progress = undefined;
  }

  /** In a vitest that is kept (`warm.mjs`), each run begins with this. */
  begin(path, secret) {
    reportPath = path;
    token = secret;
    this.modes.clear();
    this.running.clear();
    this.children = [];
    this.result = undefined;
    this.written = '';
  }

  onInit(ctx) {
    if (this.ctx !== ctx) this.meet(ctx);
    for (const config of [ctx.config, ...projectsOf(ctx).map((project) => project.config)]) lockSnapshots(config);
    this.about = {
      token,
      version: cut(ctx.version, 100),
      ignoresUnhandled: ctx.config.dangerouslyIgnoreUnhandledErrors === true,
      projects: attempt(() => projectsOf(ctx).map(projectOf), []),
      configFiles: attempt(() => configFilesOf(ctx), []),
    };
    this.write();
    // Not supported: end before a browser is started for nothing. The report says why.
    if (this.about.projects.some((project) => project.browser)) process.exit(1);
    // Says after a time limit which files were running.
    clearInterval(this.progress);
    this.progress = setInterval(() => this.write(), PROGRESS_INTERVAL_MS);
    this.progress.unref();
  }

  meet(ctx) {
    this.ctx = ctx;
    for (const name of ['child_process', 'mendwatch:worker'])
      subscribe?.(name, ({ process }) => this.children.push(process));
    mendRelated(ctx);
    this.noticeNothing(ctx);
    process.once('exit', () => this.write());
  }

  /** Vitest 1 and 2 leave without a word to reporters when there is nothing to run; later ones report an empty run. */
  noticeNothing(ctx) {
    if (typeof ctx.filterTestsBySource !== 'function') return;
    const original = ctx.filterTestsBySource.bind(ctx);
    ctx.filterTestsBySource = async (specs) => {
      const kept = await original(specs);
      if (kept.length === 0) this.finish([], []);
      return kept;
    };
  }

  onCollected(files) {
    for (const file of files ?? []) this.rememberModes(file);
  }

  onTestModuleCollected(module) {
    this.rememberModes(module.task);
  }

  onTestModuleStart(module) {
    this.running.add(module.moduleId);
  }

  onTestModuleEnd(module) {
    this.running.delete(module.moduleId);
  }

  onFinished(files, errors) {
    this.finish(files ?? [], errors ?? []);
  }

  onTestRunEnd(modules, errors) {
    this.finish(
      modules.map((module) => module.task),
      errors ?? [],
    );
  }

  // Without a reporter that prints, what tests log would be kept by vitest and never seen; here it reaches the limit of output.
  onUserConsoleLog(log) {
    (log.type === 'stderr' ? process.stderr : process.stdout).write(log.content);
  }

  /** A failing `beforeAll` turns the modes of its tests to `skip`: the mode of the time of collection is the true one. */
  rememberModes(task) {
    if (task === undefined || this.modes.has(task.id)) return;
    this.modes.set(task.id, task.mode);
    for (const child of task.tasks ?? []) this.rememberModes(child);
  }

  /** Everything is read here: when the process ends, the module graphs are already gone. */
  finish(files, errors) {
    if (this.result) return;
    clearInterval(this.progress);
    this.result = {
      errors,
      modules: files.map((file) => this.module(file)),
      edges: attempt(() => edgesOf(this.ctx), {}),
    };
    this.write();
  }

  write() {
    if (!reportPath) return;
    const text = JSON.stringify({ ...this.about, paths: testPathsOf(this.ctx), ...this.outcome() });
    if (text === this.written) return;
    this.written = text;
    writeFileSync(`${reportPath}.tmp`, text);
    renameSync(`${reportPath}.tmp`, reportPath);
  }

  outcome() {
    const { ctx, result } = this;
    if (!result) return { phase: 'started', running: [...this.running], modules: [], unhandled: [], edges: {} };
    // Errors after the last test (a teardown) reach the state alone, before the process ends.
    const unhandled = new Set([...result.errors, ...attempt(() => ctx.state.getUnhandledErrors(), [])]);
    return {
      phase: 'finished',
      running: [],
      workers: workersAmong(this.children),
      modules: result.modules,
      unhandled: [...unhandled].slice(0, UNHANDLED_LIMIT).map((error) => unhandledOf(error, ctx.config.root)),
      edges: result.edges,
    };
  }

  module(file) {
    const tests = [];
    for (const child of file.tasks ?? []) this.collect(child, [], list(file.result?.errors), tests);
    return {
      project: file.projectName ?? '',
      file: file.filepath,
      typecheck: file.pool === 'typescript' || file.meta?.typecheck === true,
      state: file.result?.state ?? '',
      mode: this.modes.get(file.id) ?? file.mode ?? 'run',
      errors: errorsOf(file.result?.errors),
      tests,
    };
  }

  collect(task, titles, hookErrors, tests) {
    const path = [...titles, task.name];
    if (task.type === 'suite') {
      const errors = hookErrors.length > 0 ? hookErrors : list(task.result?.errors);
      for (const child of task.tasks ?? []) this.collect(child, path, errors, tests);
      return;
    }
    tests.push({
      titles: path,
      mode: this.modes.get(task.id) ?? task.mode ?? 'run',
      state: task.result?.state ?? '',
      durationMs: task.result?.duration ?? 0,
      retries: task.result?.retryCount ?? 0,
      errors: errorsOf(task.result?.errors),
      hookErrors: errorsOf(hookErrors),
    });
  }
}

/**
 * A missing snapshot must fail and nothing may be written. `none` would do that, but from vitest 4 on it also fails a
 * file with obsolete snapshots, which a plain local run does not. Any other word than `all` and `new` writes nothing.
 */
function lockSnapshots(config) {
  if (config?.snapshotOptions) config.snapshotOptions.updateSnapshot = 'locked';
}

/**
 * `related` up to vitest 5.0 dies of the first file that cannot be parsed, and forgets what set-up files import; all
 * versions forget some tests whose import is gone. Here they learn to run these: their failure is the news. How tests
 * are found differs between minor versions; that `filterTestsBySource` takes and gives specifications does not.
 */
function mendRelated(ctx) {
  const filter = [ctx.specifications, ctx].find((each) => typeof each?.filterTestsBySource === 'function');
  if (!filter) return;
  const original = filter.filterTestsBySource.bind(filter);
  const knowsSetup = !['getTestDependencies', 'getAffectedModules'].some((name) => typeof filter[name] === 'function');
  filter.filterTestsBySource = async (specs) => {
    const related = list(ctx.config?.related);
    if (related.length === 0) return original(specs);
    const deleted = related.some((file) => !existsSync(file));
    const kept = new Set(await relatedSpecs(original, specs));
    if (!knowsSetup) for (const spec of await bySetup(original, specs)) kept.add(spec);
    if (deleted) for (const spec of byMissingImport(ctx, specs)) kept.add(spec);
    return specs.filter((spec) => kept.has(spec));
  };
}

/** One by one when all at once fails: then only what cannot be loaded counts as related without being asked. */
async function relatedSpecs(original, specs) {
  try {
    return await original(specs);
  } catch {
    const each = await Promise.all(specs.map((spec) => original([spec]).catch(() => [spec])));
    return each.flat();
  }
}

async function bySetup(original, specs) {
  const changed = new Set();
  for (const project of new Set(specs.map((spec) => partsOf(spec).project))) {
    for (const file of list(project.config.setupFiles)) {
      // Vitest 1 reads a specification as a pair, later ones as an object.
      const like = Object.assign([project, file], { project, moduleId: file });
      if ((await relatedSpecs(original, [like])).length > 0) changed.add(project);
    }
  }
  return specs.filter((spec) => changed.has(partsOf(spec).project));
}

function byMissingImport(ctx, specs) {
  // The graphs are complete now: finding the related tests has transformed everything.
  const edges = edgesOf(ctx);
  const broken = new Set(nodesOf(ctx).filter(importsMissing).map(nameOf));
  return specs.filter((spec) => {
    const { project, file } = partsOf(spec);
    return reaches(edges, [file, ...list(project.config.setupFiles)], broken);
  });
}

function partsOf(spec) {
  return { project: spec.project ?? spec[0], file: spec.moduleId ?? spec[1] };
}

/** Vite leaves an import that it cannot resolve as it was written; resolved ones and packages look different. */
function importsMissing(node) {
  const result = node.ssrTransformResult ?? node.transformResult;
  return [...list(result?.deps), ...list(result?.dynamicDeps)].some((dependency) => /^([.#~]|@\/)/.test(dependency));
}

function reaches(edges, roots, wanted) {
  const seen = new Set(roots);
  for (const file of seen) {
    if (wanted.has(file)) return true;
    for (const next of edges[file] ?? []) seen.add(next);
  }
  return false;
}

function attempt(read, otherwise) {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

function projectsOf(ctx) {
  return ctx.projects ?? [];
}

function testPathsOf(ctx) {
  const paths = ctx.state?.pathsSet ?? ctx.state?.getPaths?.() ?? [];
  return [...paths];
}

function projectOf(project) {
  const config = project.config;
  const files = [
    ...list(config.setupFiles),
    ...list(config.globalSetup),
    ...list(config.snapshotSerializers),
    config.runner,
    config.snapshotEnvironment,
    config.environment,
    typeof config.diff === 'string' ? config.diff : undefined,
  ];
  return {
    name: typeof config.name === 'string' ? config.name : (config.name?.label ?? ''),
    base: config.dir ?? config.root,
    include: list(config.include),
    exclude: list(config.exclude),
    typecheckInclude: config.typecheck?.enabled ? list(config.typecheck.include) : [],
    setupFiles: list(config.setupFiles).filter((file) => typeof file === 'string'),
    supportFiles: files.filter((file) => typeof file === 'string' && isAbsolute(file)),
    mappings: attempt(() => mappingsOf(project), []),
    browser: config.browser?.enabled === true,
  };
}

/** `alias` of vitest and of Vite, which vitest puts together. A path may begin at the root, as it does in addresses. */
function mappingsOf(project) {
  const { config } = project.vite ?? project.server;
  return list(config.resolve?.alias)
    .filter(({ find, replacement }) => (typeof find === 'string' || find instanceof RegExp) && replacement)
    .map(({ find, replacement }) => ({
      name: typeof find === 'string' ? find : find.source,
      isPattern: typeof find !== 'string',
      targets: [replacement, join(config.root, replacement)].filter((path) => isAbsolute(path)),
    }));
}

function serversOf(ctx) {
  const servers = [ctx, ...projectsOf(ctx)].map((owner) => owner.vite ?? owner.server);
  return [...new Set(servers.filter(Boolean))];
}

function configFilesOf(ctx) {
  const files = serversOf(ctx).flatMap(({ config }) => [config.configFile, ...list(config.configFileDependencies)]);
  return [...new Set(files.filter((file) => typeof file === 'string'))];
}

function nodesOf(ctx) {
  const graphs = serversOf(ctx).flatMap((server) =>
    server.environments
      ? Object.values(server.environments).map(({ moduleGraph }) => moduleGraph)
      : [server.moduleGraph],
  );
  return graphs.flatMap((graph) => [...(graph?.idToModuleMap?.values() ?? [])]);
}

/** Direct imports between files outside `node_modules`, over all module graphs; a virtual module keeps its id. */
function edgesOf(ctx) {
  const edges = {};
  for (const node of nodesOf(ctx)) addEdges(edges, node);
  return Object.fromEntries(Object.entries(edges).map(([from, to]) => [from, [...to]]));
}

function addEdges(edges, node) {
  const from = nameOf(node);
  if (from === undefined) return;
  for (const imported of node.importedModules ?? []) {
    const to = nameOf(imported);
    if (to === undefined || to === from) continue;
    edges[from] ??= new Set();
    edges[from].add(to);
  }
}

function nameOf(node) {
  const name = node.file ?? node.id;
  return typeof name === 'string' && !name.includes('/node_modules/') ? name : undefined;
}

function errorsOf(errors) {
  return list(errors)
    .slice(0, ERRORS_PER_TASK)
    .map((error) => errorOf(error, 3));
}

function errorOf(error, depth) {
  if (error === null || typeof error !== 'object') return { name: '', message: cut(error), diff: '', stack: '' };
  const frames = Array.isArray(error.stacks)
    ? error.stacks
        .slice(0, 50)
        .map(({ file, line, column, method }) => ({ file: cut(file, 4_000), line, column, method: cut(method, 200) }))
    : undefined;
  return {
    name: cut(error.name ?? error.nameStr, 200),
    message: cut(error.message),
    diff: cut(error.diff),
    stack: cut(error.stack ?? error.stackStr),
    ...(frames ? { frames } : {}),
    ...(error.cause && depth > 0 ? { cause: errorOf(error.cause, depth - 1) } : {}),
  };
}

// Vitest 1 and 2 give the file relative to the root of the run, later ones as an absolute path.
function unhandledOf(error, root) {
  const path = error?.VITEST_TEST_PATH;
  return {
    ...errorOf(error, 3),
    type: cut(error?.type, 100),
    file: typeof path === 'string' ? resolve(root, path) : '',
  };
}

/** With which arguments of Node the processes for test files were started, one list for each. */
function workersAmong(children) {
  return children
    .map(({ spawnargs }) => list(spawnargs).map(String))
    .filter((args) => /[\\/]vitest[\\/]dist[\\/]workers[\\/]forks\.js$/.test(args.at(-1) ?? ''))
    .map((args) => args.slice(1, -1));
}
