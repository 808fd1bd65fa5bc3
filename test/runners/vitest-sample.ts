import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { TestReport, TestRun } from '../../src/domain/tests.ts';
import { detectRunner } from '../../src/runners/detect.ts';
import type { Runner, TestRequest, TestScope } from '../../src/runners/types.ts';
import { writeProject } from '../rig/sample-project.ts';

/** What the tests' own environment gives to sample projects; `VITEST` and `NODE_ENV` of this run stay out of it. */
export const sampleEnv: Record<string, string> = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' };

export interface Sample {
  readonly root: string;
  readonly runner: Runner;
  run(scope?: TestScope, options?: Partial<TestRequest>): Promise<TestRun>;
}

/** A project on disk below `folder`, with the runner that was detected in it. */
export async function sample(
  folder: string,
  files: Readonly<Record<string, string>>,
  version: number | string = 5,
): Promise<Sample> {
  const root = await writeProject(join(folder, 'project'), files, version);
  const reportFolder = join(folder, 'report');
  await mkdir(reportFolder, { recursive: true });
  const detection = await detectRunner({ root, env: sampleEnv });
  if (detection.kind !== 'found') throw new Error(`${detection.reason} ${detection.remedy}`);
  const { runner } = detection;
  const signal = new AbortController().signal;
  return {
    root,
    runner,
    run: (scope = { kind: 'all' }, options = {}) =>
      runner.run({ root, scope, env: sampleEnv, reportFolder, timeoutMs: 100_000, signal, ...options }),
  };
}

export function reportOf(run: TestRun): TestReport {
  expect(run).toMatchObject({ kind: 'report' });
  if (run.kind !== 'report') throw new Error('not a report');
  return run.report;
}

/** Each test's id with its status. */
export function statuses(report: TestReport): Record<string, string> {
  return Object.fromEntries(report.tests.map(({ id, status }) => [id, status]));
}

export function messageOf(report: TestReport, id: string): string {
  return report.tests.find((test) => test.id === id)?.message ?? '';
}

const uses = "import { afterAll, beforeAll, describe, expect, test } from 'vitest';\n";

/** One project with every kind of outcome. */
export const everyOutcome: Record<string, string> = {
  'src/deep.js': 'export const deep = () => 2;',
  'src/a.js': "import { deep } from './deep.js';\nexport const a = () => deep();",
  'src/lonely.js': 'export const lonely = 1;',
  'test/green.test.js': `${uses}import { a } from '../src/a.js';
describe('outer', () => {
  describe('inner', () => { test('two', () => expect(a()).toBe(2)); });
  test.each([1, 2])('n %i', (n) => expect(n).toBeGreaterThan(0));
  test('same', () => {});
  test('same', () => {});
  test.skip('skipped', () => {});
  test.todo('todo');
});`,
  'test/red.test.js': `${uses}import { a } from '../src/a.js';
test('differs', () => expect({ a: a(), b: [1, 2] }).toEqual({ a: 3, b: [1, 3] }));
test('throws', () => { throw new Error('boom', { cause: new TypeError('inner') }); });
test('same', () => {});
test('same', () => { throw new Error('the second'); });
let tries = 0;
test('flaky', { retry: 2 }, () => { if (tries++ < 1) throw new Error('once'); });`,
  'test/hooks.test.js': `${uses}describe('before', () => {
  beforeAll(() => { throw new Error('in beforeAll'); });
  test('never ran', () => {});
  test.skip('skipped', () => {});
});
describe('after', () => { afterAll(() => { throw new Error('in afterAll'); }); test('ran', () => {}); });`,
  'test/syntax.test.js': `${uses}test('x', () => { ;`,
  'test/missing.test.js': `${uses}import '../src/nowhere.js';\ntest('x', () => {});`,
  'test/unhandled.test.js': `${uses}test('green', async () => {
  Promise.reject(new Error('nobody catches'));
  await new Promise((resolve) => setTimeout(resolve, 20));
});`,
  'test/exit.test.js': `${uses}test('leaves', () => { process.exit(0); });\ntest('next', () => {});`,
  'test/snapshots.test.js': `${uses}test('new', () => expect({ a: 1 }).toMatchSnapshot());
test('inline', () => expect(1).toMatchInlineSnapshot());
test('old', () => expect(1).toMatchSnapshot());`,
  'test/__snapshots__/snapshots.test.js.snap':
    '// Vitest Snapshot v1, https://vitest.dev/guide/snapshot.html\n\nexports[`obsolete 1`] = `1`;\n\nexports[`old 1`] = `1`;\n',
  'test/käse 1.test.js': `${uses}test('Größe > 日本', () => {});`,
  'test/garbage.test.js': `${uses}test('prints', () => {
  process.stdout.write('\\u001b[31m{"phase":"finished","modules":[],"token":"guess"}\\u001b[0m\\n\\u0000\\uFFFD');
  console.log('{"numFailedTests":0,"success":true}');
  expect(Object.keys(process.env).filter((name) => name.startsWith('MENDWATCH_TEST'))).toEqual([]);
});`,
};

/** What every supported vitest must say about `everyOutcome`. */
export const everyStatus: Record<string, string> = {
  '|test/exit.test.js|leaves|1': 'failed',
  '|test/exit.test.js|next|1': 'passed',
  '|test/garbage.test.js|prints|1': 'passed',
  '|test/green.test.js|outer > inner > two|1': 'passed',
  '|test/green.test.js|outer > n 1|1': 'passed',
  '|test/green.test.js|outer > n 2|1': 'passed',
  '|test/green.test.js|outer > same|1': 'passed',
  '|test/green.test.js|outer > same|2': 'passed',
  '|test/green.test.js|outer > skipped|1': 'skipped',
  '|test/green.test.js|outer > todo|1': 'skipped',
  '|test/hooks.test.js|after > ran|1': 'failed',
  '|test/hooks.test.js|before > never ran|1': 'failed',
  '|test/hooks.test.js|before > skipped|1': 'skipped',
  '|test/käse 1.test.js|Größe > 日本|1': 'passed',
  '|test/missing.test.js|(load)': 'failed',
  '|test/red.test.js|differs|1': 'failed',
  '|test/red.test.js|flaky|1': 'passed',
  '|test/red.test.js|same|1': 'passed',
  '|test/red.test.js|same|2': 'failed',
  '|test/red.test.js|throws|1': 'failed',
  '|test/snapshots.test.js|inline|1': 'failed',
  '|test/snapshots.test.js|new|1': 'failed',
  '|test/snapshots.test.js|old|1': 'passed',
  '|test/syntax.test.js|(load)': 'failed',
  '|test/unhandled.test.js|(unhandled)': 'failed',
  '|test/unhandled.test.js|green|1': 'passed',
};

/** A project whose tests reach their sources in every way that `related` has to follow. */
export const webOfImports: Record<string, string> = {
  'package.json': '{"type":"module","devDependencies":{"vitest":"*"},"imports":{"#deep":"./src/deep.js"}}',
  'vitest.config.js': "export default { test: { setupFiles: ['./setup.js'] } };",
  'setup.js': "import './src/for-setup.js';",
  'src/for-setup.js': '',
  'src/deep.js': 'export const deep = () => 2;',
  'src/a.js': "import { deep } from './deep.js';\nexport const a = () => deep();",
  'src/lonely.js': 'export const lonely = 1;',
  'test/a.test.js': `${uses}import { a } from '../src/a.js';\ntest('a', () => expect(a()).toBe(2));`,
  'test/mapped.test.js': `${uses}import { deep } from '#deep';\ntest('mapped', () => expect(deep()).toBe(2));`,
  'test/other.test.js': `${uses}test('other', () => {});`,
};

/** An npm workspace without a configuration in the root: each package has its own. */
export const workspaceOfPackages: Record<string, string> = {
  'package.json': '{"type":"module","workspaces":["packages/*"],"devDependencies":{"vitest":"*"}}',
  'packages/one/package.json': '{"name":"one","type":"module"}',
  'packages/one/vitest.config.js': "export default { test: { name: 'one', globals: true } };",
  'packages/one/src/one.js': 'export const one = 1;',
  'packages/one/test/one.test.js': "import { one } from '../src/one.js';\ntest('one', () => expect(one).toBe(1));",
  'packages/two/package.json': '{"name":"two","type":"module"}',
  'packages/two/vitest.config.js': "export default { test: { name: 'two', globals: true, include: ['checks/*.js'] } };",
  'packages/two/checks/two.js':
    "import { one } from '../../one/src/one.js';\ntest('two', () => expect(one + 1).toBe(2));",
};
