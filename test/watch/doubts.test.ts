import { expect, test } from 'vitest';
import { Doubts } from '../../src/watch/doubts.ts';
import { FakeClock } from '../rig/fake-clock.ts';

const tickMs = 1_000;

async function scene() {
  const clock = new FakeClock();
  let head = '1';
  const doubts = new Doubts(clock, () => head);
  return {
    clock,
    doubts,
    events: (count: number) => {
      for (let event = 0; event < count; event++) doubts.saw();
    },
    move: () => {
      head += '1';
    },
    after: async (ms: number) => {
      await clock.advance(ms);
      return doubts.look(tickMs);
    },
  };
}

test('WATCH-5: nothing is doubted while events come one by one and the clocks agree', async () => {
  const { events, after } = await scene();
  for (let second = 0; second < 5; second++) {
    events(2_000);
    expect(await after(tickMs)).toBeUndefined();
  }
});

test('F18: a burst is doubted once it is over', async () => {
  const { events, after } = await scene();
  events(2_500);
  expect(await after(tickMs)).toBeUndefined();
  events(9_000);
  expect(await after(tickMs)).toBeUndefined();
  expect(await after(tickMs)).toBe('burst');
  expect(await after(tickMs)).toBeUndefined();
});

test('F17: a late turn of the loop, and a wall clock that went on alone or was set', async () => {
  const { clock, after } = await scene();
  expect(await after(tickMs + 400)).toBeUndefined();
  expect(await after(tickMs + 600)).toBe('lag');
  clock.jump(8 * 3_600_000);
  expect(await after(tickMs)).toBe('sleep');
  clock.jump(-3_600_000);
  expect(await after(tickMs)).toBe('sleep');
  expect(await after(tickMs)).toBeUndefined();
});

test('F24: each move of HEAD', async () => {
  const { doubts, clock, move, after } = await scene();
  move();
  expect(await after(tickMs)).toBe('head');
  expect(await after(tickMs)).toBeUndefined();
  await clock.advance(30_000);
  doubts.rest();
  expect(await after(tickMs)).toBeUndefined();
});
