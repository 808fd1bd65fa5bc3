import { expect, test } from 'vitest';
import { ActiveTime } from '../../src/process/limits.ts';

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
