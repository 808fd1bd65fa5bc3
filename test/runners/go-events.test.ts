import { expect, test } from 'vitest';
import type { ProcessEnd, ProcessResult } from '../../src/process/types.ts';
import { judgeGo } from '../../src/runners/go/judge.ts';
import { goModules, importPathOf, moduleOf } from '../../src/runners/go/modules.ts';
import type { GoPackage } from '../../src/runners/go/packages.ts';
import { functionsIn } from '../../src/runners/go/to-report.ts';
import { scratch } from '../rig/scratch.ts';
import { writeFiles } from './tool-sample.ts';

const module = { folder: '', path: 'example.com/m', isAlone: false };
const tested: GoPackage = {
  importPath: 'example.com/m/a',
  folder: 'a',
  module,
  files: ['a/a.go'],
  testFiles: ['a/a_test.go', 'a/b_test.go'],
  embedded: [],
  embeddedByTests: [],
  imports: ['example.com/m/low'],
  testImports: [],
};
const functions = new Map([
  [
    'example.com/m/a',
    [
      { file: 'a/a_test.go', names: ['TestA'] },
      { file: 'a/b_test.go', names: ['TestB', 'ExampleB'] },
    ],
  ],
]);
const event = (Action: string, more: Record<string, unknown> = {}): string =>
  `${JSON.stringify({ Time: '2026-01-01T00:00:00Z', Action, Package: 'example.com/m/a', ...more })}\n`;
const passing = (Test: string): string => event('run', { Test }) + event('pass', { Test, Elapsed: 0.01 });

function judged(stdout: string, code: number, { stderr = '', end }: { stderr?: string; end?: ProcessEnd } = {}) {
  const result: ProcessResult = {
    end: end ?? { kind: 'exited', code },
    stdout,
    stderr,
    droppedBytes: 0,
    durationMs: 5,
    activeMs: 5,
    reaped: 0,
    survivors: [],
  };
  return judgeGo(result, [tested], { functions, root: '/lane' });
}
const results = (...given: Parameters<typeof judged>) => {
  const outcome = judged(...given);
  return outcome.kind === 'ran' ? outcome.tests.map(({ id, status }) => `${id} ${status}`) : outcome;
};

test('a finished run of twenty thousand tests', () => {
  const inner = Array.from({ length: 20_000 }, (_, at) => passing(`TestA/${at}`)).join('');
  expect(results(event('start') + passing('TestA') + inner + passing('TestB') + event('pass'), 0)).toHaveLength(20_002);
});

test('Go 1.24: what the compiler says is an event', () => {
  const stdout = [
    '{"ImportPath":"example.com/m/low","Action":"build-output","Output":"# example.com/m/low\\n"}\n',
    '{"ImportPath":"example.com/m/low","Action":"build-output","Output":"low/low.go:3:1: syntax error\\n"}\n',
    '{"ImportPath":"example.com/m/low","Action":"build-fail"}\n',
    event('start'),
    event('output', { Output: 'FAIL\texample.com/m/a [build failed]\n' }),
    event('fail', { Elapsed: 0, FailedBuild: 'example.com/m/low' }),
  ].join('');
  const outcome = judged(stdout, 1);
  expect(outcome.kind === 'ran' && outcome.tests.map(({ id, message }) => `${id} ${message}`)).toEqual([
    'go|a/a_test.go|(load) low/low.go:3:1: syntax error',
    'go|a/b_test.go|(load) low/low.go:3:1: syntax error',
  ]);
});

test.each([
  ['nothing', '', 2, 'configuration'],
  ['half a run', event('start') + passing('TestA'), 1, 'crashed'],
  ['garbage', 'garbage\n{"Action":1}\n{"Action":"pass","Package":"other"}\n', 0, 'crashed'],
])('no report: %s', (_, stdout, code, reason) => {
  expect(judged(stdout, code, { stderr: 'go: error: no such thing' })).toMatchObject({ kind: 'broken', reason });
});

test('a process that was ended names the innermost tests that were running', () => {
  const stdout = event('run', { Test: 'TestA' }) + event('run', { Test: 'TestA/deep' });
  const end: ProcessEnd = { kind: 'timed-out', limit: 'total', afterMs: 2_000 };
  expect(judged(stdout, 0, { end })).toMatchObject({
    reason: 'timed-out',
    detail: 'The tests did not end within 2 seconds. Still running: TestA/deep.',
  });
});

test('a text that looks like an end does not make a red test green, and a test that never began is none', () => {
  const stdout = [
    event('run', { Test: 'TestA' }),
    event('pass', { Test: 'TestA' }),
    event('fail', { Test: 'TestA' }),
    event('pass', { Test: 'TestInvented' }),
    passing('TestB'),
    event('fail'),
  ].join('');
  expect(results(stdout, 1)).toEqual(['go|a/a_test.go|TestA|1 failed', 'go|a/b_test.go|TestB|1 passed']);
});

test('a package that ends before all of its tests began hides none of them', () => {
  const stdout = event('run', { Test: 'TestA' }) + event('output', { Output: 'exit status 3\n' }) + event('fail');
  expect(results(stdout, 1)).toEqual(['go|a/a_test.go|TestA|1 failed', 'go|a/b_test.go|(load) failed']);
});

test('test functions are found by their names', () => {
  const text =
    'func TestA(t *testing.T) {}\nfunc TestMain(m *testing.M) {}\nfunc Testify() {}\nfunc FuzzÜ(f *testing.F) {}\n';
  expect(functionsIn('a_test.go', `${text}\tfunc TestIn() {}\nfunc (s Suite) TestX() {}\n`).names).toEqual([
    'TestA',
    'FuzzÜ',
  ]);
});

test('modules are told apart, and those that a workspace leaves out stand alone', async () => {
  const root = await scratch('modules');
  const files = {
    'go.work': 'go 1.19\nuse ./lib // ours\nuse (\n\t.\n)\n',
    'go.mod': 'module example.com/root\n',
    'lib/go.mod': '// a remark\nmodule "example.com/lib"\n',
    'tools/go.mod': 'module example.com/tools\n',
    'lib/testdata/x/go.mod': 'module example.com/data\n',
  };
  await writeFiles(root, files);
  const modules = await goModules(root, Object.keys(files));
  expect(modules.map(({ path, isAlone }) => `${path} ${isAlone}`)).toEqual([
    'example.com/root false',
    'example.com/lib false',
    'example.com/tools true',
  ]);
  const lib = moduleOf(modules, 'lib/deep/x.go');
  expect(lib && importPathOf(lib, 'lib/deep')).toBe('example.com/lib/deep');
});
