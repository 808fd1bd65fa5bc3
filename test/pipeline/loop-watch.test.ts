import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import { LoopWatch, type StepOutlived } from '../../src/pipeline/loop-watch.ts';
import { FakeClock } from '../rig/fake-clock.ts';

function watched(clock: Clock): { watch: LoopWatch; outlived: StepOutlived[] } {
  const outlived: StepOutlived[] = [];
  return { watch: new LoopWatch(clock, (fault) => outlived.push(fault)), outlived };
}

describe('a step', () => {
  test('is told to end when it has taken longer than it may, once', async () => {
    const clock = new FakeClock();
    const { watch, outlived } = watched(clock);
    const signal = watch.begin('plan', 60_000);
    await clock.advance(59_000);
    expect(signal.aborted).toBe(false);
    await clock.advance(2_000);
    expect([signal.aborted, outlived.map(({ message }) => message)]).toEqual([
      true,
      ['plan did not end within its limit of 60 s'],
    ]);
    await clock.advance(3_600_000);
    expect([outlived.length, clock.sleeping]).toEqual([1, 0]);
  });

  test('that goes on to its next part has the whole limit of that one', async () => {
    const clock = new FakeClock();
    const { watch, outlived } = watched(clock);
    watch.begin('plan', 60_000);
    await clock.advance(50_000);
    watch.next('fix', 120_000);
    await clock.advance(110_000);
    expect(outlived).toEqual([]);
    watch.end();
    await clock.advance(3_600_000);
    expect([outlived, clock.sleeping]).toEqual([[], 0]);
  });

  test('that waits for its turn behind others has the whole of its limit afterwards', async () => {
    const clock = new FakeClock();
    const { watch, outlived } = watched(clock);
    const turn = Promise.withResolvers<string>();
    watch.begin('verify', 60_000);
    const waiting = watch.aside(turn.promise);
    await clock.advance(3_600_000);
    turn.resolve('now');
    expect([await waiting, outlived]).toEqual(['now', []]);
    await clock.advance(70_000);
    expect(outlived).toHaveLength(1);
  });

  test('F16 F17: time in which the machine slept, or the agent was stopped, does not count', async () => {
    const clock = new FakeClock();
    let sleptMs = 0;
    const { watch, outlived } = watched({
      now: () => clock.now(),
      monotonic: () => clock.monotonic() + sleptMs,
      sleep: (ms, signal) => clock.sleep(ms, signal),
    });
    watch.begin('triage', 60_000);
    await clock.advance(30_000);
    sleptMs = 8 * 3_600_000;
    clock.jump(-3_600_000);
    await clock.advance(20_000);
    expect(outlived).toEqual([]);
    await clock.advance(15_000);
    expect(outlived).toHaveLength(1);
  });
});

describe('RUN-1: a loop', () => {
  test('that waits is alive when it comes round after it was woken', async () => {
    const clock = new FakeClock();
    const { watch } = watched(clock);
    expect(await watch.isAlive(() => watch.turned(), 1_000)).toBe(true);
    expect(await watch.isAlive(() => void watch.begin('plan', 60_000), 1_000)).toBe(true);
    expect(clock.sleeping).toBe(1);
    watch.end();
    await turn();
    expect(clock.sleeping).toBe(0);
  });

  test('that does not come round is not', async () => {
    const clock = new FakeClock();
    const { watch } = watched(clock);
    const alive = watch.isAlive(() => undefined, 1_000);
    await clock.advance(1_000);
    expect(await alive).toBe(false);
  });

  test('at a long step is alive, until that has outlived its limit and does not end', async () => {
    const clock = new FakeClock();
    const { watch } = watched(clock);
    watch.begin('verify', 3_600_000);
    await clock.advance(3_000_000);
    expect(await watch.isAlive(() => undefined, 1)).toBe(true);
    await clock.advance(630_000);
    expect([await watch.isAlive(() => undefined, 1), watch.stuckIn]).toEqual([true, undefined]);
    await clock.advance(60_000);
    expect([await watch.isAlive(() => undefined, 1), watch.stuckIn]).toEqual([false, 'verify']);
    watch.turned();
    expect(watch.stuckIn).toBeUndefined();
  });
});
