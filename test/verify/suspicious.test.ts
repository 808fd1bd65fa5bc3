import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { suspiciousLines } from '../../src/verify/suspicious.ts';
import type { Patch } from '../../src/workspace/types.ts';
import { scratch } from '../rig/scratch.ts';

const snapshot = { commit: 'a'.repeat(40), tree: 'b'.repeat(40) };
const path = 'src/a.ts';

function patchOf(removed: readonly string[], added: readonly string[], text?: string): Patch {
  const lines = [...removed.map((line) => `-${line}`), ...added.map((line) => `+${line}`)].join('\n');
  const change = { path, kind: 'modified', oldMode: '100644', newMode: '100644', oldBlob: '1', newBlob: '2' } as const;
  const hunk = `@@ -1,${removed.length} +1,${added.length} @@\n${lines}\n`;
  return {
    base: snapshot,
    result: snapshot,
    changes: [change],
    text: text ?? `diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n${hunk}`,
  };
}

describe('a line that a patch adds', () => {
  test.each([
    ['if (process.env.VITEST) return 500;', 'the variables of a test runner'],
    ["if (process.env['NODE_ENV'] === 'test') return 1;", 'the environment that the code runs in'],
    ['if (import.meta.vitest) return 1;', 'where it lies, or what loaded it'],
    ["if (typeof expect === 'function') return 1;", "the runner's globals"],
    ['globalThis.expect = () => true;', 'what all modules share'],
    ["import { expect } from 'vitest';", 'the test runner as a module'],
    ['Object.is = () => true;', 'built-in functions, to replace them'],
    ["if (new Error().stack.includes('test')) return 1;", 'who called it (the stack)'],
    ["import { env } from 'node:process';", 'the process that it runs in'],
    ['return { asymmetricMatch: () => true };', 'how values are compared'],
    ["eval('1');", 'code made from text'],
  ])('%s', (line, what) => {
    expect(suspiciousLines(patchOf([], [line]), '/nowhere')).toEqual([`${path}:1 looks at ${what}: ${line}`]);
  });

  test.each([
    'return subtotal >= 10_000 ? percentOf(subtotal, 10) : 0;',
    "import { percentOf } from './money.ts';",
    'const environment = settings.environment;',
    "throw new Error('There is no such product');",
    'if (a === b && Object.is(a, b)) return;',
  ])('is not suspicious: %s', (line) => {
    expect(suspiciousLines(patchOf([], [line]), '/nowhere')).toEqual([]);
  });

  test('is not new when it only moved', () => {
    expect(
      suspiciousLines(patchOf(['  const a = process.env.HOME;'], ['const a = process.env.HOME;']), '/nowhere'),
    ).toEqual([]);
  });
});

test('F54: a file that git takes for binary is read itself', async () => {
  const root = await scratch('suspicious');
  await writeFile(
    join(root, 'a.ts'),
    Buffer.concat([Buffer.from('// caf\xe9\n', 'latin1'), Buffer.from('if (process.env.VITEST) x();\n')]),
  );
  const patch = patchOf([], [], 'diff --git a/a.ts b/a.ts\nGIT binary patch\n');
  const change = { ...patch.changes[0], path: 'a.ts' } as Patch['changes'][number];
  expect(suspiciousLines({ ...patch, changes: [change] }, root)).toEqual([
    'a.ts:2 looks at the variables of a test runner: if (process.env.VITEST) x();',
  ]);
});
