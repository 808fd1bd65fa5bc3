import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { heading, jsonOf, textOf } from '../../bench/report.ts';
import { faultsOf, figureOf, isMet } from '../../bench/suite.ts';
import { suites } from '../../bench/suites.ts';
import { usage, wishOf } from '../../bench/wish.ts';
import { findPackageRoot } from '../../src/config/package-root.ts';
import { run } from '../../src/process/process.ts';

const names = Object.keys(suites);
const root = findPackageRoot();
const readme = await readFile(join(root, 'README.md'), 'utf8');

function bench(...args: readonly string[]) {
  const env = { PATH: process.env.PATH ?? '' };
  return run({ command: process.execPath, args: [join(root, 'bench', 'run.ts'), ...args], cwd: root, env });
}

test('the README names every bench, and each of its figures the one that gives it', async () => {
  const [, list = ''] = /`npm run bench`[^;]*for one of ([^;]*);/.exec(readme) ?? [];
  expect([...list.matchAll(/`([^`]+)`/g)].map(([, name]) => name)).toEqual(names);
  const [, section = ''] = /\n## Measured\n([\s\S]*?)\n## /.exec(readme) ?? [];
  const rows = section.split('\n').filter((line) => /^\| (?!what )/.test(line));
  const quoted = rows.map((row) => /^\|[^|]*\(`([a-z]+)`\) \|/.exec(row)?.[1]);
  expect(quoted.length).toBeGreaterThan(10);
  expect(quoted.filter((name) => !names.includes(name ?? ''))).toEqual([]);
});

test('each bench is known by its own name, says what its quick form leaves out and what it owes', async () => {
  const text = await usage();
  for (const [name, load] of Object.entries(suites)) {
    const { quickly, promises, title, ...suite } = await load();
    expect(suite.name).toBe(name);
    expect(text).toContain(`  ${name.padEnd(10)} ${title}\n`);
    expect([quickly, ...promises].filter(Boolean).length, name).toBeGreaterThan(1);
  }
});

test('the words of the command line', () => {
  const all = { names, isQuick: false, json: undefined };
  expect(wishOf([], names)).toEqual(all);
  expect(wishOf(['state', '--quick', 'task'], names)).toEqual({ ...all, names: ['task', 'state'], isQuick: true });
  expect(wishOf(['--json', 'state'], names)).toEqual({ ...all, names: ['state'], json: 'standard output' });
  expect(wishOf(['--json', 'a.json'], names)).toEqual({ ...all, json: { file: 'a.json' } });
  expect(wishOf(['--json', '/nowhere/a.json'], names)).toEqual({
    problem: '/nowhere/a.json cannot be written: /nowhere is no folder.',
  });
  expect(wishOf(['wrong', '--help'], names)).toBe('help');
  expect(wishOf(['wrong', '--quik'], names)).toEqual({ problem: 'There is no “wrong”, “--quik”.' });
});

test('a name that is none ends with 2 and the list', async () => {
  const { end, stdout, stderr } = await bench('wrong');
  expect(end).toEqual({ kind: 'exited', code: 2 });
  expect(stdout).toBe('');
  expect(stderr).toBe(`There is no “wrong”.\n\n${await usage()}`);
});

test('a bench in its quick form gives what it owes, as a table and as JSON', async () => {
  const { end, stdout } = await bench('state', '--quick', '--json');
  expect(end).toEqual({ kind: 'exited', code: 0 });
  const { machine, isQuick, results } = JSON.parse(stdout);
  expect(machine).toMatch(/Node v[\d.]+, \w+; load [\d.]+ when it began$/);
  expect(isQuick).toBe(true);
  expect(results).toMatchObject([{ suite: 'state', faults: [], quickly: expect.any(String) }]);
  const state = await suites.state?.();
  expect(results[0].figures.map(({ name }: { name: string }) => name)).toEqual(state?.promises);
});

test('a figure that is missing or empty is a fault, a slow one is not', () => {
  const figures = [
    figureOf('fast', [9_000], 'ms', { target: '< 5' }),
    figureOf('none', [], 'ms'),
    figureOf('odd', [Number.NaN], 'ratio'),
  ];
  expect(faultsOf({ promises: ['fast', 'lost'] }, figures)).toEqual([
    ...['it gives no figure “lost”', '“none” has no value, of 0 samples', '“odd” has no value, of 1 samples'],
  ]);
  const [slow] = figures;
  const met = ['< 1', '≤ 1', '≥ 1'].map((target) => isMet({ value: 1, target }));
  expect([slow && isMet(slow), isMet({ value: 1 }), ...met]).toEqual([false, undefined, false, true, true]);
});

test('what is printed says whether a target is met, and in the quick form that it is none', () => {
  const figures = [
    figureOf('a', [1, 2, 3], 'ms', { target: '< 2', note: 'so' }),
    figureOf('long name', [0.5], 'ratio'),
  ];
  const came = { suite: 'x', title: 'some things', quickly: 'fewer', durationMs: 1_400, figures, faults: ['one\ntwo'] };
  expect(textOf(came, false)).toBe(`x: some things
  a               2.0 ms  1.0 to 3.0           n 3     target < 2, missed  (so)
  long name         0.50  0.50 to 0.50         n 1
  FAILED: one
    two
  took 1 s
`);
  expect(textOf(came, true)).toContain(
    '  (quick: fewer)\n  a               2.0 ms  1.0 to 3.0           n 3     (so)\n',
  );
  expect(heading('a machine', true)).toContain('Its figures are not those of the whole form.');
  expect(JSON.parse(jsonOf('a machine', false, [came])).results[0].figures[0]).toMatchObject({ value: 2, met: false });
});
