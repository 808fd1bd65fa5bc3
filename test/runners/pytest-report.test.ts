import { expect, test } from 'vitest';
import type { ProcessEnd, ProcessResult } from '../../src/process/types.ts';
import { judgePytest } from '../../src/runners/pytest/judge.ts';
import { parseReport } from '../../src/runners/pytest/raw-report.ts';

const token = 'secret';
const line = (kind: string, facts: Record<string, unknown> = {}, by = token): string =>
  `${JSON.stringify({ ...facts, kind, token: by })}\n`;
const begin = line('begin', { version: '8.0.0', rootdir: '/lane', patterns: ['test_*.py'], testpaths: [] });
const result = (node: string, more: Record<string, unknown> = {}): string =>
  line('test', { node, when: 'call', outcome: 'passed', durationMs: 1, xfail: false, ...more });
const end = line('end', { exitCode: 0 });

function judged(text: string, code = 0, how?: ProcessEnd) {
  const ended: ProcessResult = {
    end: how ?? { kind: 'exited', code },
    stdout: 'E   SomeError: in the output\n',
    stderr: '',
    droppedBytes: 0,
    durationMs: 5,
    activeMs: 5,
    reaped: 0,
    survivors: [],
  };
  return judgePytest(ended, parseReport(text, token), { root: '/lane', expected: ['a/test_a.py', 'a/b/test_b.py'] });
}
const results = (text: string, code = 1) => {
  const outcome = judged(text, code);
  return outcome.kind === 'ran' ? outcome.results.tests.map(({ id, status }) => `${id} ${status}`) : outcome;
};

test('a finished report of twenty thousand tests', () => {
  const nodes = Array.from({ length: 20_000 }, (_, at) => `a/test_a.py::test_many[${at}]`);
  const text = [begin, line('collected', { nodes }), ...nodes.map((node) => result(node)), end].join('');
  const outcome = judged(text);
  expect(outcome.kind === 'ran' && outcome.results.tests).toHaveLength(20_000);
});

test.each([
  ['nothing at all', '', { reason: 'configuration', detail: expect.stringContaining('SomeError') }],
  ['half a line', begin + end.slice(0, 20), { reason: 'crashed' }],
  ['garbage', `${begin}garbage\n${end}`, { reason: 'crashed', detail: expect.stringContaining('cannot be read') }],
  ['lines of somebody else', begin + line('end', { exitCode: 0 }, 'guessed'), { detail: /not from this run/ }],
  [
    'no end',
    begin + line('running', { node: 'a/test_a.py::x' }),
    { detail: /The last one to begin was a\/test_a\.py::x/ },
  ],
  [
    'tests that were lost',
    begin + line('collected', { nodes: ['a/test_a.py::x'] }) + end,
    { detail: /without running 1/ },
  ],
  ['an error of its own', begin + line('internal', { text: 'INTERNALERROR> KeyError: 1' }), { detail: /KeyError: 1$/ }],
])('no report: %s', (_, text, expected) => {
  const { detail } = expected as { detail?: unknown };
  const wanted = detail instanceof RegExp ? { ...expected, detail: expect.stringMatching(detail) } : expected;
  expect(judged(text, 1)).toMatchObject({ kind: 'broken', ...wanted });
});

test('a process that was killed gives no report even if it looks like one', () => {
  expect(judged(begin + end, 0, { kind: 'signalled', signal: 'SIGKILL' })).toMatchObject({ reason: 'crashed' });
  expect(judged(begin + end, 0, { kind: 'cancelled', reason: 'enough' })).toEqual({ kind: 'cancelled' });
});

test('the parts of a test are one result: what fails in any of them fails it', () => {
  const failed = { outcome: 'failed', crash: 'no', text: 'no' };
  const text = [
    begin,
    result('a/test_a.py::torn'),
    result('a/test_a.py::torn', { ...failed, when: 'teardown' }),
    result('a/test_a.py::parts', { ...failed, subtest: 'i=1' }),
    result('a/test_a.py::parts'),
    result('a/test_a.py::retried', { outcome: 'rerun', crash: 'once' }),
    result('a/test_a.py::retried'),
    result('a/test_a.py::unfinished', { outcome: 'rerun' }),
    line('end', { exitCode: 1 }),
  ].join('');
  expect(results(text)).toEqual([
    'pytest|a/test_a.py|torn|1 failed',
    'pytest|a/test_a.py|parts|1 failed',
    'pytest|a/test_a.py|retried|1 passed',
    'pytest|a/test_a.py|unfinished|1 failed',
  ]);
});

test('a folder or a package that cannot be loaded is all of its test files', () => {
  const load = (node: string): string => begin + line('load', { node, text: 'E   ImportError: x' }) + end;
  expect(results(load('a/b'))).toEqual(['pytest|a/b/test_b.py|(load) failed']);
  expect(results(load('a/__init__.py'))).toEqual([
    'pytest|a/test_a.py|(load) failed',
    'pytest|a/b/test_b.py|(load) failed',
  ]);
  expect(results(load(''))).toHaveLength(2);
  expect(results(load('a/test_a.py::TestX'))).toEqual(['pytest|a/test_a.py|(load) failed']);
});
