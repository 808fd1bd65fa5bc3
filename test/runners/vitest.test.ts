import { mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { TestReport, TestRun } from '../../src/domain/tests.ts';
import { scratch } from '../rig/scratch.ts';
import {
  everyOutcome,
  everyStatus,
  messageOf,
  reportOf,
  type Sample,
  sample,
  sampleEnv,
  statuses,
  webOfImports,
  workspaceOfPackages,
} from './vitest-sample.ts';

// What is tested runs at low priority: on a busy machine it may have to wait for a long time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const uses = "import { expect, test } from 'vitest';\n";

describe('a run of everything', () => {
  let folder: string;
  let project: Sample;
  let run: TestRun;
  let report: TestReport;

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'mendwatch-outcomes-')));
    project = await sample(folder, everyOutcome);
    run = await project.run();
    report = reportOf(run);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('F70: every outcome has an id of its own: load failures, unhandled errors, duplicate titles, each', () => {
    expect(statuses(report)).toEqual(everyStatus);
    expect(report.exitCode).toBe(1);
    expect(
      report.tests
        .filter(({ kind }) => kind !== 'test')
        .map(({ kind, title }) => `${kind} ${title}`)
        .sort(),
    ).toEqual(['load (load)', 'load (load)', 'unhandled (unhandled)']);
  });

  test('failures carry their message, difference, causes and frames inside the project, free of colours and places', () => {
    const differs = messageOf(report, '|test/red.test.js|differs|1');
    expect(differs).toContain('AssertionError: expected');
    expect(differs).toContain('- Expected\n+ Received');
    expect(differs).toMatch(/-\s+"a": 3,\n\+\s+"a": 2,/);
    expect(differs).toMatch(/^ {4}at test\/red\.test\.js:\d+:\d+$/m);
    const throws = messageOf(report, '|test/red.test.js|throws|1');
    expect(throws).toMatch(/^Error: boom/);
    expect(throws).toContain('Caused by: TypeError: inner');
    expect(messageOf(report, '|test/unhandled.test.js|(unhandled)')).toContain('nobody catches');
    expect(messageOf(report, '|test/missing.test.js|(load)')).toContain('../src/nowhere.js');
    expect(messageOf(report, '|test/hooks.test.js|after > ran|1')).toContain('in afterAll');
    const text = JSON.stringify(report);
    expect(text).not.toContain(folder);
    expect(text).not.toContain('\\u001b');
  });

  test('F43: a pass that needed a retry says so', () => {
    expect(messageOf(report, '|test/red.test.js|flaky|1')).toMatch(/^Passed after 1 retry\. Error: once/);
  });

  test('a missing snapshot fails and nothing is written, an obsolete one does not matter', async () => {
    const stored = '__snapshots__/snapshots.test.js.snap';
    for (const path of ['snapshots.test.js', stored]) {
      expect(await readFile(join(project.root, 'test', path), 'utf8')).toBe(everyOutcome[`test/${path}`]);
    }
  });

  test('a cold run leaves no cache behind', async () => {
    const left = (await readdir(join(project.root, 'node_modules'))).filter((name) => name !== '.vite-temp');
    expect(left).toEqual(['vitest']);
  });

  test('the imports of each test file are named, directly imported or not', () => {
    expect(report.imports['test/green.test.js']).toEqual(['src/a.js', 'src/deep.js']);
    expect(report.imports['test/red.test.js']).toEqual(['src/a.js', 'src/deep.js']);
  });

  test('the output of the tests is in the tail, without control codes, and is never taken for the report', () => {
    expect(run).toMatchObject({ outputTail: expect.stringContaining('"numFailedTests":0') });
    expect(run.kind === 'report' && run.outputTail).not.toContain('\u001b');
  });

  test('exactly the files of the scope run', async () => {
    const only = reportOf(await project.run({ kind: 'files', files: ['test/käse 1.test.js'] }));
    expect(statuses(only)).toEqual({ '|test/käse 1.test.js|Größe > 日本|1': 'passed' });
    expect(only).toMatchObject({ files: ['test/käse 1.test.js'], exitCode: 0 });
  });
});

test('related tests are found through other files, import maps and set-up files; a file that nobody imports has none', async () => {
  const project = await sample(await scratch('related'), webOfImports);
  const related = async (...files: string[]) => {
    const run = await project.run({ kind: 'related', files });
    return run.kind === 'report' ? run.report.files : run.kind;
  };
  expect(await related('src/deep.js')).toEqual(['test/a.test.js', 'test/mapped.test.js']);
  expect(await related('src/lonely.js')).toBe('no-tests');
  expect(await related('src/for-setup.js', 'test/other.test.js')).toHaveLength(3);
  expect(project.runner.isProtected('setup.js')).toBe(true);
  expect(project.runner.isProtected('src/deep.js')).toBe(false);
});

test('related: a source that cannot be parsed or is gone makes its tests red, not the run broken', async () => {
  const project = await sample(await scratch('related-broken'), webOfImports);
  await rm(join(project.root, 'src/deep.js'));
  await writeFile(join(project.root, 'src/a.js'), 'export const a = {{{;');
  const report = reportOf(await project.run({ kind: 'related', files: ['src/deep.js', 'src/a.js'] }));
  expect(statuses(report)).toEqual({ '|test/a.test.js|(load)': 'failed', '|test/mapped.test.js|(load)': 'failed' });
});

test('F70: an unhandled error with all tests green is a red id of its own', async () => {
  const project = await sample(await scratch('unhandled'), {
    'a.test.js': everyOutcome['test/unhandled.test.js'] ?? '',
  });
  const report = reportOf(await project.run());
  expect(statuses(report)).toEqual({ '|a.test.js|green|1': 'passed', '|a.test.js|(unhandled)': 'failed' });
});

test('two projects that run the same file have ids apart, and imports reach across packages', async () => {
  const project = await sample(await scratch('projects'), {
    'vitest.config.js': `export default { test: { projects: [
      { test: { name: 'red', include: ['packages/app/*.test.js'], env: { COLOUR: 'red' } } },
      { test: { name: 'blue', include: ['packages/app/*.test.js'], env: { COLOUR: 'blue' } } },
    ] } };`,
    'packages/lib/index.js': 'export const wanted = "red";',
    'packages/app/app.test.js': `${uses}import { wanted } from '../lib/index.js';
test('colour', () => expect(process.env.COLOUR).toBe(wanted));`,
  });
  const report = reportOf(await project.run());
  expect(statuses(report)).toEqual({
    'red|packages/app/app.test.js|colour|1': 'passed',
    'blue|packages/app/app.test.js|colour|1': 'failed',
  });
  expect(report.imports).toEqual({ 'packages/app/app.test.js': ['packages/lib/index.js'] });
});

test('packages with a configuration each run as projects when the root has none', async () => {
  const project = await sample(await scratch('packages'), workspaceOfPackages);
  const report = reportOf(await project.run({ kind: 'related', files: ['packages/one/src/one.js'] }));
  expect(statuses(report)).toEqual({
    'one|packages/one/test/one.test.js|one|1': 'passed',
    'two|packages/two/checks/two.js|two|1': 'passed',
  });
  expect(project.runner.isTestFile('packages/two/checks/two.js')).toBe(true);
  expect(project.runner.isTestFile('packages/one/checks/two.js')).toBe(false);
});

test('F42, VERIFY-6: tests that hang are ended at the time limit', async () => {
  const project = await sample(await scratch('hang'), {
    'a.test.js': `${uses}test('hangs', () => { for (;;); });`,
  });
  const run = await project.run({ kind: 'all' }, { timeoutMs: 3_000 });
  expect(run).toMatchObject({
    kind: 'broken',
    reason: 'timed-out',
    detail: expect.stringContaining('within 3 seconds'),
  });
});

test('F44, VERIFY-6: output without end is cut off with its reason', async () => {
  const project = await sample(await scratch('flood'), {
    'a.test.js': `${uses}test('floods', async () => {
  for (;;) { console.log('x'.repeat(1_000_000)); await new Promise((resolve) => setImmediate(resolve)); }
}, 60_000);`,
  });
  const run = await project.run();
  expect(run).toMatchObject({
    kind: 'broken',
    reason: 'too-much-output',
    detail: 'The tests printed more than 64 MB.',
  });
  expect(run.kind === 'broken' && run.outputTail.length).toBeLessThanOrEqual(8_000);
});

test('much output is no fault', async () => {
  const project = await sample(await scratch('much'), {
    'a.test.js': `${uses}test('talks', () => { for (let i = 0; i < 1500; i++) console.error('y'.repeat(1_000)); });`,
  });
  const run = await project.run();
  expect(statuses(reportOf(run))).toEqual({ '|a.test.js|talks|1': 'passed' });
  expect(run.kind === 'report' && run.outputTail.length).toBeLessThanOrEqual(8_000);
});

test('F41: a configuration that throws is a fault of the set-up, never a red test', async () => {
  const project = await sample(await scratch('config'), {
    'vitest.config.js': "throw new Error('no such setting');",
    'a.test.js': `${uses}test('a', () => {});`,
  });
  const run = await project.run();
  expect(run).toMatchObject({
    kind: 'broken',
    reason: 'configuration',
    detail: expect.stringContaining('no such setting'),
  });
  expect(JSON.stringify(run)).not.toContain(project.root);
});

test('VERIFY-6: vitest that ends before the tests do is a crash, whatever its exit code', async () => {
  const project = await sample(await scratch('crash'), {
    'vitest.config.js': "export default { test: { globalSetup: './leave.js' } };",
    'leave.js': 'export default () => process.exit(0);',
    'a.test.js': `${uses}test('a', () => {});`,
  });
  expect(await project.run()).toMatchObject({ kind: 'broken', reason: 'crashed' });
});

test('browser mode that only the running configuration shows is refused with the reason', async () => {
  const project = await sample(await scratch('browser'), {
    'vitest.config.js': `const enabled = true;
export default { test: { browser: { enabled, instances: [{ browser: 'chromium' }] } } };`,
    'a.test.js': `${uses}test('a', () => {});`,
  });
  expect(await project.run()).toMatchObject({
    kind: 'broken',
    reason: 'configuration',
    detail: expect.stringMatching(/browser mode/i),
  });
});

test('an abort ends the run as cancelled', async () => {
  const project = await sample(await scratch('abort'), { 'a.test.js': `${uses}test('a', () => { for (;;); });` });
  const controller = new AbortController();
  const running = project.run({ kind: 'all' }, { signal: controller.signal });
  controller.abort();
  expect(await running).toEqual({ kind: 'cancelled' });
  expect(await project.run({ kind: 'all' }, { signal: controller.signal })).toEqual({ kind: 'cancelled' });
});

test('F41: a Node that is not there cannot start', async () => {
  const project = await sample(await scratch('no-node'), { 'a.test.js': `${uses}test('a', () => {});` });
  const run = await project.run({ kind: 'all' }, { env: { ...sampleEnv, PATH: '/nowhere' } });
  expect(run).toMatchObject({ kind: 'broken', reason: 'could-not-start' });
});

test('the tests stand back as far as they are told', async () => {
  const standsBack = `${uses}import { getPriority } from 'node:os';\ntest('by 12', () => expect(getPriority()).toBe(12));`;
  const project = await sample(await scratch('nice'), { 'a.test.js': standsBack });
  expect(reportOf(await project.run({ kind: 'all' }, { niceness: 12 }))).toMatchObject({ exitCode: 0 });
});
