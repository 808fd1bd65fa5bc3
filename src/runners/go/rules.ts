import { posix } from 'node:path';
import picomatch from 'picomatch';

const settings = new Set(['go.mod', 'go.sum', 'go.work', 'go.work.sum']);
/** What a fix must not touch, besides test files: data and helpers of tests, expected outputs, copies of packages. */
const isProtectedByDefault = picomatch(
  [
    '**/testdata/**',
    '**/{test,tests,testutil,testutils,testhelper,testhelpers,testsupport,fixtures}/**',
    '**/*.golden',
    '**/vendor/**',
  ],
  { dot: true },
);

export function isTestFile(path: string): boolean {
  return path.endsWith('_test.go');
}

export function isSettings(path: string): boolean {
  return settings.has(posix.basename(path)) || path.endsWith('vendor/modules.txt');
}

export function isProtected(path: string): boolean {
  return isTestFile(path) || isSettings(path) || isProtectedByDefault(path);
}
