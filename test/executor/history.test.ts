import { expect, test } from 'vitest';
import { History } from '../../src/executor/history.ts';

const minute = 60_000;
const quiet = 0;

function historyOf(...entries: ReadonlyArray<readonly [command: string, durationMs: number]>): History {
  const history = new History();
  for (const [command, durationMs] of entries) history.record(command, durationMs);
  return history;
}

const slow = [5, 6, 7].map((minutes) => minutes * minute);

test('EXEC-8: the limit comes from the same command, then similar ones, then the same program', () => {
  const history = historyOf(...slow.map((ms) => ['npm test -- --shard 1', ms] as const));
  const estimate = (command: string) => history.estimate(command, 10 * minute, 60 * minute, quiet);
  expect(estimate('npm test -- --shard 1')).toEqual({ limitMs: 28 * minute, basis: 'same command', samples: 3 });
  expect(estimate('npm test -- --shard 2')).toEqual({ limitMs: 28 * minute, basis: 'similar commands', samples: 3 });
  expect(estimate('npm test')).toEqual({ limitMs: 28 * minute, basis: 'same program', samples: 3 });
  expect(estimate('npm ci')).toEqual({ limitMs: 10 * minute, basis: 'default', samples: 0 });
});

test('EXEC-8: quoted texts and paths do not make a command another one', () => {
  const history = historyOf(
    ...slow.map((ms, index) => [`/usr/bin/claude -p "task ${index}" src/${index}.ts`, ms] as const),
  );
  expect(history.estimate(`claude -p 'something else' lib/a.ts`, 10 * minute, 60 * minute, quiet).basis).toBe(
    'similar commands',
  );
});

test('EXEC-8: quick runs shorten the limit of just this command only, and not below a floor', () => {
  const history = historyOf(...[10, 20, 30].map((ms) => ['make lint', ms] as const));
  expect(history.estimate('make lint', 10 * minute, 60 * minute, quiet).limitMs).toBe(2 * minute);
  expect(history.estimate('make lint --all', 10 * minute, 60 * minute, quiet).limitMs).toBe(10 * minute);
});

test('EXEC-8: a busy machine is given more time, and there is a limit to all of it', () => {
  const history = historyOf(...slow.map((ms) => ['make all', ms] as const));
  expect(history.estimate('make all', 10 * minute, 999 * minute, 2).limitMs).toBe(56 * minute);
  expect(history.estimate('make all', 10 * minute, 999 * minute, 50).limitMs).toBe(112 * minute);
  expect(history.estimate('make all', 10 * minute, 30 * minute, 50).limitMs).toBe(30 * minute);
});

test('EXEC-8: it survives a restart, holds no command in clear, and garbage is an empty one', () => {
  const history = historyOf(...slow.map((ms) => ['deploy --key s3cret', ms] as const));
  const text = history.toString();
  expect(text).not.toMatch(/deploy|s3cret/);
  expect(History.parse(text).estimate('deploy --key s3cret', minute, 60 * minute, quiet).basis).toBe('same command');
  for (const garbage of ['', 'x', '{}', '{"version":2}', text.slice(0, 50)]) {
    expect(History.parse(garbage).estimate('deploy --key s3cret', minute, 60 * minute, quiet).basis).toBe('default');
  }
});

test('EXEC-8: thousands of commands stay bounded, and a look takes well under a millisecond', () => {
  const history = new History();
  for (let index = 0; index < 5_000; index++)
    history.record(`tool-${'x'.repeat(index % 50)}${index}a sub "${index}"`, index);
  for (let index = 0; index < 100; index++) history.record('tool again', index);
  const text = history.toString();
  expect(text.length).toBeLessThan(400_000);
  const startedMs = performance.now();
  for (let index = 0; index < 500; index++) history.estimate('tool again', minute, minute);
  expect((performance.now() - startedMs) / 500).toBeLessThan(1);
});
