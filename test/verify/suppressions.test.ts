import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { goneWithTheirFile, suppressionsIn, weighSuppressions } from '../../src/verify/suppressions.ts';
import type { Patch } from '../../src/workspace/types.ts';
import { problem } from '../rig/problems.ts';
import { redOf } from '../rig/reports.ts';
import { scratch } from '../rig/scratch.ts';

const snapshot = { commit: 'a'.repeat(40), tree: 'b'.repeat(40) };

function patchOf(path: string, removed: readonly string[], added: readonly string[], text?: string): Patch {
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

const checksOf = (path: string, line: string) =>
  suppressionsIn(patchOf(path, [], [line]), '/').map((each) => each.check);

describe('a line that silences a check', () => {
  test.each([
    ['a.ts', '// @ts-ignore', 'tsc'],
    ['a.tsx', '{/* @ts-expect-error later */}', 'tsc'],
    ['a.mts', '// @ts-nocheck', 'tsc'],
    ['a.js', 'x(); // eslint-disable-line', 'eslint'],
    ['a.js', '/* eslint-disable no-undef */', 'eslint'],
    ['a.js', '/* eslint no-undef: "off" */', 'eslint'],
    ['a.js', '/* global foo */', 'eslint'],
    ['a.ts', '// biome-ignore lint/suspicious/noDebugger: why', 'biome'],
    ['a.css', '/* biome-ignore-all lint: why */', 'biome'],
    ['a.py', 'import os  # noqa: F401', 'ruff'],
    ['a.py', '# ruff: noqa', 'ruff'],
    ['a.py', 'x = f()  # type: ignore[arg-type]', 'mypy'],
    ['a.pyi', '# mypy: ignore-errors', 'mypy'],
    ['a.go', 'f() //nolint:errcheck', 'go-vet'],
    ['a.rs', '#[allow(clippy::all)]', 'clippy'],
    ['a.rs', '#![allow(dead_code)]', 'clippy'],
    ['a.rs', '#[cfg_attr(not(test), allow(unused))]', 'clippy'],
    ['a.py', '# pylint: disable=all', undefined],
  ])('%s: %s', (path, line, check) => {
    expect(checksOf(path, line)).toEqual([check]);
  });

  test.each([
    ['a.ts', 'const a = b as any;'],
    ['a.ts', 'const global = 1; /* the globe */'],
    ['a.md', 'Write // @ts-ignore there.'],
    ['a.py', 'x: list[int] = []  # type: list[int]'],
    ['a.rs', '#[derive(Debug)] // allow (this)'],
    ['a.rs', 'let allow = f(expect);'],
  ])('is none: %s: %s', (path, line) => {
    expect(checksOf(path, line)).toEqual([]);
  });

  test('is not new when it moved, and new when it was doubled', () => {
    const line = '// @ts-ignore';
    expect(suppressionsIn(patchOf('a.ts', [`  ${line}`], [line]), '/')).toEqual([]);
    expect(suppressionsIn(patchOf('a.ts', [line], [line, 'x();', line]), '/')).toHaveLength(1);
  });

  test('F54: is found in a file that git takes for binary', async () => {
    const root = await scratch('suppressions');
    await writeFile(join(root, 'a.ts'), 'const a = 1;\n// @ts-ignore\n\0');
    const text = 'diff --git a/a.ts b/a.ts\nBinary files a/a.ts and b/a.ts differ\n';
    expect(suppressionsIn(patchOf('a.ts', [], [], text), root)).toMatchObject([{ where: 'a.ts:2' }]);
  });
});

describe('a patch that silences a check', () => {
  const found = suppressionsIn(patchOf('src/a.ts', [], ['// @ts-ignore']), '/');
  const told = 'src/a.ts:1 silences tsc: // @ts-ignore';

  test.each(['tsc', 'tsc:packages/a', 'command'])('is refused where %s has problems', (check) => {
    const { refused, doubtful } = weighSuppressions(found, [redOf(problem('src/b.ts', 'TS1 x', 1, check))]);
    expect([refused, doubtful]).toEqual([[`It mends nothing: ${told}`], []]);
  });

  test('is for a person to look at where its check has none', () => {
    const { refused, doubtful } = weighSuppressions(found, [redOf(problem('src/b.ts', 'no-undef x', 1, 'eslint'))]);
    expect([refused, doubtful]).toEqual([[], [told]]);
  });

  test('and so is one that deletes the file of the problem', () => {
    const patch = patchOf('src/a.ts', ['x'], []);
    const deleted = { ...patch, changes: patch.changes.map((change) => ({ ...change, kind: 'deleted' as const })) };
    const regression = [redOf(problem('src/a.ts', 'TS1 x')), redOf(problem('src/b.ts', 'TS1 x'))];
    expect(goneWithTheirFile(deleted, regression)).toEqual(['it deletes src/a.ts, which the problem was in']);
    expect(goneWithTheirFile(patch, regression)).toEqual([]);
  });
});
