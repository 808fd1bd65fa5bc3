import { expect, test } from 'vitest';
import { shadowingReasons } from '../../src/verify/shadowing.ts';
import type { Patch } from '../../src/workspace/types.ts';
import { scratch } from '../rig/scratch.ts';
import { writeFiles } from '../runners/tool-sample.ts';

const snapshot = { commit: 'a'.repeat(40), tree: 'b'.repeat(40) };

function adding(path: string): Patch {
  const modes = { oldMode: '000000', newMode: '100644', oldBlob: '0'.repeat(40), newBlob: 'c'.repeat(40) };
  return { base: snapshot, result: snapshot, changes: [{ path, kind: 'added', ...modes }], text: '' };
}

test.each([
  ['app/shop/__init__.py', 'app/shop.py'],
  ['app/money.py', 'app/money/__init__.py'],
])('Python: %s takes the place of %s', async (added, there) => {
  const root = await scratch('shadowing');
  await writeFiles(root, { [there]: '', [added]: '' });
  expect(shadowingReasons(adding(added), root)).toEqual([
    `It adds ${added}, which takes the place of ${there} in imports.`,
  ]);
});

test('Python: what it or its test runner imports by itself is not to be added', async () => {
  const root = await scratch('shadowing');
  expect(shadowingReasons(adding('src/sitecustomize.py'), root)).toHaveLength(1);
  expect(shadowingReasons(adding('pytest/__init__.py'), root)).toHaveLength(1);
  expect(shadowingReasons(adding('src/app/money.py'), root)).toEqual([]);
});
