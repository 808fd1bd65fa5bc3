import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { TestReport, TestRun } from '../../src/domain/tests.ts';
import { javascriptSample, packageFolder } from '../rig/javascript-project.ts';
import { everyOutcome, everyStatus } from './mocha-sample.ts';
import { messageOf, reportOf, type Sample, statuses } from './vitest-sample.ts';

// What is tested runs at low priority: on a busy machine it may have to wait for a long time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const links = { mocha: packageFolder('mocha') };

describe('a run of everything', () => {
  let folder: string;
  let project: Sample;
  let run: TestRun;
  let report: TestReport;

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'mendwatch-mocha-')));
    project = await javascriptSample(folder, everyOutcome, links);
    run = await project.run();
    report = reportOf(run);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('F70: every outcome has an id of its own, and a file that cannot be loaded does not end the others', () => {
    expect(statuses(report)).toEqual(everyStatus);
    expect(report.runner).toBe('mocha');
  });

  test('failures carry message, causes and frames inside the project, free of colours and places', () => {
    expect(messageOf(report, 'mocha|test/red.js|differs|1')).toMatch(/^ {4}at .*test\/red\.js:\d+:\d+$/m);
    expect(messageOf(report, 'mocha|test/red.js|throws|1')).toContain('Caused by: TypeError: inner');
    expect(messageOf(report, 'mocha|test/red.js|flaky|1')).toMatch(/^Passed after 1 retry\. Error: once/);
    expect(messageOf(report, 'mocha|test/syntax.js|(load)')).toContain('test/syntax.js:2');
    expect(messageOf(report, 'mocha|test/missing.js|(load)')).toContain('../src/nowhere');
    expect(messageOf(report, 'mocha|test/leaves.js|leaves|1')).toContain('process.exit unexpectedly called');
    expect(JSON.stringify(report)).not.toContain(folder);
    expect(run).toMatchObject({ outputTail: expect.stringContaining('{"failures":0}') });
  });

  test('related tests and exactly named ones, by the settings that mocha has told of', async () => {
    expect(report.imports['test/green.js']).toEqual(['src/a.js', 'src/deep.js']);
    const related = async (...files: string[]) => {
      const outcome = await project.run({ kind: 'related', files });
      return outcome.kind === 'report' ? outcome.report.files : outcome.kind;
    };
    expect(await related('src/deep.js')).toEqual(['test/green.js', 'test/red.js']);
    expect(await related('src/lonely.js')).toBe('no-tests');
    expect(await related('src/for-setup.js')).toHaveLength(8);
    expect(reportOf(await project.run({ kind: 'files', files: ['test/green.js'] })).files).toEqual(['test/green.js']);
    expect(project.runner.isTestFile('test/new.mjs')).toBe(true);
    expect(project.runner.isTestFile('src/a.js')).toBe(false);
    expect(project.runner.isSettings('setup.js')).toBe(true);
    expect(project.runner.isSettings('.mocharc.json')).toBe(true);
  });
});
