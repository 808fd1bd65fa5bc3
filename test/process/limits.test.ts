import { expect, test } from 'vitest';
import { ActiveTime } from '../../src/process/limits.ts';
import { run } from '../../src/process/process.ts';

test('active time leaves pauses out, however they are called', () => {
  let nowMs = 1_000;
  const time = new ActiveTime(() => nowMs);
  const after = (ms: number) => {
    nowMs += ms;
    return [time.durationMs, time.activeMs];
  };
  expect(after(10)).toEqual([10, 10]);
  time.pause();
  expect(after(100)).toEqual([110, 10]);
  time.pause();
  expect(after(100)).toEqual([210, 10]);
  time.resume();
  time.resume();
  expect(after(5)).toEqual([215, 15]);
  time.pause();
  expect(after(50)).toEqual([265, 15]);
  time.stop();
  expect(after(1_000)).toEqual([265, 15]);
  time.resume();
  expect(after(1_000)).toEqual([265, 15]);
});

test('F17: who was frozen beyond a limit hears first what happened meanwhile', async () => {
  const frozen = new Int32Array(new SharedArrayBuffer(4));
  const env = { PATH: process.env.PATH ?? '' };
  const quick = run({ command: 'sh', args: ['-c', 'sleep 0.2; echo done'], cwd: '/', env, timeoutMs: 500 });
  const endless = run({ command: 'sleep', args: ['60'], cwd: '/', env, timeoutMs: 500 });
  // As if by SIGSTOP.
  Atomics.wait(frozen, 0, 0, 2_000);
  expect(await quick).toMatchObject({ end: { kind: 'exited', code: 0 }, stdout: 'done\n' });
  expect((await endless).end).toMatchObject({ kind: 'timed-out' });
});
