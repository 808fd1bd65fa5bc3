import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { TestReport, TestRun } from '../../src/domain/tests.ts';
import { javascriptSample } from '../rig/javascript-project.ts';
import { scratch } from '../rig/scratch.ts';
import { everyOutcome, everyStatus } from './node-test-sample.ts';
import { messageOf, reportOf, type Sample, statuses } from './vitest-sample.ts';

// What is tested runs at low priority: on a busy machine it may have to wait for a long time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const uses = "import test from 'node:test';\n";

describe('a run of everything', () => {
  let folder: string;
  let project: Sample;
  let run: TestRun;
  let report: TestReport;

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'mendwatch-node-test-')));
    project = await javascriptSample(folder, everyOutcome);
    run = await project.run();
    report = reportOf(run);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('F70: every outcome has an id of its own, in the file that was run', () => {
    expect(statuses(report)).toEqual(everyStatus);
    expect(report).toMatchObject({ runner: 'node-test', exitCode: 1 });
  });

  test('failures carry message, causes and frames inside the project, free of colours and places', () => {
    expect(messageOf(report, 'node-test|test/red.test.js|differs|1')).toMatch(
      /^ {4}at .*test\/red\.test\.js:\d+:\d+$/m,
    );
    expect(messageOf(report, 'node-test|test/red.test.js|throws|1')).toContain('Caused by: ');
    expect(messageOf(report, 'node-test|test/hooks.test.js|after > ran|1')).toContain('in after');
    expect(messageOf(report, 'node-test|test/late.test.js|(unhandled)')).toContain('late');
    expect(messageOf(report, 'node-test|test/missing.test.js|(load)')).toContain('src/nowhere.js');
    expect(messageOf(report, 'node-test|test/leaves.test.js|(load)')).toContain('process.exit');
    expect(JSON.stringify(report)).not.toContain(folder);
    expect(run).toMatchObject({ outputTail: expect.stringContaining('not ok 1 - prints') });
  });

  test('related tests and exactly named ones', async () => {
    expect(report.imports['test/green.test.js']).toEqual(['src/a.js', 'src/deep.js']);
    const related = async (...files: string[]) => {
      const outcome = await project.run({ kind: 'related', files });
      return outcome.kind === 'report' ? outcome.report.files : outcome.kind;
    };
    expect(await related('src/deep.js')).toEqual(['test/green.test.js', 'test/red.test.js']);
    expect(await related('src/lonely.js')).toBe('no-tests');
    expect(await related('src/for-setup.js')).toHaveLength(12);
    const one = await project.run({ kind: 'files', files: ['test/one.test.js', 'src/a.js'] });
    expect(reportOf(one)).toMatchObject({ files: ['test/one.test.js'], exitCode: 0 });
    expect(project.runner.isSettings('setup.js')).toBe(true);
    expect(project.runner.isTestFile('src/lonely.js')).toBe(false);
  });
});

test('types are stripped where Node can, names may look like patterns, and a package runs in its own folder', async () => {
  const project = await javascriptSample(await scratch('node-test-types'), {
    'package.json': '{"workspaces":["packages/*"]}',
    'packages/lib/package.json': '{"name":"lib","type":"module","exports":"./index.ts"}',
    'packages/lib/index.ts': 'export const one: number = 1;',
    'packages/app/package.json':
      '{"name":"app","type":"module","scripts":{"test":"npm run -s lint && WHO=app node --disable-warning=ExperimentalWarning --test \'test/**/*.ts\'"}}',
    'packages/app/test/[id].ts': `${uses}import { one } from '../../lib/index.ts';
test('one', () => { if (one !== 1 || process.env.WHO !== 'app' || !process.cwd().endsWith('/packages/app')) throw new Error('no'); });`,
    'packages/app/test/data.ts': `${uses}import { readFileSync } from 'node:fs';\ntest('data', () => { readFileSync('in/data.txt'); });`,
    'packages/app/in/data.txt': '',
  });
  const report = reportOf(await project.run({ kind: 'related', files: ['packages/lib/index.ts'] }));
  expect(statuses(report)).toEqual({ 'node-test|packages/app/test/[id].ts|one|1': 'passed' });
  const data = reportOf(await project.run({ kind: 'related', files: ['packages/app/in/data.txt'] }));
  expect(data.files).toEqual(['packages/app/test/data.ts']);
  const unknown = reportOf(await project.run({ kind: 'related', files: ['packages/app/other.txt'] }));
  expect(unknown.files).toHaveLength(2);
});
