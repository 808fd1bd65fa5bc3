import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ProcessEnd, ProcessResult } from '../../src/process/types.ts';
import { type EndedRun, judgeRun } from '../../src/runners/javascript/judge-run.ts';
import { placeReporters, type RawRun, type RawTest } from '../../src/runners/javascript/raw-run.ts';
import { scriptCommands } from '../../src/runners/javascript/scripts.ts';
import { jestCommand } from '../../src/runners/jest/command.ts';
import { guessed, learned } from '../../src/runners/jest/rules.ts';
import { mochaCommand } from '../../src/runners/mocha/command.ts';
import { asPattern, neededNode, nodeCommand } from '../../src/runners/node-test/command.ts';
import { testFiles } from '../../src/runners/node-test/test-files.ts';
import { scratch } from '../rig/scratch.ts';

const commands = (scripts: Record<string, string>, ...programs: string[]) =>
  scriptCommands({ folder: '', manifest: { scripts } }, programs);

describe('scripts of package.json', () => {
  test.each([
    ['jest', {}, [], []],
    ['npm run build && jest --ci | tee log', {}, [], ['--ci']],
    [
      'cross-env NODE_OPTIONS="--experimental-vm-modules" npx jest',
      { NODE_OPTIONS: '--experimental-vm-modules' },
      [],
      [],
    ],
    [
      'TZ=UTC node --experimental-vm-modules node_modules/jest/bin/jest.js -i',
      { TZ: 'UTC' },
      ['--experimental-vm-modules'],
      ['-i'],
    ],
    ["c8 --all ./node_modules/.bin/jest -c 'a b.js' src/\\*", {}, [], ['-c', 'a b.js', 'src/*']],
  ])('%s', (test, env, nodeOptions, args) => {
    expect(commands({ test }, 'jest')).toEqual([{ env, program: 'jest', nodeOptions, args }]);
  });

  test('the script named test comes first, and programs that are only mentioned do not count', () => {
    const scripts = {
      lint: 'eslint --env jest',
      'test:unit': 'mocha unit',
      test: 'mocha all',
      cover: 'echo jest-like',
    };
    expect(commands(scripts, 'mocha').map(({ args }) => args)).toEqual([['all'], ['unit']]);
  });

  test('jest: what says how to run stays, what chooses, prints or measures goes', () => {
    const [script] = commands(
      { test: 'jest --coverage --config jest.unit.js --projects a b --watch src -i -w 2 --env=jsdom --updateSnapshot' },
      'jest',
    );
    expect(script && jestCommand(script)).toMatchObject({
      args: ['--config', 'jest.unit.js', '--projects=a', '--projects=b', '-i', '-w', '2', '--env=jsdom'],
      config: 'jest.unit.js',
    });
  });

  test('mocha: places of tests and what is loaded stay', () => {
    const [script] = commands(
      { test: "ts-mocha -r ./setup.ts -r dotenv/config --reporter dot -b -t 5000 --watch 'test/**/*.spec.ts'" },
      'ts-mocha',
    );
    expect(script && mochaCommand(script)).toMatchObject({
      args: [
        '--require',
        'ts-mocha/src/index.js',
        '-r',
        './setup.ts',
        '-r',
        'dotenv/config',
        '-t',
        '5000',
        'test/**/*.spec.ts',
      ],
      spec: ['test/**/*.spec.ts'],
      support: ['setup.ts'],
    });
  });

  test('node: loaders stay, reporters, coverage, watching and updating go', () => {
    const [script] = commands(
      {
        test: 'A=b node --import tsx --import=./setup.mjs --test --test-reporter spec --watch --experimental-test-coverage --test-update-snapshots --test-timeout 9 ./src/ test/*.ts',
      },
      'node',
    );
    expect(script && nodeCommand(script)).toEqual({
      env: { A: 'b' },
      options: ['--import', 'tsx', '--import=./setup.mjs', '--test-timeout', '9'],
      patterns: ['src', 'test/*.ts'],
      support: ['setup.mjs'],
    });
    const [tsx] = commands({ test: 'tsx --tsconfig tsconfig.test.json --test' }, 'tsx');
    expect(tsx && nodeCommand(tsx)).toMatchObject({
      env: { TSX_TSCONFIG_PATH: 'tsconfig.test.json' },
      options: ['--import', 'tsx'],
    });
  });
});

describe('test files of Node', () => {
  const plain = { env: {}, options: [], patterns: [], support: [] };
  const those = (patterns: string[], version: string, options: string[] = []) => {
    const matches = testFiles({ ...plain, patterns, options }, version);
    return [
      'test/a.js',
      'src/a.test.js',
      'src/a.test.ts',
      'src/test-a.mjs',
      'src/a.js',
      'lib/test/b.cjs',
      'node_modules/x/a.test.js',
      'test/a.d.ts',
    ].filter(matches);
  };

  test('by Node itself, by folder, by pattern, by name', () => {
    expect(those([], '20.9.0')).toEqual(['test/a.js', 'src/a.test.js', 'src/test-a.mjs', 'lib/test/b.cjs']);
    expect(those([], '20.9.0', ['--import', 'tsx'])).toContain('src/a.test.ts');
    expect(those([], '22.18.0')).toContain('src/a.test.ts');
    expect(those(['src'], '22.17.0')).toEqual(['src/a.test.js', 'src/test-a.mjs']);
    expect(those(['**/*.ts'], '24.0.0')).toEqual(['src/a.test.ts', 'test/a.d.ts']);
    expect(those(['src/a.js'], '20.0.0')).toEqual(['src/a.js']);
  });

  test('the Node that a command needs, and names that look like patterns', () => {
    expect(neededNode(plain)).toBe('>=20.0.0');
    expect(neededNode({ ...plain, patterns: ['a/*.ts'] })).toBe('>=22.18.0');
    expect(neededNode({ ...plain, patterns: ['a/*.ts'], options: ['--import=tsx'] })).toBe('>=20.0.0');
    expect(neededNode({ ...plain, options: ['--experimental-strip-types'] })).toBe('>=22.6.0');
    expect(asPattern('a/[id].js', 20)).toBe('a/[id].js');
    expect(asPattern('a/[id].js', 22)).toBe('a/[[]id].js');
    expect(asPattern('-a.js', 20)).toBe('./-a.js');
  });
});

describe('jest’s rules', () => {
  const config = {
    rootDir: '/lane',
    roots: ['/lane/src'],
    testMatch: ['**/*.check.js', '!**/slow/**'],
    testRegex: [],
    ignored: ['/lane/src/old/', '['],
    support: ['/lane/setup.js', '/elsewhere/x.js'],
    tools: ['/lane/tools/transform.js'],
    mappings: [],
  };

  test('the usual names before the first run, then what jest has resolved', () => {
    const before = guessed(undefined).rules;
    expect(['a.test.ts', 'src/__tests__/a.js', 'a.js', 'node_modules/a.test.js'].map(before.isTestFile)).toEqual([
      true,
      true,
      false,
      false,
    ]);
    const { rules, support, tools } = learned([config], '/lane', 'my.config.js');
    expect(support).toEqual(['setup.js', 'tools/transform.js']);
    expect(tools).toEqual(['tools/transform.js']);
    const paths = ['src/a.check.js', 'src/slow/a.check.js', 'src/old/a.check.js', 'lib/a.check.js', 'src/a.test.js'];
    expect(paths.map(rules.isTestFile)).toEqual([true, false, false, false, false]);
    expect(['setup.js', 'my.config.js', 'jest.config.ts', 'jest.setup.js', 'src/a.js'].map(rules.isSettings)).toEqual([
      true,
      true,
      true,
      true,
      false,
    ]);
    expect(['src/a.test.js', 'src/__mocks__/fs.js', 'setup.js', 'src/a.js'].map(rules.isProtected)).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(
      learned([{ ...config, testRegex: ['\\.spec\\.js$'] }], '/lane', undefined).rules.isTestFile('src/a.spec.js'),
    ).toBe(true);
  });
});

describe('what a run amounts to', () => {
  const exited = (code: number): ProcessEnd => ({ kind: 'exited', code });
  const passed: RawTest = {
    project: '',
    file: '/lane/a.js',
    titles: ['a'],
    status: 'passed',
    durationMs: 1,
    retries: 0,
    errors: [],
  };
  const raw = (more: Partial<RawRun> = {}): RawRun => ({
    ...{ token: 't', phase: 'finished', files: ['/lane/a.js'], tests: [passed], failures: [], edges: {} },
    ...{ configs: [], support: [], spec: [], needsSerial: false },
    ...more,
  });
  const judged = (end: ProcessEnd, read: EndedRun['read'], stderr = '') => {
    const result: ProcessResult = {
      ...{ end, stdout: '', stderr, droppedBytes: 0, durationMs: 5, activeMs: 5, reaped: 0, survivors: [] },
    };
    const running = ['/lane/a.js', '/lane/b.js', '/lane/c.js', '/lane/d.js'];
    return judgeRun({ root: '/lane', name: 'mocha', title: 'Mocha', result, read, running, imports: () => ({}) });
  };
  const run = (more: Partial<RawRun> = {}) => ({ kind: 'run', run: raw(more) }) as const;
  const failed = { ...passed, status: 'failed' as const };

  test('only a finished report that its exit code agrees with is one', () => {
    expect(judged(exited(0), run())).toMatchObject({ kind: 'report', report: { files: ['a.js'], exitCode: 0 } });
    expect(judged(exited(1), run())).toMatchObject({ reason: 'disagrees' });
    expect(judged(exited(0), run({ tests: [failed] }))).toMatchObject({ reason: 'disagrees' });
    expect(judged(exited(0), run({ files: [], tests: [] }))).toMatchObject({ kind: 'no-tests' });
    expect(judged(exited(0), run({ phase: 'started' }))).toMatchObject({
      reason: 'crashed',
      detail: expect.stringContaining('Still running: a.js, b.js, c.js and 1 more.'),
    });
    expect(judged(exited(0), { kind: 'missing' })).toMatchObject({ reason: 'crashed' });
    expect(judged(exited(1), { kind: 'missing' }, 'Error: no such module')).toMatchObject({
      reason: 'configuration',
      detail: 'Mocha could not start (exit code 1): Error: no such module',
    });
    expect(judged(exited(0), { kind: 'unreadable', problem: 'cut off' })).toMatchObject({ reason: 'crashed' });
    expect(judged({ kind: 'signalled', signal: 'SIGKILL' }, run())).toMatchObject({ reason: 'crashed' });
    expect(judged({ kind: 'timed-out', limit: 'total', afterMs: 2_000 }, run())).toMatchObject({
      detail: 'The tests did not end within 2 seconds. All tests were done; something keeps the process from ending.',
    });
    expect(judged({ kind: 'cancelled', reason: '' }, run())).toEqual({ kind: 'cancelled' });
  });

  test('20,000 tests and a failure of each kind', () => {
    const tests = Array.from({ length: 20_000 }, (_, at) => ({ ...passed, titles: ['suite', `test ${at % 10_000}`] }));
    const error = { name: 'Error', message: 'no', diff: '', stack: '' };
    const failures = (['load', 'load', 'unhandled'] as const).map((kind) => ({
      kind,
      project: 'ui',
      file: '/lane/b.js',
      error,
    }));
    const judgedRun = judged(exited(1), run({ tests, failures }));
    if (judgedRun.kind !== 'report') throw new Error('not a report');
    expect(new Set(judgedRun.report.tests.map(({ id }) => id)).size).toBe(20_002);
    expect(judgedRun.report.tests.at(-1)?.id).toBe('mocha:ui|b.js|(unhandled)');
    expect(judgedRun.report.tests[10_000]?.id).toBe('mocha|a.js|suite > test 0|2');
  });

  test('a report without the word of this run is none', async () => {
    const folder = await scratch('reports');
    const placed = await placeReporters(folder, {});
    expect(await placed.read()).toEqual({ kind: 'missing' });
    const { report } = JSON.parse(await readFile(join(placed.folder, 'errand.json'), 'utf8'));
    await writeFile(report, JSON.stringify(raw()));
    expect(await placed.read()).toEqual({ kind: 'unreadable', problem: 'it is not from this run' });
    await writeFile(report, '{"phase":');
    expect(await placed.read()).toMatchObject({ kind: 'unreadable' });
  });
});
