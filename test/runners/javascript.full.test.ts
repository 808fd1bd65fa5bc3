import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { javascriptSample, packageFolder } from '../rig/javascript-project.ts';
import { scratch } from '../rig/scratch.ts';
import { everyOutcome as everyMocha } from './mocha-sample.ts';
import { reportOf, statuses } from './vitest-sample.ts';

// What is tested runs at low priority: on a busy machine it may have to wait for a long time.
vi.setConfig({ testTimeout: 120_000 });

test('jest: related, before anything else has run: deleted sources, set-up files, mapped names, data', async () => {
  const project = await javascriptSample(
    await scratch('jest-related'),
    {
      'package.json': '{"scripts":{"test":"jest --config jest.unit.js --coverage"},"devDependencies":{"jest":"*"}}',
      'jest.unit.js': `console.log('{');
module.exports = {
  setupFilesAfterEnv: ['<rootDir>/setup/all.js'], moduleNameMapper: { '^@/(.*)$': '<rootDir>/src/$1' },
  coverageThreshold: { global: { lines: 100 } }, testMatch: ['<rootDir>/checks/*.js'],
};`,
      'setup/all.js': "require('../src/for-setup');",
      'src/for-setup.js': '',
      'src/deep.js': 'exports.deep = () => 2;',
      'checks/a.js': "const { deep } = require('@/deep');\ntest('a', () => expect(deep()).toBe(2));",
      'checks/data.js': "const { readFileSync } = require('fs');\ntest('data', () => { readFileSync('data.txt'); });",
      'checks/other.js': "test('other', () => {});",
      'data.txt': '',
    },
    { jest: packageFolder('jest') },
  );
  const related = async (...files: string[]) => {
    const run = await project.run({ kind: 'related', files });
    return run.kind === 'report' ? run.report.files : run.kind;
  };
  expect(project.runner.isTestFile('checks/a.js')).toBe(false);
  expect(await related('src/for-setup.js')).toHaveLength(3);
  expect(project.runner.isTestFile('checks/a.js')).toBe(true);
  expect(project.runner.isSettings('setup/all.js')).toBe(true);
  expect(project.runner.isSettings('jest.unit.js')).toBe(true);
  expect(project.runner.isProtected('src/deep.js')).toBe(false);
  expect(await related('data.txt')).toEqual(['checks/data.js']);
  expect(await related('unknown.txt')).toHaveLength(3);
  await rm(join(project.root, 'src/deep.js'));
  const run = reportOf(await project.run({ kind: 'related', files: ['src/deep.js'] }));
  expect(statuses(run)).toEqual({ 'jest|checks/a.js|(load)': 'failed' });
});

describe('jest', () => {
  test('VERIFY-6, F41, F42: settings that throw, tests that hang, and tests that leave are told apart', async () => {
    const project = await javascriptSample(
      await scratch('jest-broken'),
      { 'package.json': '{"jest":{}}', 'a.test.js': "test('hangs', () => { for (;;); });" },
      { jest: packageFolder('jest') },
    );
    expect(await project.run({ kind: 'all' }, { timeoutMs: 6_000 })).toMatchObject({
      kind: 'broken',
      reason: 'timed-out',
      detail: expect.stringContaining('within 6 seconds'),
    });
    await writeFile(join(project.root, 'a.test.js'), "test('leaves', () => { process.exit(0); });");
    expect(await project.run()).toMatchObject({ reason: 'crashed', detail: expect.stringContaining('a.test.js') });
    await writeFile(join(project.root, 'package.json'), '{"jest":{"preset":"nowhere"}}');
    expect(await project.run()).toMatchObject({ reason: 'configuration', detail: expect.stringContaining('nowhere') });
  });
});

test('mocha: files in parallel: the same tests, and a failed hook makes its file red', async () => {
  const files = { ...everyMocha, '.mocharc.json': '{"parallel":true,"jobs":2,"require":["./first.js"]}' };
  const report = reportOf(
    await (await javascriptSample(await scratch('mocha-parallel'), files, { mocha: packageFolder('mocha') })).run(),
  );
  expect(statuses(report)).toMatchObject({
    'mocha|test/green.js|outer > inner > two|1': 'passed',
    'mocha|test/red.js|differs|1': 'failed',
    'mocha|test/hooks.js|(load)': 'failed',
    'mocha|test/hooks.js|(unhandled)': 'failed',
    'mocha|test/syntax.js|(load)': 'failed',
    'mocha|test/leaves.js|leaves|1': 'failed',
  });
});

test('VERIFY-6: mocha: settings that throw, and tests that hang', async () => {
  const project = await javascriptSample(
    await scratch('mocha-broken'),
    {
      'package.json': '{"scripts":{"test":"mocha -R dot \'checks/**/*.js\'"}}',
      'checks/a.js': "it('hangs', () => { for (;;); });",
    },
    { mocha: packageFolder('mocha') },
  );
  expect(await project.run({ kind: 'all' }, { timeoutMs: 4_000 })).toMatchObject({
    reason: 'timed-out',
    detail: expect.stringContaining('within 4 seconds'),
  });
  await writeFile(join(project.root, '.mocharc.js'), "throw new Error('no such setting');");
  expect(await project.run()).toMatchObject({
    kind: 'broken',
    reason: 'configuration',
    detail: expect.stringContaining('no such setting'),
  });
});

test('VERIFY-6: node:test: a test that hangs is ended at the time limit, and the file is named', async () => {
  const project = await javascriptSample(await scratch('node-test-hang'), {
    'package.json': '{"type":"module"}',
    'a.test.js': `import test from 'node:test';\ntest('hangs', () => { for (;;); });`,
  });
  expect(await project.run({ kind: 'all' }, { timeoutMs: 4_000 })).toMatchObject({
    reason: 'timed-out',
    detail: expect.stringContaining('within 4 seconds'),
  });
});
