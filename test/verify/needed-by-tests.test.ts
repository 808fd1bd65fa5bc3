import { expect, test } from 'vitest';
import { neededByTestsAlone } from '../../src/verify/needed-by-tests.ts';
import type { Patch } from '../../src/workspace/types.ts';
import { scratch } from '../rig/scratch.ts';
import { writeFiles } from '../runners/tool-sample.ts';

const snapshot = { commit: 'a'.repeat(40), tree: 'b'.repeat(40) };
const isProtected = (path: string): boolean => path.startsWith('test/') || path.includes('.test.');

function patchOf(path: string): Patch {
  const change = { path, kind: 'modified', oldMode: '100644', newMode: '100644', oldBlob: '1', newBlob: '2' } as const;
  return { base: snapshot, result: snapshot, changes: [change], text: '' };
}

const compare = 'export const assertEqual = (one, other) => { if (one !== other) throw new Error(); };\n';
const double = 'export const double = (value) => value * 2;\n';
const uses = (...paths: string[]) => paths.map((path) => `import '${path}';\n`).join('');

test.each<[string, Record<string, string>, string, string]>([
  [
    'compares, by its name',
    { 'shared/compare.js': compare, 'a.test.js': uses('./shared/compare.js') },
    'shared/compare.js',
    'only a.test.js needs it',
  ],
  [
    'compares, by what it imports',
    { 'lib/same.js': "import assert from 'node:assert/strict';\n", 'a.test.js': uses('./lib/same.js') },
    'lib/same.js',
    'only a.test.js needs it',
  ],
  [
    'stands in, behind another part of the tests',
    {
      'src/testing/clock.ts': 'export const now = () => 5;\n',
      'src/testing/all.ts': uses('./clock.ts'),
      'test/a.ts': uses('../src/testing/all.ts'),
    },
    'src/testing/clock.ts',
    'only test/a.ts needs it',
  ],
  [
    'lies in a folder of tests that is read by its place',
    { 'spec/checks/a.js': double },
    'spec/checks/a.js',
    'no source needs it',
  ],
])('VERIFY-3: a module that %s is a part of the tests where nothing else needs it', async (_why, files, path, who) => {
  const root = await scratch('needed-by-tests');
  await writeFiles(root, files);
  expect(await neededByTestsAlone(patchOf(path), root, isProtected)).toEqual([
    `${path} looks like a part of the tests: ${who}`,
  ]);
});

test.each<[string, Record<string, string>, string]>([
  ['a source of a small program', { 'src/double.js': double, 'a.test.js': uses('./src/double.js') }, 'src/double.js'],
  [
    'a source that asserts and that another one needs',
    { 'src/assert.js': compare, 'src/main.js': uses('./assert.js'), 'a.test.js': uses('./src/assert.js') },
    'src/assert.js',
  ],
  [
    'what the package publishes for the tests of others',
    {
      'package.json': '{"name":"x","exports":{".":"./dist/index.js","./testing":"./dist/testing/index.js"}}',
      'src/testing/index.ts': compare,
      'a.test.js': uses('./src/testing/index.ts'),
    },
    'src/testing/index.ts',
  ],
  ['what the tests protect in any case', { 'test/compare.js': compare }, 'test/compare.js'],
  ['another language', { 'spec/a.rb': 'assert 1' }, 'spec/a.rb'],
])('%s is none', async (_what, files, path) => {
  const root = await scratch('needed-by-tests');
  await writeFiles(root, files);
  expect(await neededByTestsAlone(patchOf(path), root, isProtected)).toEqual([]);
});
