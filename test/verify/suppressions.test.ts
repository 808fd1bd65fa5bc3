import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { goneWithTheirFile, suppressionsIn, weighSuppressions } from '../../src/verify/suppressions.ts';
import type { Patch } from '../../src/workspace/types.ts';
import { problem } from '../rig/problems.ts';
import { redOf } from '../rig/reports.ts';
import { scratch } from '../rig/scratch.ts';

const snapshot = { commit: 'a'.repeat(40), tree: 'b'.repeat(40) };

/** A patch of one file, whose text after it lies in a folder. */
async function patched(path: string, before: readonly string[], after: readonly string[]) {
  const root = await scratch('suppressions');
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), `${after.join('\n')}\n`);
  return { patch: patchOf(path, before, after), root };
}

function patchOf(path: string, before: readonly string[], after: readonly string[], text?: string): Patch {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < Math.min(before.length, after.length) - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  const kept = (lines: readonly string[]) => lines.map((line) => ` ${line}`);
  const lines = [
    ...kept(before.slice(0, head)),
    ...before.slice(head, before.length - tail).map((line) => `-${line}`),
    ...after.slice(head, after.length - tail).map((line) => `+${line}`),
    ...kept(before.slice(before.length - tail)),
  ];
  const change = { path, kind: 'modified', oldMode: '100644', newMode: '100644', oldBlob: '1', newBlob: '2' } as const;
  const hunk = `@@ -1,${before.length} +1,${after.length} @@\n${lines.join('\n')}\n`;
  return {
    base: snapshot,
    result: snapshot,
    changes: [change],
    text: text ?? `diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n${hunk}`,
  };
}

async function found(path: string, before: readonly string[], after: readonly string[]) {
  const { patch, root } = await patched(path, before, after);
  return suppressionsIn(patch, root);
}

const checksOf = async (path: string, line: string) =>
  (await found(path, ['first'], ['first', line])).map((each) => each.check);

describe('a line that silences a check', () => {
  test.each([
    ['a.ts', '// @ts-ignore', 'tsc'],
    ['a.tsx', '{/* @ts-expect-error later */}', 'tsc'],
    ['a.mts', '// @ts-nocheck', 'tsc'],
    ['a.js', 'x(); // eslint-disable-line', 'eslint'],
    ['a.js', '/* eslint-disable no-undef */', 'eslint'],
    ['a.js', '/* eslint no-undef: "off" */', 'eslint'],
    ['a.js', '/* eslint-env node */', 'eslint'],
    ['a.js', '/* global foo */', 'eslint'],
    ['a.ts', '// biome-ignore lint/suspicious/noDebugger: why', 'biome'],
    ['a.css', '/* biome-ignore-all lint: why */', 'biome'],
    ['a.ts', '// deno-lint-ignore no-explicit-any', undefined],
    ['a.py', 'import os  # noqa: F401', 'ruff'],
    ['a.py', '# ruff: noqa', 'ruff'],
    ['a.py', 'x = f()  # type: ignore[arg-type]', 'mypy'],
    ['a.pyi', '# mypy: ignore-errors', 'mypy'],
    ['a.go', 'f() //nolint:errcheck', 'go-vet'],
    ['a.rs', '#[allow(clippy::all)]', 'clippy'],
    ['a.rs', '#![allow(dead_code)]', 'clippy'],
    ['a.rs', '#[cfg_attr(not(test), allow(unused))]', 'clippy'],
    ['a.py', '# pylint: disable=all', undefined],
    ['A.java', '@SuppressWarnings("unchecked")', undefined],
    ['A.java', '@Disabled', undefined],
    ['A.kt', '@file:Suppress("UNUSED")', undefined],
    ['a.rb', 'x = y # rubocop:disable Style/Foo', undefined],
    ['a_spec.rb', "  xit 'works' do", undefined],
    ['a.php', '/** @psalm-suppress InvalidArgument */', undefined],
    ['a.php', 'f(); // @phpstan-ignore-line', undefined],
    ['ATest.php', "$this->markTestSkipped('later');", undefined],
    ['A.cs', '#pragma warning disable CS8602', undefined],
    ['ATests.cs', '[Fact(Skip = "later")]', undefined],
  ])('%s: %s', async (path, line, check) => {
    expect(await checksOf(path, line)).toEqual([check]);
  });

  test.each([
    ['a.ts', 'const a = b as any;'],
    ['a.ts', 'const global = 1; /* the globe */'],
    ['a.md', 'Write // @ts-ignore there.'],
    ['a.py', 'x: list[int] = []  # type: list[int]'],
    ['a.rs', '#[derive(Debug)] // allow (this)'],
    ['a.rs', 'let allow = f(expect);'],
    ['A.java', '@JsonIgnore @Ignore private String name;'],
    ['A.kt', 'val isDisabled = Disabled()'],
    ['a.rb', 'skip if pending?'],
    ['a.rb', 'skip_before_action :login; xml = 1'],
    ['A.cs', 'var page = items.Skip(10); Skip = 3;'],
  ])('is none: %s: %s', async (path, line) => {
    expect(await checksOf(path, line)).toEqual([]);
  });

  test.each([
    ['a.js', ['/*', '   eslint', '   no-undef: "off"', '*/'], 'eslint no-undef'],
    ['a.js', ['/*', ' * global foo,', ' * bar', ' */'], 'global foo'],
    ['a.rs', ['#[cfg_attr(', '    all(),', '    allow(dead_code)', ')]'], 'allow(dead_code)'],
    ['a.rs', ['#![', '  allow(', '    unused', '  )', ']'], 'unused'],
  ])('is found over several lines: %s: %s', async (path, lines, part) => {
    const whole = await found(path, ['first'], ['first', ...lines, 'last']);
    expect(whole).toMatchObject([{ where: expect.stringContaining(`${path}:2`), line: expect.stringContaining(part) }]);
    // One more line in what was there before.
    const [head = '', ...rest] = lines;
    expect(await found(path, ['first', head, ...rest.slice(1)], ['first', ...lines])).toHaveLength(1);
  });

  test('is not new when it moved with what it is about, and new when it was doubled or is about something else', async () => {
    const [line, x, y] = ['// @ts-ignore', 'x();', 'y();'];
    expect(await found('a.ts', [`  ${line}`, `  ${x}`, y], [y, line, x])).toEqual([]);
    expect(await found('a.ts', [line, x, y], [line, x, y, line, x])).toHaveLength(1);
    expect(await found('a.ts', [line, x, y], [x, line, y])).toHaveLength(1);
    expect(await found('a.ts', [x, y, '/* eslint-disable */'], ['/* eslint-disable */', x, y])).toHaveLength(1);
    expect(await found('a.ts', [line, x], [line, 'x(1);'])).toEqual([]);
  });

  test.each([
    ['a.js', ['// @ts-check', 'x();'], 'tsc'],
    ['a.js', ['/* eslint-disable */', 'x();', '/* eslint-enable */'], 'eslint'],
    ['a.py', ['# mypy: disallow-untyped-defs'], 'mypy'],
    ['a.rs', ['#![deny(clippy::unwrap_used)]'], 'clippy'],
    ['a.rb', ['# rubocop:disable all', 'x', '# rubocop:enable all'], undefined],
    ['a.cs', ['#nullable enable'], undefined],
  ])('may be one that is taken away: %s: %j', async (path, lines, check) => {
    const gone = await found(
      path,
      [...lines, 'last'],
      [...lines.slice(0, -1), 'last'].filter((line) => line !== '// @ts-check'),
    );
    expect(gone).toMatchObject([{ check, line: expect.stringMatching(/^it no longer has /) }]);
    expect(await found(path, [...lines, 'last'], [...lines, 'changed'])).toEqual([]);
  });

  test('F54: is found in a file that git takes for binary', async () => {
    const root = await scratch('suppressions');
    await writeFile(join(root, 'a.ts'), 'const a = 1;\n// @ts-ignore\n\0');
    const text = 'diff --git a/a.ts b/a.ts\nBinary files a/a.ts and b/a.ts differ\n';
    expect(suppressionsIn(patchOf('a.ts', [], [], text), root)).toMatchObject([{ where: 'a.ts:2' }]);
  });
});

describe('a patch that silences a check', () => {
  const silent = { check: 'tsc', what: 'tsc', where: 'src/a.ts:1', line: '// @ts-ignore' };
  const told = 'src/a.ts:1 silences tsc: // @ts-ignore';

  test.each(['tsc', 'tsc:packages/a', 'command'])('is refused where %s has problems', (check) => {
    const { refused, doubtful } = weighSuppressions([silent], [redOf(problem('src/b.ts', 'TS1 x', 1, check))]);
    expect([refused, doubtful]).toEqual([[`It mends nothing: ${told}`], []]);
  });

  test('is for a person to look at where its check has none', () => {
    const { refused, doubtful } = weighSuppressions([silent], [redOf(problem('src/b.ts', 'no-undef x', 1, 'eslint'))]);
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
