import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { failureText } from '../../src/runners/javascript/failure-text.ts';
import { satisfies } from '../../src/runners/javascript/node-version.ts';
import { cutMiddle, plainText } from '../../src/runners/report/text.ts';
import { defaultRules } from '../../src/runners/vitest/protected.ts';

describe('failure texts', () => {
  test('are the same whichever lane they come from', () => {
    const word = fc.stringMatching(/^[a-z]{1,8}$/);
    fc.assert(
      fc.property(word, word, fc.array(word, { maxLength: 5 }), (one, two, words) => {
        const text = (root: string) =>
          words.map((path) => `at ${root}/${path}.js (file://${root}/x) in ${root}`).join('\n');
        const lanes = [`/l+1/${one}`, `/l(2)/${two}.d`] as const;
        expect(plainText(text(lanes[0]), lanes[0])).toBe(plainText(text(lanes[1]), lanes[1]));
      }),
    );
  });

  test('a folder whose name begins like the root is left alone', () => {
    expect(plainText('/lane/a.js /lane2/b.js /lane', '/lane')).toBe('a.js /lane2/b.js .');
  });

  test('never exceed their limit and keep both ends', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 500 }), fc.integer({ min: 100, max: 300 }), (text, limit) => {
        const cut = cutMiddle(text, limit);
        expect(cut.length).toBeLessThanOrEqual(limit);
        expect(cut[0]).toBe(text[0]);
        expect(cut.at(-1)).toBe(text.at(-1));
      }),
    );
    const huge = { name: 'Error', message: 'm'.repeat(50_000), diff: 'd'.repeat(50_000), stack: '' };
    expect(failureText({ ...huge, cause: { ...huge, cause: huge } }, '/lane').length).toBeLessThanOrEqual(8_000);
  });

  test('name the frames inside the project only', () => {
    const stack = [
      'Error: boom',
      '    at deep (/lane/src/a.js:3:5)',
      '    at async next (file:///lane/b%C3%A4.js:1:2)',
      '    at async file:///lane/c.js:4:5',
      '    at Object.x (/lane/node_modules/lib/index.js:1:1)',
      '    at node:internal/process:1:1',
      '    at /elsewhere/c.js:1:1',
    ].join('\n');
    expect(failureText({ name: 'Error', message: 'boom', diff: '', stack }, '/lane')).toBe(
      'Error: boom\n    at deep src/a.js:3:5\n    at async next bä.js:1:2\n    at c.js:4:5',
    );
  });
});

describe('ranges of Node', () => {
  test.each([
    ['v24.21.0', '^22.12.0 || ^24.0.0 || >=26.0.0', true],
    ['v20.20.2', '^22.12.0 || ^24.0.0 || >=26.0.0', false],
    ['22.11.9', '^22.12.0 || ^24.0.0 || >=26.0.0', false],
    ['25.0.0', '^22.12.0 || ^24.0.0 || >=26.0.0', false],
    ['v26.0.0', '^22.12.0 || ^24.0.0 || >=26.0.0', true],
    ['v18.0.0', '^18.0.0 || >=20.0.0', true],
    ['v19.5.0', '^18.0.0 || >=20.0.0', false],
    ['v20.19.0', '>= 20.19 <21', true],
    ['v21.0.0', '>= 20.19 <21', false],
    ['v20.19.3', '~20.19.1', true],
    ['v20.18.3', '20.x', true],
    ['v21.18.3', '20.x', false],
    ['v20.1.0', '*', true],
    ['v20.1.0', 'latest', true],
  ])('%s in %s: %s', (version, range, expected) => {
    expect(satisfies(version, range)).toBe(expected);
  });

  test('every version satisfies itself under every operator that includes it', () => {
    const number = fc.integer({ min: 0, max: 50 });
    fc.assert(
      fc.property(number, number, number, (major, minor, patch) => {
        const version = `${major}.${minor}.${patch}`;
        for (const operator of ['', '=', '^', '~', '>=', '<='])
          expect(satisfies(`v${version}`, operator + version)).toBe(true);
        for (const operator of ['<', '>']) expect(satisfies(version, operator + version)).toBe(false);
      }),
    );
  });
});

describe('what a fix must not touch, before anything has run', () => {
  test.each([
    'src/a.test.ts',
    'src/a.spec.mjs',
    'test/helper.ts',
    'packages/x/tests/data.json',
    'src/__tests__/a.ts',
    'src/__mocks__/fs.ts',
    'src/__snapshots__/a.test.ts.snap',
    'a.snap',
    'src/__fixtures__/in.txt',
    'fixtures/in.txt',
    'vitest.config.ts',
    'packages/x/vite.config.mts',
    'vitest.workspace.json',
    'vitest.setup.ts',
    'test-setup.js',
    'src/setupTests.ts',
    'test-utils.tsx',
    'vitest.config.unit.ts',
    '.hidden/test/x',
  ])('%s is protected', (path) => {
    expect(defaultRules.isProtected(path)).toBe(true);
  });

  test.each([
    'src/a.ts',
    'src/testing.ts',
    'src/contest.ts',
    'package.json',
    'src/latest/x.ts',
    'src/setup.ts',
    'vite.ts',
  ])('%s may be mended', (path) => {
    expect(defaultRules.isProtected(path)).toBe(false);
  });

  test('settings are what decides how all tests run, not helpers and data', () => {
    const paths = ['vitest.config.ts', 'packages/x/vite.config.mts', 'vitest.setup.ts', 'src/setupTests.ts'];
    expect(paths.filter((path) => !defaultRules.isSettings(path))).toEqual([]);
    const others = ['src/a.ts', 'a.test.ts', 'test-utils.tsx', 'src/__fixtures__/in.txt', 'a.snap', 'test/helper.ts'];
    expect(others.filter((path) => defaultRules.isSettings(path))).toEqual([]);
  });

  test('test files are those of the default pattern', () => {
    expect(defaultRules.isTestFile('src/a.test.tsx')).toBe(true);
    expect(defaultRules.isTestFile('node_modules/x/a.test.js')).toBe(false);
    expect(defaultRules.isTestFile('test/helper.ts')).toBe(false);
  });
});
