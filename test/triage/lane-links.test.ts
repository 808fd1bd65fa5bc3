import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { missingLinks } from '../../src/triage/lane-links.ts';
import { failing, loadFailure, reportOf } from '../rig/reports.ts';
import { scratch } from '../rig/scratch.ts';

const ignored = ['.git/', 'node_modules/', 'dist/', 'packages/a/lib/', '.env.test'];

/** What is missing for one test file that fails with this message, in a project that has these files. */
async function missingFor(message: string, file = 'test/a.test.ts'): Promise<string[]> {
  const root = await scratch('links');
  for (const path of ['dist/x.js', 'packages/a/lib/index.js', '.env.test', 'node_modules/m/index.js', 'src/x.ts']) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), '');
  }
  const report = reportOf([{ ...loadFailure(file), message }]);
  return missingLinks(report, ignored, root).map(({ path }) => path);
}

test.each([
  ["Error: Cannot find module '../dist/x.js' imported from test/a.test.ts", ['dist']],
  ["Error: Cannot find module '../dist/x' imported from 'test/deep/helper.ts'", ['dist']],
  ["Error: Cannot find module '/dist/x.js' imported from test/a.test.ts", []],
  ["Error: Cannot find module 'dist/x.js'\nRequire stack:\n- test/a.test.ts", ['dist']],
  ['Error: Failed to resolve import "../dist/x.js" from "test/a.test.ts". Does the file exist?', ['dist']],
  ['Error: Failed to load url ../dist/x.js (resolved id: ../dist/x.js) in test/a.test.ts. Does it exist?', ['dist']],
  ["Error: Cannot find module '../packages/a/lib/index.js' imported from test/a.test.ts", ['packages/a/lib']],
  ["Error: ENOENT: no such file or directory, open '.env.test'", ['.env.test']],
  ["Error: ENOENT: no such file or directory, open './dist/x.js'", ['dist']],
  ["FileNotFoundError: [Errno 2] No such file or directory: 'dist/x.js'", ['dist']],
  ["ModuleNotFoundError: No module named 'dist.x'", ['dist']],
  ['a_test.go:7: open ../dist/x.js: no such file or directory', ['dist']],
])('F73: %s', async (message, expected) => {
  expect(await missingFor(message)).toEqual(expected);
});

test.each([
  ['a file that is not there either', "Error: Cannot find module '../dist/gone.js' imported from test/a.test.ts"],
  ['a package', "Error: Cannot find package 'dist' imported from test/a.test.ts"],
  ['what git does not ignore', "Error: Cannot find module '../src/x.js' imported from test/a.test.ts"],
  ['installed packages', "Error: ENOENT: no such file or directory, open 'node_modules/m/index.js'"],
  ['what is outside', "Error: Cannot find module '../../../dist/x.js' imported from test/a.test.ts"],
  ['a plain failure that speaks of it', 'AssertionError: expected dist/x.js to be dist/y.js'],
])('F73: says nothing of %s', async (_what, message) => {
  expect(await missingFor(message)).toEqual([]);
});

test('F73: names each test file once, red tests too', async () => {
  const root = await scratch('links');
  await mkdir(join(root, 'dist'));
  await writeFile(join(root, 'dist/x.js'), '');
  const message = "ENOENT: no such file or directory, open 'dist/x.js'";
  const report = reportOf([
    ...failing('b.test.ts', 'one', 'two').map((red) => ({ ...red, message })),
    { ...loadFailure('a.test.ts'), message },
    ...failing('c.test.ts', 'other'),
  ]);
  expect(missingLinks(report, ignored, root)).toEqual([{ path: 'dist', files: ['a.test.ts', 'b.test.ts'] }]);
});
