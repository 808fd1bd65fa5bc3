/** A reporter for mocha 8 and later, with files one after another or in parallel. */
const { readFileSync } = require('node:fs');
const { join, resolve } = require('node:path');
const { Writer, errorOf } = require('./writer.cjs');

const { loadTitle } = JSON.parse(readFileSync(join(__dirname, 'plugin.json'), 'utf8'));

module.exports = class JsonForMendwatch {
  constructor(runner, options) {
    this.writer = new Writer();
    this.told = new Map();
    this.files = new Set();
    this.tries = new Map();
    this.runner = runner;
    this.writer.start();
    runner.on('test', (test) => this.enter(fileOf(test)));
    runner.on('pass', (test) => this.tell(test, 'passed'));
    runner.on('pending', (test) => this.tell(test, 'skipped'));
    runner.on('fail', (runnable, error) => this.fail(runnable, error));
    runner.on('retry', (test, error) => this.tries.set(keyOf(test), error));
    runner.once('end', () => this.finish(options));
  }

  enter(file) {
    if (file === '' || file === this.running) return;
    if (this.running !== undefined) this.writer.leave(this.running);
    this.running = file;
    this.writer.enter(file);
  }

  tell(test, status, error) {
    const file = fileOf(test);
    const retries = status === 'passed' ? (test.currentRetry?.() ?? 0) : 0;
    const shown = error ?? (retries > 0 ? this.tries.get(keyOf(test)) : undefined);
    this.told.set(originalOf(test), {
      file,
      titles: test.titlePath(),
      status,
      durationMs: test.duration ?? 0,
      retries,
      errors: shown === undefined ? [] : [errorOf(shown)],
    });
    if (file !== '') this.files.add(file);
  }

  fail(runnable, error) {
    const { title, type } = runnable;
    const file = fileOf(runnable);
    if (title === loadTitle) this.writer.failure('load', { file, error: errorOf(error) });
    else if (type === 'hook') this.hook(runnable, error);
    else if (type === 'test') this.tell(runnable, 'failed', error);
    // Mocha makes a runnable of its own for what nobody caught.
    else this.writer.failure('unhandled', { file, error: errorOf(error) });
    if (file !== '') this.files.add(file);
  }

  /** A hook that fails makes every test of its suite red, also those that ran before it. */
  hook(hook, error) {
    const suite = hook.parent;
    if (typeof suite?.eachTest === 'function') {
      suite.eachTest((test) => {
        if (!test.isPending()) this.tell(test, 'failed', error);
      });
      return;
    }
    // In parallel, the tests of the suite are not known here: those that are missing are red with the file.
    const failure = { file: fileOf(hook), error: errorOf(error) };
    this.writer.failure('load', failure);
    this.writer.failure('unhandled', failure);
  }

  finish(options) {
    // What was not reached without an error is left out by the person: `.only`, a pattern of titles.
    this.runner.suite?.eachTest?.((test) => {
      if (!this.told.has(originalOf(test))) this.tell(test, 'skipped');
    });
    for (const test of this.told.values()) if (test.titles.at(-1) !== loadTitle) this.writer.test(test);
    const named = [options?.require, options?.file].flat().filter((each) => typeof each === 'string');
    const spec = [options?.spec].flat().filter((each) => typeof each === 'string');
    const finish = () => this.writer.finish([...this.files], { support: named.map((path) => resolve(path)), spec });
    finish();
    // What a test has left behind and nobody catches ends the process when all is told.
    process.on('uncaughtExceptionMonitor', (error) => {
      this.writer.failure('unhandled', { error: errorOf(error) });
      finish();
    });
  }
};

function fileOf({ file, parent }) {
  return file ?? parent?.file ?? '';
}

/** Each try of a test is a copy of it. */
function originalOf(test) {
  return test.retriedTest?.() || test;
}

function keyOf(test) {
  return `${fileOf(test)} ${test.titlePath().join(' ')}`;
}
