/** A reporter for jest 27 to 30. */
const { createRequire } = require('node:module');
const { join } = require('node:path');
const { Writer, cut } = require('./writer.cjs');

const edgesWithinMs = 5_000;

module.exports = class JsonForMendwatch {
  constructor(globalConfig) {
    this.globalConfig = globalConfig;
    this.writer = new Writer();
    this.tests = new Map();
    this.writer.start();
  }

  onTestFileStart(test) {
    this.writer.enter(test.path);
  }

  onTestFileResult(test, result) {
    this.writer.leave(test.path);
    this.tests.set(`${test.context.config.id ?? test.context.config.name} ${test.path}`, test);
    const project = projectOf(test);
    const file = test.path;
    for (const each of result.testResults) this.writer.test(testOf(each, project, file));
    const hasTests = result.testResults.length > 0;
    const error = result.testExecError;
    // Beside tests it is an error of a hook after all of them, or one that nobody caught.
    if (error && hasTests)
      this.writer.failure('unhandled', { project, file, error: parsed(error.stack || error.message) });
    else if (result.failureMessage && !hasTests) {
      const text = result.failureMessage.replace(/^\s*●[^\n]*\n\s*/, '');
      this.writer.failure('load', { project, file, error: parsed(text) });
    }
  }

  onRunComplete(contexts, results) {
    if (results.wasInterrupted) return;
    if (results.runExecError) {
      this.writer.failure('unhandled', { error: parsed(results.runExecError.stack ?? results.runExecError.message) });
    }
    const tests = [...this.tests.values()];
    const configs = [...contexts].map(({ config }) => configOf(config, this.globalConfig));
    const files = [...new Set(tests.map(({ path }) => path))];
    this.writer.finish(files, { configs, edges: attempt(() => edgesOf(tests, this.writer.runner), {}) });
  }
};

function projectOf(test) {
  const name = test.context.config.displayName;
  return typeof name === 'string' ? name : (name?.name ?? '');
}

const states = { passed: 'passed', failed: 'failed' };

function testOf(result, project, file) {
  const retries = Math.max(0, (result.invocations ?? 1) - 1);
  const messages = result.failureMessages ?? [];
  return {
    project,
    file,
    titles: [...result.ancestorTitles, result.title],
    status: states[result.status] ?? 'skipped',
    durationMs: result.duration ?? 0,
    retries,
    errors: (messages.length > 0 ? messages : (result.retryReasons ?? [])).map(parsed),
  };
}

/** Jest gives a failure as one text: the message, then the stack. */
function parsed(text) {
  const whole = cut(text);
  const at = whole.search(/\n\s+at .+:\d+:\d+\)?/);
  return { name: '', message: at < 0 ? whole : whole.slice(0, at), diff: '', stack: at < 0 ? '' : whole.slice(at) };
}

const list = (value) => (Array.isArray(value) ? value : value ? [value] : []);

function configOf(config, { testSequencer } = {}) {
  const named = [
    ...list(config.setupFiles),
    ...list(config.setupFilesAfterEnv),
    ...list(config.globalSetup),
    ...list(config.globalTeardown),
  ];
  const tools = [
    ...list(config.snapshotSerializers),
    ...list(config.transform).map(([, path]) => path),
    ...[config.testEnvironment, config.runner, config.resolver, config.snapshotResolver, config.testRunner],
    ...[config.dependencyExtractor, testSequencer],
  ];
  return {
    rootDir: config.rootDir,
    roots: list(config.roots),
    testMatch: list(config.testMatch),
    testRegex: list(config.testRegex).map((pattern) => (typeof pattern === 'string' ? pattern : pattern.source)),
    ignored: list(config.testPathIgnorePatterns),
    support: named.filter((path) => typeof path === 'string'),
    tools: tools.filter((path) => typeof path === 'string'),
    mappings: list(config.moduleNameMapper).map(([name, to]) => ({ name, isPattern: true, targets: list(to) })),
  };
}

/** Direct imports, as jest itself resolves them, of all files that the tests reach. */
function edgesOf(tests, jest) {
  const core = createRequire(join(jest, 'package.json')).resolve('@jest/core');
  const { DependencyResolver } = createRequire(core)('jest-resolve-dependencies');
  const resolvers = new Map();
  const until = Date.now() + edgesWithinMs;
  const edges = {};
  for (const { context, path } of tests) {
    if (!resolvers.has(context)) resolvers.set(context, new DependencyResolver(context.resolver, context.hasteFS));
    const resolver = resolvers.get(context);
    const waiting = [path];
    for (const file of waiting) {
      if (edges[file] !== undefined) continue;
      if (Date.now() > until) return {};
      edges[file] = attempt(() => resolver.resolve(file), []).filter(
        (each) => typeof each === 'string' && !each.includes('/node_modules/') && context.hasteFS.exists(each),
      );
      waiting.push(...edges[file]);
    }
  }
  return edges;
}

function attempt(read, otherwise) {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
