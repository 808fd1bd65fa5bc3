/** A reporter for the test runner of Node 20 and later, in the process that starts the one of each file. */
import { resolve } from 'node:path';
import writer from './writer.cjs';

const { Writer, cut, errorOf } = writer;
const report = new Writer();
report.start();

export default async function* (events) {
  const run = new Run(new Set(report.files), process.execArgv.includes('--test-concurrency=1'));
  for await (const { type, data } of events) {
    run.take(type, data);
    // What tests print belongs to the output, where its limit is.
    if (type === 'test:stdout' || type === 'test:stderr') yield data.message;
  }
  run.end();
}

class Run {
  constructor(files, isSerial) {
    this.files = files;
    this.isSerial = isSerial;
    this.tests = [];
    this.failures = [];
    /** Titles of what is open, the outermost first, and how many tests were told before each. */
    this.open = [];
    /** Tests that are written in another file than the one that was run. */
    this.elsewhere = [];
    this.needsSerial = false;
    this.said = new Map();
  }

  take(type, data) {
    if (type === 'test:dequeue' && this.isFile(data)) report.enter(data.file);
    else if (type === 'test:start') this.start(data);
    else if (type === 'test:complete' && this.isFile(data)) this.complete(data);
    else if (type === 'test:pass' || type === 'test:fail') this.settle(type === 'test:pass', data);
    else if (type === 'test:stderr' || type === 'test:diagnostic') this.note(data);
  }

  /** A file is told of like a test of the outermost level, under its own name. */
  isFile({ nesting, name, file }) {
    return nesting === 0 && this.files.has(file) && resolve(name) === file;
  }

  start({ nesting, name }) {
    this.open.length = nesting;
    this.open.push({ name, from: this.tests.length });
  }

  complete({ file }) {
    report.leave(file);
    // Node 20 and 22 do not say which file was run. With one at a time, it is the one that has just ended.
    if (!this.isSerial) return;
    for (const each of this.elsewhere) each.file = file;
    this.elsewhere = [];
  }

  settle(passed, data) {
    if (this.isFile(data)) this.fileEnd(passed, data);
    else if (data.details?.type === 'suite') this.suiteEnd(passed, data);
    else this.testEnd(passed, data);
  }

  testEnd(passed, data) {
    const { nesting, name, details, skip, todo } = data;
    const isSkipped = [skip, todo].some((each) => each !== undefined && each !== false);
    const test = {
      file: this.fileOf(data),
      titles: [...this.open.slice(0, nesting).map((each) => each.name), name],
      status: isSkipped ? 'skipped' : passed ? 'passed' : 'failed',
      durationMs: details?.duration_ms ?? 0,
      errors: passed ? [] : [failureOf(details?.error)],
    };
    this.tests.push(test);
    if (!this.files.has(test.file)) this.elsewhere.push(test);
  }

  fileOf({ entryFile, file }) {
    if (entryFile !== undefined) return entryFile;
    if (!this.files.has(file)) this.needsSerial = true;
    return file ?? '';
  }

  /** A hook that fails makes every test of its suite red, also those that ran before it. */
  suiteEnd(passed, { nesting, details, skip, todo }) {
    const error = details?.error;
    if (passed || skip || todo || error?.failureType === 'subtestsFailed') return;
    const within = this.tests.slice(this.open[nesting]?.from ?? this.tests.length);
    for (const test of within.filter(({ status }) => status !== 'skipped')) {
      test.status = 'failed';
      test.errors = [failureOf(error)];
    }
  }

  /** Only told of a file without tests (a script that may fail), or where the file itself failed. */
  fileEnd(passed, { file, details }) {
    const hasTests = this.tests.some((test) => test.file === file);
    const durationMs = details?.duration_ms ?? 0;
    if (passed) {
      this.tests.push({ file, titles: ['(file)'], status: 'passed', durationMs });
      return;
    }
    const failure = { file, error: this.saidBy(file, details?.error) };
    const isLate = failure.error.message.includes('generated asynchronous activity');
    // It may have ended before all of its tests had run: those are missing, as in a file that cannot be loaded.
    if (!isLate) this.failures.push(['load', failure]);
    if (hasTests) this.failures.push(['unhandled', failure]);
  }

  note(data) {
    const file = data.entryFile ?? data.file;
    if (file === undefined) return;
    const said = this.said.get(file) ?? '';
    if (said.length < 16_000) this.said.set(file, `${said}${data.message}${data.message.endsWith('\n') ? '' : '\n'}`);
  }

  /** What a process that ended badly has printed: Node keeps no error of it. */
  saidBy(file, error) {
    const lines = (this.said.get(file) ?? '').split('\n');
    const telling = lines.filter(
      (line) => line.trim() !== '' && !/^\s+at |^node:internal|^Node\.js v|^\s*\^+$/.test(line),
    );
    if (telling.length === 0) return failureOf(error);
    return { name: '', message: cut(telling.join('\n')), diff: '', stack: cut(lines.join('\n')) };
  }

  end() {
    for (const test of this.tests) report.test(test);
    for (const [kind, failure] of this.failures) report.failure(kind, failure);
    report.finish([...this.files], { needsSerial: this.needsSerial && !this.isSerial });
  }
}

/** Node wraps what a test has thrown. */
function failureOf(error) {
  const cause = error?.code === 'ERR_TEST_FAILURE' ? error.cause : error;
  return errorOf(cause ?? error?.message ?? 'The test failed.');
}
