import { describe, expect, test } from 'vitest';
import { Wake } from '../../src/pipeline/wake.ts';
import { FakeClock } from '../rig/fake-clock.ts';

describe('a bell', () => {
  test('that is rung before anybody waits, counts, and once only', async () => {
    const clock = new FakeClock();
    const bell = new Wake();
    const stop = new AbortController();
    bell.wake();
    bell.wake();
    expect(await bell.wait(stop.signal)).toBe(true);
    const second = bell.wait(stop.signal, 50, clock);
    await clock.advance(49);
    expect(clock.sleeping).toBe(1);
    await clock.advance(1);
    expect(await second).toBe(true);
  });

  test('wakes whoever waits, and the timer is gone', async () => {
    const clock = new FakeClock();
    const bell = new Wake();
    const waiting = bell.wait(new AbortController().signal, 1_000, clock);
    bell.wake();
    expect(await waiting).toBe(true);
    expect(clock.sleeping).toBe(0);
  });

  test('that is rung while it rings is heard', async () => {
    const bell = new Wake();
    const { signal } = new AbortController();
    const heard: number[] = [];
    const listening = (async () => {
      for (let round = 0; round < 3; round++) {
        await bell.wait(signal);
        heard.push(round);
        // What was done before the bell is seen now; what comes during the work rings again.
        await Promise.resolve();
        if (round < 2) bell.wake();
      }
    })();
    bell.wake();
    await listening;
    expect(heard).toEqual([0, 1, 2]);
  });

  test('gives false when all is over, before, meanwhile, or in the very moment of the ring', async () => {
    const clock = new FakeClock();
    const stop = new AbortController();
    const bell = new Wake();
    const waiting = bell.wait(stop.signal, 1_000, clock);
    bell.wake();
    stop.abort();
    expect(await waiting).toBe(false);
    expect(await bell.wait(stop.signal)).toBe(false);
    const another = new AbortController();
    const second = new Wake().wait(another.signal, 1_000, clock);
    another.abort();
    expect(await second).toBe(false);
    expect(clock.sleeping).toBe(0);
  });
});
