/** Whose module is saved; there in the quick form, too. */
export const changedPart = 10;
export const changed = `src/part-${changedPart}.js`;
/** Each module matters to three files of tests with three tests each. */
export const relatedTests = 9;
export const allRan = new RegExp(`\\b${relatedTests} passed`);

/** What a test runner calls things. */
export interface Kind {
  readonly name: 'vitest' | 'jest';
  readonly program: string;
  readonly source: (number: number, version: number) => string;
  readonly test: (number: number, testFiles: number) => string;
  readonly related: readonly string[];
  readonly watch: readonly string[];
  /** What its watch mode prints at the end of each run. */
  readonly hasRun: RegExp;
}

export const kinds: readonly Kind[] = [
  {
    name: 'vitest',
    program: 'vitest.mjs',
    source: (number, version) => `export const value = ${number};\nexport const version = ${version};\n`,
    test: (number, testFiles) => `import { expect, test } from 'vitest';
${neighbours(number, testFiles)
  .map((each, at) => `import { value as value${at} } from '../src/part-${each}.js';`)
  .join('\n')}
${[0, 1, 2].map((at) => `test('part ${at}', () => expect(value${at} > -1).toBe(true));`).join('\n')}\n`,
    related: ['related', '--run'],
    watch: ['watch'],
    hasRun: /Waiting for file changes/,
  },
  {
    name: 'jest',
    program: 'bin/jest.js',
    source: (number, version) => `exports.value = ${number};\nexports.version = ${version};\n`,
    test: (number, testFiles) =>
      neighbours(number, testFiles)
        .map(
          (each, at) =>
            `test('part ${at}', () => { const { value } = require('../src/part-${each}'); expect(value > -1).toBe(true); });\n`,
        )
        .join(''),
    related: ['--findRelatedTests'],
    watch: ['--watch', '--watchman=false'],
    hasRun: /Ran all test suites/,
  },
];

/** Each test file needs three modules, so that each module matters to three of them. */
function neighbours(number: number, testFiles: number): readonly number[] {
  return [0, 1, 2].map((step) => (number + step) % testFiles);
}

export function filesOf(kind: Kind, testFiles: number): Record<string, string> {
  const module = kind.name === 'vitest' ? { type: 'module' } : {};
  const files = { 'package.json': JSON.stringify({ ...module, devDependencies: { [kind.name]: '*' } }) };
  const parts = Array.from({ length: testFiles }, (_, number) => [
    [`src/part-${number}.js`, kind.source(number, 0)],
    [`test/part-${number}.test.js`, kind.test(number, testFiles)],
  ]);
  return { ...files, ...Object.fromEntries(parts.flat()) };
}
