import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { doublesIn } from '../../src/runners/javascript/doubles.ts';
import { javascriptSample, packageFolder, writeJavascript } from '../rig/javascript-project.ts';
import { scratch } from '../rig/scratch.ts';
import { reportOf, sample } from './vitest-sample.ts';

vi.setConfig({ testTimeout: 120_000 });

/** The files of a small project that mappings of its settings make a double of. */
async function doubles(mappings: Readonly<Record<string, string>>, isPattern = true): Promise<readonly string[]> {
  const files = ['src/core/index.ts', 'src/http.ts', 'src/sum.ts', 'src/mocks/api.ts', 'config/styles.js'];
  const more = ['src/fileMock.js', 'stubs/fs.ts', 'packages/money/src/index.ts'];
  const root = await scratch('doubles');
  const texts = Object.fromEntries([...files, ...more, 'node_modules/axios/index.js'].map((path) => [path, '']));
  await writeJavascript(root, texts);
  await symlink(join(root, 'packages/money'), join(root, 'node_modules/money'));
  const each = Object.entries(mappings).map(([name, to]) => ({ name, isPattern, targets: [join(root, to)] }));
  return [...files, ...more].filter(doublesIn([{ base: root, mappings: each }], root));
}

describe('VERIFY-3: what settings put in the place of another module is a double', () => {
  test.each([
    [{ '^(.*)/api$': 'src/mocks/api.ts' }, ['src/mocks/api.ts'], 'by the name of its folder'],
    [{ '^@services/(.*)$': 'src/mocks/$1' }, ['src/mocks/api.ts'], 'by its folder, with what was matched in it'],
    [{ '^@/(.*)\\.png$': 'src/fileMock' }, ['src/fileMock.js'], 'by its own name, without an ending'],
    [{ '\\.(css|less)$': 'config/styles.js' }, ['config/styles.js'], 'since it stands for many names'],
    [{ '^axios(/.*)?$': 'src/http' }, ['src/http.ts'], 'since the package is installed'],
    [{ '^node:https$': 'src/http.ts' }, ['src/http.ts'], 'since Node has a module of this name'],
    [{ '^\\.\\./net/client$': 'src/http.ts' }, ['src/http.ts'], 'since there is a file by the relative path'],
  ])('%o: %o, %s', async (mappings, expected, _why) => {
    expect(await doubles(mappings)).toEqual(expected);
  });

  test.each([
    [{ '^@/(.*)$': 'src/$1' }],
    [{ '^(\\.{1,2}/.*)\\.js$': '$1' }],
    [{ '^@core$': 'src/core/index.ts' }],
    [{ '^@core/sum$': 'src/sum' }],
    [{ '^money$': 'packages/money/src/index.ts' }],
    [{ '^lodash-es$': '../elsewhere/node_modules/lodash' }],
  ])('a shorter name of ordinary source makes none: %o', async (mappings) => {
    expect(await doubles(mappings)).toEqual([]);
  });

  test('an alias stands for what begins with it, too', async () => {
    expect(await doubles({ axios: 'src/http.ts', '@core': 'src/core', '@': 'src' }, false)).toEqual(['src/http.ts']);
    expect(await doubles({ '@api': 'src/mocks' }, false)).toEqual(['src/mocks/api.ts']);
  });
});

const source = {
  'src/rate.js': 'export const rate = () => 1;',
  'config/rate.js': 'export const rate = () => 2;',
  'src/price.js': "import { rate } from './rate.js';\nexport const price = () => 10 * rate();",
};
const paths = ['config/rate.js', 'src/price.js', 'src/rate.js'];

test('jest tells of its doubles, in a run and when it shows its settings', async () => {
  const { runner, run } = await javascriptSample(
    await scratch('doubles-jest'),
    {
      'package.json': '{"scripts":{"test":"jest"}}',
      'jest.config.js': `module.exports = { moduleNameMapper: {
        '^\\\\./rate$': '<rootDir>/config/rate.js', '^@/(.*)$': ['<rootDir>/src/$1', '<rootDir>/lib/$1'] } };`,
      'src/rate.js': 'exports.rate = () => 1;',
      'config/rate.js': 'exports.rate = () => 2;',
      'src/price.js': "const { rate } = require('./rate');\nexports.price = () => 10 * rate();",
      'check/price.test.js': `const { price } = require('@/price');
test('twenty', () => expect(price()).toBe(20));
test('starts nothing', () => {});`,
    },
    { jest: packageFolder('jest') },
  );
  expect(runner.isProtected('config/rate.js')).toBe(false);
  expect(await run({ kind: 'related', files: ['src/nowhere.js'] })).toMatchObject({ kind: 'no-tests' });
  expect(paths.filter(runner.isProtected)).toEqual(['config/rate.js']);
  expect(reportOf(await run()).tests.map(({ status }) => status)).toEqual(['passed', 'passed']);
  expect(paths.filter(runner.isProtected)).toEqual(['config/rate.js']);
});

test('vitest tells of its doubles, which are no settings', async () => {
  const { runner, run } = await sample(await scratch('doubles-vitest'), {
    ...source,
    'vitest.config.js': `export default {
      resolve: { alias: { '@': '/src' } },
      test: { alias: [{ find: /^\\.\\/rate\\.js$/, replacement: import.meta.dirname + '/config/rate.js' }] } };`,
    'check/price.test.js': `import { expect, test } from 'vitest';
import { price } from '@/price.js';
test('twenty', () => expect(price()).toBe(20));`,
  });
  expect(reportOf(await run()).tests.map(({ status }) => status)).toEqual(['passed']);
  expect(paths.filter(runner.isProtected)).toEqual(['config/rate.js']);
  expect(runner.isSettings('config/rate.js')).toBe(false);
});
