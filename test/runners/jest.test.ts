import { mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { TestReport, TestRun } from '../../src/domain/tests.ts';
import { javascriptSample, packageFolder } from '../rig/javascript-project.ts';
import { everyOutcome, everyStatus } from './jest-sample.ts';
import { messageOf, reportOf, type Sample, statuses } from './vitest-sample.ts';

// What is tested runs at low priority: on a busy machine it may have to wait for a long time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const links = { jest: packageFolder('jest') };

describe('a run of everything', () => {
  let folder: string;
  let project: Sample;
  let run: TestRun;
  let report: TestReport;

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'mendwatch-jest-')));
    project = await javascriptSample(folder, everyOutcome, links);
    run = await project.run();
    report = reportOf(run);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('F70: every outcome has an id of its own: load failures, errors of hooks, duplicate titles, each', () => {
    expect(statuses(report)).toEqual(everyStatus);
    expect(report).toMatchObject({ runner: 'jest', exitCode: 1 });
  });

  test('failures carry message, difference and frames inside the project, free of colours and places', () => {
    const differs = messageOf(report, 'jest|test/red.test.js|differs|1');
    expect(differs).toMatch(/-\s+"a": 3,\n\+\s+"a": 2,/);
    expect(differs).toMatch(/^ {4}at .*test\/red\.test\.js:\d+:\d+$/m);
    expect(messageOf(report, 'jest|test/hooks.test.js|(unhandled)')).toContain('in afterAll');
    expect(messageOf(report, 'jest|test/missing.test.js|(load)')).toContain('../src/nowhere');
    expect(messageOf(report, 'jest|test/retried.test.js|flaky|1')).toMatch(/^Passed after 1 retry\./);
    const text = JSON.stringify(report);
    expect(text).not.toContain(folder);
    expect(text).not.toContain('\\u001b');
  });

  test('a missing snapshot fails and nothing is written, an obsolete one does not matter; no cache is left behind', async () => {
    const stored = 'test/__snapshots__/snapshots.test.js.snap';
    expect(await readFile(join(project.root, stored), 'utf8')).toBe(everyOutcome[stored]);
    expect(await readdir(join(project.root, 'node_modules'))).toEqual(['jest']);
  });

  test('the imports of each test file are named, directly imported or not', () => {
    expect(report.imports['test/green.test.js']).toEqual(['src/a.js', 'src/deep.js']);
  });

  test('what tests print is in the tail and is never taken for the report', () => {
    expect(run).toMatchObject({ outputTail: expect.stringContaining('"numFailedTests":0') });
  });

  test('exactly the files of the scope run, and related tests are found through other files', async () => {
    const only = reportOf(await project.run({ kind: 'files', files: ['test/garbage.test.js', 'test/gone.test.js'] }));
    expect(only).toMatchObject({ files: ['test/garbage.test.js'], exitCode: 0 });
    const related = reportOf(await project.run({ kind: 'related', files: ['src/deep.js'] }));
    expect(related.files).toEqual(['test/green.test.js', 'test/red.test.js']);
    expect(await project.run({ kind: 'related', files: ['src/lonely.js'] })).toMatchObject({ kind: 'no-tests' });
  });
});

test('looking for the settings and running the tests share the time of a request', async () => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'mendwatch-jest-')));
  const files = {
    'package.json': '{"scripts":{"test":"jest"}}',
    'jest.config.js': "if (process.argv.includes('--showConfig')) for (;;);\nmodule.exports = {};",
    'a.test.js': "test('a', () => {});",
  };
  try {
    const { run } = await javascriptSample(folder, files, links);
    expect(await run({ kind: 'related', files: ['a.test.js'] }, { timeoutMs: 2_000 })).toMatchObject({
      ...{ kind: 'broken', reason: 'timed-out', detail: expect.stringMatching(/within 2 seconds/) },
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
