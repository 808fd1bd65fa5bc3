/**
 * What the reporters beside this file have in common: they run inside the project's own test runner and write what they
 * saw as JSON for `raw-run.ts`, which is the other half of this contract. Plain JavaScript for any Node that a project
 * uses. They decide nothing: what is red and what is not is judged outside.
 */
const { existsSync, readFileSync, renameSync, rmSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const textLimit = 16_000;
const mostErrors = 3;

/** Where the report goes and the word that proves it. It is gone from the disk before the first test is loaded. */
function takeErrand() {
  const path = join(__dirname, 'errand.json');
  if (!existsSync(path)) return undefined;
  const errand = JSON.parse(readFileSync(path, 'utf8'));
  rmSync(path);
  return errand;
}

const cut = (value, limit = textLimit) => {
  try {
    return value === undefined || value === null ? '' : String(value).slice(0, limit);
  } catch {
    return '(cannot be shown)';
  }
};

function errorOf(error, depth = 3) {
  if (error === null || typeof error !== 'object') return { name: '', message: cut(error), diff: '', stack: '' };
  const stack = cut(error.stack);
  // A file that cannot be parsed is only named before the message.
  const place = error.name === 'SyntaxError' ? stack.slice(0, Math.max(0, stack.indexOf('SyntaxError'))).trimEnd() : '';
  return {
    name: cut(error.name, 200),
    message: place === '' ? cut(error.message) : `${cut(error.message, 4_000)}\n${place}`,
    diff: '',
    stack,
    ...(error.cause && depth > 0 ? { cause: errorOf(error.cause, depth - 1) } : {}),
  };
}

class Writer {
  #errand = takeErrand();
  #tests = [];
  #failures = [];
  #running = new Set();

  /** The folder of the runner's package. */
  get runner() {
    return this.#errand?.runner;
  }

  /** Absolute paths of the test files that are to run, where the runner was given them one by one. */
  get files() {
    return this.#errand?.files ?? [];
  }

  /** Says that the runner has come so far as to load its reporter. */
  start(about = {}) {
    this.#put('', { phase: 'started', files: [], tests: [], failures: [], ...about });
  }

  /** After a time limit this says where the tests were. */
  enter(file) {
    this.#running.add(file);
    this.#put('.running', { running: [...this.#running].slice(0, 50) });
  }

  leave(file) {
    this.#running.delete(file);
    this.#put('.running', { running: [...this.#running].slice(0, 50) });
  }

  /** `project` is what the runner calls a project of its own, else empty. */
  test({ project = '', file, titles, status, durationMs, errors = [], retries = 0 }) {
    this.#tests.push({
      project: cut(project, 500),
      file,
      titles: titles.map((title) => cut(title, 2_000)),
      status,
      durationMs: Number.isFinite(durationMs) ? durationMs : 0,
      retries,
      errors: errors.slice(0, mostErrors),
    });
  }

  /** What belongs to no test: a file that cannot be loaded (`load`), an error that nobody caught (`unhandled`). */
  failure(kind, { project = '', file = '', error }) {
    this.#failures.push({ kind, project: cut(project, 500), file, error });
  }

  finish(files, about = {}) {
    this.#put('', { phase: 'finished', files, tests: this.#tests, failures: this.#failures, ...about });
  }

  #put(ending, content) {
    if (this.#errand === undefined) return;
    const { report, token } = this.#errand;
    const path = report + ending;
    writeFileSync(`${path}.tmp`, JSON.stringify({ token, ...content }));
    renameSync(`${path}.tmp`, path);
  }
}

module.exports = { Writer, cut, errorOf };
