import { describe, expect, test } from 'vitest';
import type { ProcessEnd, ProcessResult } from '../../src/process/types.ts';
import { judgeRun } from '../../src/runners/vitest/judge.ts';
import type { RawModule, RawReport, RawTest, ReadReport } from '../../src/runners/vitest/raw-report.ts';

const root = '/lane';

function ended(end: ProcessEnd, stdout = '', stderr = ''): ProcessResult {
  return { end, stdout, stderr, droppedBytes: 0, durationMs: 10, activeMs: 10, reaped: 0, survivors: [] };
}
const exited = (code: number, stdout = '', stderr = '') => ended({ kind: 'exited', code }, stdout, stderr);

const error = { name: 'Error', message: 'boom', diff: '', stack: '' };

function rawTest(part: Partial<RawTest>): RawTest {
  return { titles: ['a'], mode: 'run', state: 'pass', durationMs: 1, retries: 0, errors: [], hookErrors: [], ...part };
}

function rawModule(part: Partial<RawModule>): RawModule {
  const tests = part.tests ?? [rawTest({})];
  return {
    project: '',
    file: `${root}/a.test.js`,
    typecheck: false,
    state: 'pass',
    mode: 'run',
    errors: [],
    ...part,
    tests,
  };
}

function read(part: Partial<RawReport>): ReadReport {
  const modules = part.modules ?? [];
  const report: RawReport = {
    token: 't',
    version: '5.0.0',
    phase: 'finished',
    ignoresUnhandled: false,
    running: [],
    paths: modules.map(({ file }) => file),
    projects: [],
    configFiles: [],
    workers: [],
    unhandled: [],
    edges: {},
    ...part,
    modules,
  };
  return { kind: 'report', report };
}

const green = read({ modules: [rawModule({})] });
const red = read({ modules: [rawModule({ state: 'fail', tests: [rawTest({ state: 'fail', errors: [error] })] })] });

describe('the exit code and the report have to agree', () => {
  test.each([
    { report: green, code: 0, kind: 'report' },
    { report: red, code: 1, kind: 'report' },
    { report: red, code: 0, kind: 'broken' },
    { report: green, code: 1, kind: 'broken' },
  ])('exit code $code makes it $kind', ({ report, code, kind }) => {
    const run = judgeRun(exited(code), report, root);
    expect(run).toMatchObject(kind === 'report' ? { kind } : { kind, reason: 'disagrees' });
  });

  test('unhandled errors that the project ignores are not red', () => {
    const unhandled = [{ ...error, type: 'Unhandled Rejection', file: '' }];
    const ignoring = read({ modules: [rawModule({})], unhandled, ignoresUnhandled: true });
    expect(judgeRun(exited(0), ignoring, root)).toMatchObject({ kind: 'report' });
    expect(judgeRun(exited(0), read({ modules: [rawModule({})], unhandled }), root)).toMatchObject({
      reason: 'disagrees',
    });
  });
});

describe('VERIFY-6: what ends without a finished report is broken, with its reason', () => {
  const missing: ReadReport = { kind: 'missing' };
  test.each([
    { name: 'a set-up fault', end: exited(1, '', 'Error: Unknown option'), report: missing, reason: 'configuration' },
    { name: 'no report and no error', end: exited(0), report: missing, reason: 'crashed' },
    {
      name: 'an end before the tests',
      end: exited(0),
      report: read({ phase: 'started' }),
      reason: 'crashed',
    },
    { name: 'a signal', end: ended({ kind: 'signalled', signal: 'SIGKILL' }), report: green, reason: 'crashed' },
    {
      name: 'a report that is not ours',
      end: exited(0),
      report: { kind: 'unreadable', problem: 'it is not from this run' } as const,
      reason: 'crashed',
    },
    {
      name: 'the output limit',
      end: ended({ kind: 'output-limit', limitBytes: 1024 * 1024 }),
      report: missing,
      reason: 'too-much-output',
    },
    {
      name: 'a command that is not there',
      end: ended({ kind: 'could-not-start', code: 'ENOENT', message: 'no node' }),
      report: missing,
      reason: 'could-not-start',
    },
  ])('$name: $reason', ({ end, report, reason }) => {
    expect(judgeRun(end, report, root)).toMatchObject({ kind: 'broken', reason, durationMs: 10 });
  });

  test('a time limit names what was running', () => {
    const limit = ended({ kind: 'timed-out', limit: 'total', afterMs: 1_500 });
    const running = ['a', 'b', 'c', 'd'].map((name) => `${root}/${name}.test.js`);
    expect(judgeRun(limit, read({ phase: 'started', running }), root)).toMatchObject({
      reason: 'timed-out',
      detail: 'The tests did not end within 1.5 seconds. Still running: a.test.js, b.test.js, c.test.js and 1 more.',
    });
    expect(judgeRun(limit, green, root)).toMatchObject({ detail: expect.stringContaining('All tests were done') });
  });

  test.each([
    '[vitest-worker]: Timeout calling "onTaskUpdate"',
    '[vitest-pool]: Failed to start forks worker for test files /lane/a.test.js.',
    '[vitest-pool]: Timeout starting forks runner.',
  ])('%s is a fault of the runner, not of a test', (message) => {
    const unhandled = [{ ...error, message, type: 'Unhandled Error', file: '' }];
    expect(judgeRun(exited(1), read({ modules: [rawModule({})], unhandled }), root)).toMatchObject({
      kind: 'broken',
      reason: 'crashed',
    });
  });

  test('browser mode', () => {
    const project = {
      base: root,
      include: [],
      exclude: [],
      typecheckInclude: [],
      setupFiles: [],
      supportFiles: [],
      mappings: [],
    };
    const report = read({ phase: 'started', projects: [{ ...project, name: 'web', browser: true }] });
    expect(judgeRun(exited(1), report, root)).toMatchObject({ reason: 'configuration', detail: /browser mode/ });
  });
});

test('nothing to run is no fault', () => {
  expect(judgeRun(exited(0), read({}), root)).toEqual({ kind: 'no-tests', durationMs: 10 });
  expect(judgeRun(ended({ kind: 'cancelled', reason: 'stop' }), green, root)).toEqual({ kind: 'cancelled' });
});

test('F70: tests that did not finish, and files that vitest lost, are red', () => {
  const modules = [
    rawModule({ state: 'fail', tests: [rawTest({ state: 'run' }), rawTest({ titles: ['b'], state: '' })] }),
  ];
  const lost = read({ modules, paths: [`${root}/a.test.js`, `${root}/lost.test.js`] });
  const run = judgeRun(exited(1), lost, root);
  expect(run.kind === 'report' && run.report.tests.map(({ id, status }) => `${id} ${status}`)).toEqual([
    '|a.test.js|a|1 failed',
    '|a.test.js|b|1 failed',
    '|lost.test.js|(load) failed',
  ]);
});

test('a type check of the same file has ids of its own', () => {
  const run = judgeRun(exited(0), read({ modules: [rawModule({}), rawModule({ typecheck: true })] }), root);
  expect(run.kind === 'report' && run.report.tests.map(({ id }) => id)).toEqual([
    '|a.test.js|a|1',
    ' (types)|a.test.js|a|1',
  ]);
});

test('the tail of the output has no colours, no place of the lane, and at most 8,000 characters', () => {
  const loud = `\u001b[31m${root}/src/a.js\u001b[0m ${'x'.repeat(20_000)} file://${root}/end.js`;
  const run = judgeRun(exited(0, loud, loud), green, root);
  expect(run.kind === 'report' && run.outputTail).toMatch(/x end\.js$/);
  expect(run.kind === 'report' && run.outputTail.length).toBeLessThanOrEqual(8_000);
});
