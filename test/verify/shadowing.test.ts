import { expect, test } from 'vitest';
import { shadowingReasons } from '../../src/verify/shadowing.ts';
import type { Patch } from '../../src/workspace/types.ts';
import { scratch } from '../rig/scratch.ts';
import { writeFiles } from '../runners/tool-sample.ts';

const snapshot = { commit: 'a'.repeat(40), tree: 'b'.repeat(40) };

const nothing = { before: { files: [] }, regression: [] };

function adding(path: string): Patch {
  const modes = { oldMode: '000000', newMode: '100644', oldBlob: '0'.repeat(40), newBlob: 'c'.repeat(40) };
  return { base: snapshot, result: snapshot, changes: [{ path, kind: 'added', ...modes }], text: '' };
}

test.each([
  ['app/shop/__init__.py', 'app/shop.py'],
  ['app/money.py', 'app/money/__init__.py'],
  ['app/money.pyi', 'app/money.py'],
])('Python: %s takes the place of %s', async (added, there) => {
  const root = await scratch('shadowing');
  await writeFiles(root, { [there]: '', [added]: '' });
  expect(shadowingReasons(adding(added), root, nothing)).toEqual([
    `It adds ${added}, which takes the place of ${there} in imports.`,
  ]);
});

test('Python: what it or its test runner imports by itself is not to be added', async () => {
  const root = await scratch('shadowing');
  expect(shadowingReasons(adding('src/sitecustomize.py'), root, nothing)).toHaveLength(1);
  expect(shadowingReasons(adding('pytest/__init__.py'), root, nothing)).toHaveLength(1);
  expect(shadowingReasons(adding('src/app/money.py'), root, nothing)).toEqual([]);
});

test('Python: what comes with it, or what tests import from elsewhere, is not to be added where it is found first', async () => {
  const root = await scratch('shadowing');
  await writeFiles(root, {
    'tests/test_a.py': 'import os, hamcrest\nfrom shop.money import total\n',
    'src/shop/__init__.py': '',
    'src/bare/part.py': '',
  });
  const known = { before: { files: ['tests/test_a.py'] }, regression: [] };
  const reasons = async (path: string) => {
    await writeFiles(root, { [path]: '' });
    return shadowingReasons(adding(path), root, known);
  };
  for (const path of ['statistics.py', 'src/json/__init__.py', 'hamcrest.py', 'shop/__init__.py'])
    expect(await reasons(path)).toEqual([
      expect.stringMatching(/may take the place of the module \w+ that is imported/),
    ]);
  for (const path of ['src/shop/json.py', 'money.py', 'src/bare/__init__.py']) expect(await reasons(path)).toEqual([]);
  // What was missing may come (back).
  const regression = [{ id: 'a', file: 'a', title: 'a', message: "ModuleNotFoundError: No module named 'hamcrest'" }];
  expect(shadowingReasons(adding('hamcrest.py'), root, { ...known, regression })).toEqual([]);
});
