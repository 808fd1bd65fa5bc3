import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parseJsonWithComments } from '../../src/runners/checks/parse.ts';
import { problemResults, withoutPlaces } from '../../src/runners/checks/problems.ts';
import type { Problem } from '../../src/runners/checks/types.ts';
import { several } from '../../src/runners/several.ts';
import type { Runner } from '../../src/runners/types.ts';
import { scratch } from '../rig/scratch.ts';
import { checkSample, idsOf, reportOf } from './check-sample.ts';

const broken = (reason: string, detail: RegExp) => ({
  kind: 'broken',
  reason,
  detail: expect.stringMatching(detail),
});
describe('what a problem is known by', () => {
  const place = { root: '/lane', folder: '/lane/api' };
  const problem = (line: number, message = 'bad', file = 'a.py'): Problem => ({
    file,
    line,
    message,
    severity: 'error',
  });

  test('its text and its number among its equals, wherever it stands; each names all places', () => {
    const results = problemResults('mypy:api', [problem(9), problem(3), problem(3)], place);
    expect(results.map(({ id }) => id)).toEqual([1, 2].map((at) => `mypy:api|api/a.py|bad|${at}|(problem)`));
    expect(results[1]?.message).toBe('api/a.py:9 bad\nThe same is said of 3, 9.');
  });

  test('a problem outside of the project belongs to no file', () => {
    const [result] = problemResults('tsc', [problem(1, 'bad', '/lane/node_modules/x/a.d.ts')], place);
    expect(result).toMatchObject({ file: '', title: 'tsc: bad (node_modules/x/a.d.ts)' });
  });

  test.each([
    ["Could not find a declaration file for module 'x'. '/home/me/node_modules/x/a.js' is", "…'…/a.js' is"],
    ['Redefinition of unused `x` from line 3', 'Redefinition of unused `x` from line …'],
    ['declared at ./p/a.go:3:12', 'declared at ./p/a.go'],
    ['see src/a.ts(3,5)', 'see src/a.ts'],
    ['Expected 2 arguments, but got 1.', 'Expected 2 arguments, but got 1.'],
    ['see https://example.com/a/b', 'see https://example.com/a/b'],
    ['either and/or is fine', 'either and/or is fine'],
  ])('%s', (text, end) => {
    expect(withoutPlaces(text).endsWith(end.replace(/^…'/, "'"))).toBe(true);
  });

  test('20,000 problems', () => {
    const many = Array.from({ length: 20_000 }, (_, at) => problem(at, `bad ${at % 7}`, `f${at % 100}.py`));
    expect(new Set(problemResults('ruff', many, place).map(({ id }) => id)).size).toBe(20_000);
  });

  test('ids are the same in whatever order the tool speaks', () => {
    const problems = fc.array(
      fc.record({ file: fc.constantFrom('a', 'b'), line: fc.nat(5), message: fc.constantFrom('x', 'y') }),
    );
    fc.assert(
      fc.property(problems, (some) => {
        const all = some.map((each) => ({ ...each, severity: 'error' as const }));
        expect(problemResults('c', [...all].reverse(), place)).toEqual(problemResults('c', all, place));
      }),
    );
  });
});

test('settings with comments and commas at the end are read', () => {
  const text = '\uFEFF{ // why\n "a": "x // y, ]", /* b */ "c": [1, 2,],\n}';
  expect(parseJsonWithComments(text, z.unknown())).toEqual({ a: 'x // y, ]', c: [1, 2] });
});

describe('a command of one’s own', () => {
  const problems = { kind: 'pattern', source: '^(?<file>[^:]+):(?<line>\\d+): (?<message>.+)$' } as const;
  const withCommand = async (
    line: string,
    how: { kind: 'sarif'; files: readonly string[] } | typeof problems = problems,
  ) =>
    checkSample(
      await scratch('command'),
      { 'a.c': 'x\n', 'log.sarif': 'an old one' },
      { checks: ['command'], checkCommand: { line, problems: how } },
    );

  test('its lines are problems where its exit code says so', async () => {
    const bad = await withCommand('echo "a.c:3: bad"; exit 3');
    expect(bad.runner.description).toBe('check: command (echo "a.c:3: bad"; exit 3)');
    expect(idsOf(await bad.run())).toEqual(['command|a.c|bad|1|(problem)']);
    expect(idsOf(await (await withCommand('echo "a.c:3: bad"')).run())).toEqual([]);
    const coloured = await withCommand(`printf '\\033[1ma.c\\033[0m:3: bad\\n'; exit 3`);
    expect(idsOf(await coloured.run())).toEqual(['command|a.c|bad|1|(problem)']);
  });

  test('what ends otherwise is no report', async () => {
    expect(await (await withCommand('exit 1')).run()).toMatchObject(
      broken('disagrees', /exit code 1 and named no problem/),
    );
    expect(await (await withCommand('no-such-tool')).run()).toMatchObject(broken('could-not-start', /127/));
    expect(await (await withCommand('kill -9 $$')).run()).toMatchObject(broken('crashed', /SIGKILL/));
  });

  test('it stands back behind what else runs, as far as it is asked to', async () => {
    const { run } = await withCommand(`until [ "$(ps -o ni= -p $$ | tr -d ' ')" = 12 ]; do :; done`);
    const end = await run({ kind: 'all' }, { timeoutMs: 20_000, niceness: 12 });
    expect(reportOf(end)).toMatchObject({ exitCode: 0 });
  });

  test('SARIF in a file of this run, never of an earlier one, or on its output', async () => {
    const log = '{"runs":[{"results":[{"level":"error","message":{"text":"bad"}}]}]}';
    const file = { kind: 'sarif', files: ['*.sarif'] } as const;
    expect(idsOf(await (await withCommand(`echo '${log}' > log.sarif; exit 1`, file)).run())).toEqual([
      'command||bad|1|(problem)',
    ]);
    expect(await (await withCommand('exit 1', file)).run()).toMatchObject(broken('configuration', /CHECK_SARIF/));
    const output = { kind: 'sarif', files: [] } as const;
    expect(idsOf(await (await withCommand(`echo '${log}'; exit 1`, output)).run())).toHaveLength(1);
  });
});

describe('detection', () => {
  const detect = async (files: Readonly<Record<string, string>>, options: Parameters<typeof checkSample>[2]) =>
    checkSample(await scratch('detect'), files, options);

  test('auto takes what is set up and installed, and tells what is not', async () => {
    await expect(detect({ 'eslint.config.js': '', 'package.json': '{}' }, {})).rejects.toThrow(
      'The project is set up for eslint, but it is not installed. Run: npm install',
    );
    await expect(detect({ 'a.ts': '' }, {})).rejects.toThrow('No test runner was found');
    await expect(detect({ 'a.ts': '' }, { checks: ['tsc'] })).rejects.toThrow(
      'CHECKS names tsc, but the project has no tsconfig.json. Add it, or take tsc out of CHECKS.',
    );
  });

  test('none is taken unasked', async () => {
    await expect(detect({ 'tsconfig.json': '{}' }, { packages: ['typescript'], checks: [] })).rejects.toThrow(
      'No test runner was found',
    );
  });

  test('settings are protected and decide how all is looked at; tests and sources are not', async () => {
    const { runner } = await detect(
      { 'tsconfig.json': '{"extends":"./config/base"}', 'config/base.json': '{}' },
      { packages: ['typescript'] },
    );
    const asked = ['tsconfig.json', 'a/tsconfig.lib.json', 'config/base.json', 'src/a.ts', 'a.test.ts'];
    expect(asked.map((path) => [runner.isSettings(path), runner.isProtected(path), runner.isTestFile(path)])).toEqual([
      ...Array.from({ length: 3 }, () => [true, true, false]),
      ...Array.from({ length: 2 }, () => [false, false, false]),
    ]);
    expect(['src/a.ts', 'data.json', 'tsconfig.json', 'a.py'].map((path) => runner.wants(path))).toEqual([
      ...[true, true, true, false],
    ]);
  });

  test('eslint decides by its settings which files it looks at; what it was seen to pass over is nothing to it', async () => {
    const report = (...paths: readonly string[]) =>
      JSON.stringify(paths.map((filePath) => ({ filePath, messages: [] })));
    const { runner, run } = await checkSample(await scratch('eslint'), {
      ...{ 'package.json': '{}', 'eslint.config.js': '', 'a.md': '', 'b.json': '', 'c.py': '', 'd.vue': '' },
      'node_modules/eslint/package.json': '{"name":"eslint","version":"9.9.0"}',
      'node_modules/eslint/bin/eslint.js': `const [file] = process.argv.slice(process.argv.indexOf('--output-file') + 1);
require('node:fs').writeFileSync(file, '${report('/lane/b.json', '/lane/d.xyz')}');`,
    });
    const wanted = () => ['x.mts', 'x.vue', 'x.md', 'x.json', 'x.css', 'x.xyz', 'x.py'].filter(runner.wants);
    expect(wanted()).toEqual(['x.mts', 'x.vue', 'x.md', 'x.json', 'x.css']);
    reportOf(await run());
    expect(wanted()).toEqual(['x.mts', 'x.vue', 'x.json', 'x.css', 'x.xyz']);
  });

  test("a tool of the project's virtual environment comes before one of the PATH", async () => {
    const folder = await scratch('venv');
    const bin = join(folder, 'project', '.venv', 'bin');
    await mkdir(bin, { recursive: true });
    await writeFile(join(bin, '..', 'pyvenv.cfg'), '');
    await writeFile(join(bin, 'ruff'), '#!/bin/sh\n[ "$1" = --version ] && echo ruff 0.9.7 || echo "[]"\n');
    await chmod(join(bin, 'ruff'), 0o755);
    const { runner, run } = await checkSample(folder, { 'pyproject.toml': '[tool.ruff.lint]\n' });
    expect(runner.description).toBe('check: ruff 0.9.7');
    expect(reportOf(await run()).checked).toEqual([{ check: 'ruff' }]);
  });
});

test('beside others, each says what it has looked at', async () => {
  const folder = await scratch('several');
  const sample = (line: string) =>
    checkSample(
      folder,
      { 'a.c': '' },
      {
        checks: ['command'],
        checkCommand: { line, problems: { kind: 'pattern', source: '(?<file>a.c): (?<message>.*)' } },
      },
    );
  const [one, other] = [await sample('exit 0'), await sample('echo a.c: bad; exit 1')];
  const both = several([
    { folder: '', runner: one.runner },
    { folder: '', runner: { ...other.runner, name: 'other' } },
  ]);
  const run = await both.run({
    ...{ root: one.root, scope: { kind: 'all' }, env: { PATH: '/usr/bin:/bin' }, reportFolder: folder },
    ...{ timeoutMs: 10_000, signal: new AbortController().signal },
  });
  expect(reportOf(run)).toMatchObject({
    tests: [{ file: 'a.c' }],
    checked: [{ check: 'command' }, { check: 'command' }],
  });
  expect(both.description).toBe('check: command (exit 0); check: command (echo a.c: bad; exit 1)');
});

test('a problem in a test file takes its tests from nobody', async () => {
  const folder = await scratch('claims');
  const check = (
    await checkSample(
      folder,
      { 'a.test.c': '' },
      {
        checks: ['command'],
        checkCommand: {
          line: 'echo a.test.c: bad; exit 1',
          problems: { kind: 'pattern', source: '(?<file>.*): (?<message>.*)' },
        },
      },
    )
  ).runner;
  const asked: string[] = [];
  const { isCheck: _, ...bare } = check;
  const tests: Runner = {
    ...bare,
    name: 'tests',
    isTestFile: (path) => path.endsWith('.test.c'),
    run: async ({ scope }) => {
      asked.push(scope.kind);
      return { kind: 'no-tests', durationMs: 0 };
    },
  };
  const both = several([tests, check].map((runner) => ({ folder: '', runner })));
  const request = { root: join(folder, 'project'), env: { PATH: '/usr/bin:/bin' }, reportFolder: folder };
  const rest = { ...request, timeoutMs: 10_000, signal: new AbortController().signal };
  await both.run({ ...rest, scope: { kind: 'all' } });
  expect(idsOf(await both.run({ ...rest, scope: { kind: 'files', files: ['a.test.c'] } }))).toHaveLength(1);
  expect(asked).toEqual(['all', 'files']);
});
