import { describe, expect, test } from 'vitest';
import type { TestRun } from '../../src/domain/tests.ts';
import { several } from '../../src/runners/several.ts';
import type { Runner, TestRequest, TestScope } from '../../src/runners/types.ts';
import { failing, passing, reportOf } from '../rig/reports.ts';

const green = (...files: string[]): TestRun => ({
  kind: 'report',
  report: { ...reportOf(files.flatMap((file) => passing(file, 'works'))), files },
  outputTail: `${files[0]} was run`,
});

/** A runner that gives what the script says and remembers what it was asked. */
function scripted(name: string, ending: string, runs: readonly TestRun[]) {
  const asked: TestRequest[] = [];
  const left = [...runs];
  const runner: Runner = {
    name,
    version: '1.0.0',
    description: `${name} 1.0.0`,
    wants: (path) => path.endsWith(ending),
    isProtected: (path) => path === `${name}.config`,
    isSettings: (path) => path === `${name}.config`,
    isTestFile: (path) => path.endsWith(`_test${ending}`),
    testsWithin: (path) => (path.endsWith(ending) ? name : undefined),
    run: async (request) => {
      asked.push(request);
      return left.shift() ?? { kind: 'no-tests', durationMs: 1 };
    },
    prepare: () => undefined,
    close: async () => undefined,
  };
  return {
    runner,
    scopes: () => asked.map(({ scope }) => scope),
    limits: () => asked.map(({ timeoutMs }) => timeoutMs),
  };
}

const request = (scope: TestScope, timeoutMs = 10_000): TestRequest => ({
  root: '/lane',
  scope,
  env: {},
  reportFolder: '/reports',
  timeoutMs,
  signal: new AbortController().signal,
});

describe('VERIFY-7: several runners of one repository', () => {
  test('one alone is itself', () => {
    const { runner } = scripted('go', '.go', []);
    expect(several([{ folder: 'api', runner }])).toBe(runner);
  });

  test('each gets its own part of a scope, and their reports are one', async () => {
    const go = scripted('go', '.go', [green('api/a_test.go')]);
    const pytest = scripted('pytest', '.py', [
      { kind: 'report', report: { ...reportOf(failing('jobs/b_test.py', 'fails')), exitCode: 1 }, outputTail: '' },
    ]);
    const runner = several([
      { folder: 'api', runner: go.runner },
      { folder: 'jobs', runner: pytest.runner },
    ]);
    const run = await runner.run(request({ kind: 'related', files: ['api/a.go', 'jobs/b.py', 'tools/c.py', 'd.md'] }));
    expect(go.scopes()).toEqual([{ kind: 'related', files: ['api/a.go'] }]);
    expect(pytest.scopes()).toEqual([{ kind: 'related', files: ['jobs/b.py'] }]);
    expect(run).toMatchObject({
      kind: 'report',
      report: { runner: 'vitest', exitCode: 1, files: ['api/a_test.go', 'jobs/b_test.py'] },
      outputTail: 'api/a_test.go was run',
    });
    expect(run.kind === 'report' && run.report.tests.map(({ status }) => status)).toEqual(['passed', 'failed']);
    expect(runner).toMatchObject({ name: 'go+pytest', version: 'go 1.0.0, pytest 1.0.0' });
  });

  test('one whose part is empty is not started; where nobody has a part there are no tests', async () => {
    const go = scripted('go', '.go', [green('a_test.go')]);
    const pytest = scripted('pytest', '.py', []);
    const runner = several([
      { folder: '', runner: go.runner },
      { folder: '', runner: pytest.runner },
    ]);
    expect(await runner.run(request({ kind: 'related', files: ['a.go'] }))).toMatchObject({ kind: 'report' });
    expect(await runner.run(request({ kind: 'related', files: ['a.css'] }))).toMatchObject({ kind: 'no-tests' });
    expect([go.scopes().length, pytest.scopes().length]).toEqual([1, 0]);
  });

  test('a test file goes to whoever has reported on it, also one that belongs to no file', async () => {
    const first = scripted('mocha', '.js', [green('test/a.js'), green('test/a.js')]);
    const second = scripted('command', '', [green('', 'test/b.js'), green('')]);
    const runner = several([
      { folder: '', runner: first.runner },
      { folder: '', runner: second.runner },
    ]);
    await runner.run(request({ kind: 'all' }));
    await runner.run(request({ kind: 'files', files: ['test/a.js', ''] }));
    expect(first.scopes()[1]).toEqual({ kind: 'files', files: ['test/a.js'] });
    expect(second.scopes()[1]).toEqual({ kind: 'files', files: [''] });
  });

  test('half a report is none: the one that cannot run is named, and a stop stops all', async () => {
    const broken: TestRun = {
      kind: 'broken',
      reason: 'crashed',
      detail: 'It fell over.',
      outputTail: '',
      durationMs: 1,
    };
    const go = scripted('go', '.go', [green('a_test.go'), { kind: 'cancelled' }]);
    const pytest = scripted('pytest', '.py', [broken]);
    const runner = several([
      { folder: '', runner: go.runner },
      { folder: 'jobs', runner: pytest.runner },
    ]);
    expect(await runner.run(request({ kind: 'all' }))).toEqual({ ...broken, detail: 'pytest in jobs: It fell over.' });
    expect(await runner.run(request({ kind: 'all' }))).toEqual({ kind: 'cancelled' });
    expect(pytest.scopes()).toHaveLength(1);
  });

  test('VERIFY-6: the time is for all of them together', async () => {
    const slow = scripted('slow', '.go', [green('a_test.go'), green('a_test.go')]);
    const runner = several([
      {
        folder: '',
        runner: {
          ...slow.runner,
          run: async (asked) => {
            for (const until = performance.now() + 30; performance.now() < until; ) await Promise.resolve();
            return slow.runner.run(asked);
          },
        },
      },
      { folder: 'jobs', runner: slow.runner },
    ]);
    await runner.run(request({ kind: 'all' }, 10_000));
    const [first = 0, second = 0] = slow.limits();
    expect(first - second).toBeGreaterThanOrEqual(29);
    expect(await runner.run(request({ kind: 'all' }, 20))).toMatchObject({
      kind: 'broken',
      reason: 'timed-out',
      detail: 'slow in jobs: No time was left of the 0 seconds for all tests.',
    });
  });

  test('what any of them protects is protected, and what none wants is nobody’s', () => {
    const runner = several([
      { folder: 'api', runner: scripted('go', '.go', []).runner },
      { folder: '', runner: scripted('pytest', '.py', []).runner },
    ]);
    expect(['go.config', 'pytest.config', 'x.config'].map(runner.isProtected)).toEqual([true, true, false]);
    expect(['go.config', 'x.config'].map(runner.isSettings)).toEqual([true, false]);
    expect(['a_test.go', 'a_test.py', 'a.py'].map(runner.isTestFile)).toEqual([true, true, false]);
    expect(['api/a.go', 'web/a.go', 'web/a.py', 'a.css'].map(runner.wants)).toEqual([true, false, true, false]);
    expect(['a.go', 'a.css'].map((path) => runner.testsWithin?.(path, ''))).toEqual(['go', undefined]);
  });
});
