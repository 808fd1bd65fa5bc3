import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { type DebounceLimits, Debouncer } from '../../src/watch/debouncer.ts';
import { FakeClock } from '../rig/fake-clock.ts';

interface Batch {
  readonly paths: readonly string[];
  readonly at: number;
}

function start(limits: DebounceLimits): { clock: FakeClock; debouncer: Debouncer; batches: Batch[] } {
  const clock = new FakeClock();
  const batches: Batch[] = [];
  const debouncer = new Debouncer(limits, clock, (paths) => batches.push({ paths, at: clock.monotonic() }));
  return { clock, debouncer, batches };
}

const usual = { quietMs: 2_000, maxWaitMs: 11_000, maxPaths: 100 };

describe('a debouncer', () => {
  test('WATCH-2: all changes within the quiet period make one batch, each path once, when it has been quiet', async () => {
    const { clock, debouncer, batches } = start(usual);
    debouncer.push('a');
    await clock.advance(1_999);
    debouncer.push('b');
    debouncer.push('a');
    await clock.advance(1_999);
    expect(batches).toEqual([]);
    await clock.advance(1);
    expect(batches).toEqual([{ paths: ['a', 'b'], at: 3_999 }]);
  });

  test('WATCH-2: what comes after the quiet period is another batch', async () => {
    const { clock, debouncer, batches } = start(usual);
    debouncer.push('a');
    await clock.advance(2_000);
    debouncer.push('a');
    await clock.advance(2_000);
    expect(batches).toEqual([
      { paths: ['a'], at: 2_000 },
      { paths: ['a'], at: 4_000 },
    ]);
  });

  test('WATCH-3: a tree that never rests is batched after the longest wait', async () => {
    const { clock, debouncer, batches } = start(usual);
    for (let second = 0; second < 25; second++) {
      debouncer.push(`file ${second}`);
      await clock.advance(1_000);
    }
    expect(batches.map(({ at }) => at)).toEqual([11_000, 22_000]);
    expect(batches.flatMap(({ paths }) => paths)).toHaveLength(22);
  });

  test('WATCH-3: a batch of the largest size is handed on at once', async () => {
    const { clock, debouncer, batches } = start({ ...usual, maxPaths: 3 });
    for (const path of ['a', 'b', 'b', 'c', 'd']) debouncer.push(path);
    expect(batches).toEqual([{ paths: ['a', 'b', 'c'], at: 0 }]);
    await clock.advance(2_000);
    expect(batches[1]).toEqual({ paths: ['d'], at: 2_000 });
  });

  test('F16: a wall clock that is set back or forth changes nothing', async () => {
    const { clock, debouncer, batches } = start(usual);
    debouncer.push('a');
    clock.jump(3_600_000);
    await clock.advance(1_000);
    clock.jump(-7_200_000);
    expect(batches).toEqual([]);
    await clock.advance(1_000);
    expect(batches).toHaveLength(1);
  });

  test('closed, it forgets what it holds and nothing goes on waiting', async () => {
    const { clock, debouncer, batches } = start(usual);
    debouncer.push('a');
    debouncer.close();
    await clock.advance(60_000);
    expect(batches).toEqual([]);
    expect(clock.sleeping).toBe(0);
  });

  test('flushed with nothing collected, it hands on nothing', () => {
    const { debouncer, batches } = start(usual);
    debouncer.flush();
    expect(batches).toEqual([]);
  });
});

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ push: fc.integer({ min: 0, max: 12 }).map((number) => `path ${number}`) }) },
  { weight: 2, arbitrary: fc.record({ waitMs: fc.integer({ min: 0, max: 150 }) }) },
);

test('WATCH-2 WATCH-3: whatever comes when, nothing is lost and every batch is within the limits', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.record({
        quietMs: fc.integer({ min: 1, max: 100 }),
        maxWaitMs: fc.integer({ min: 1, max: 300 }),
        maxPaths: fc.integer({ min: 1, max: 8 }),
      }),
      async (steps, limits) => {
        const { clock, debouncer, batches } = start(limits);
        const pushed: { path: string; at: number }[] = [];
        for (const next of steps) {
          if ('push' in next) {
            pushed.push({ path: next.push, at: clock.monotonic() });
            debouncer.push(next.push);
          } else await clock.advance(next.waitMs);
        }
        await clock.advance(limits.quietMs);
        for (const { path, at } of pushed) {
          const kept = batches.find((batch) => batch.at >= at && batch.paths.includes(path));
          expect(kept, `${path} of ${at} ms is in a batch`).toBeDefined();
          expect((kept?.at ?? 0) - at).toBeLessThanOrEqual(limits.maxWaitMs);
        }
        for (const { paths } of batches) {
          expect(paths.length).toBeLessThanOrEqual(limits.maxPaths);
          expect(new Set(paths).size).toBe(paths.length);
        }
        expect(clock.sleeping).toBe(0);
      },
    ),
    { numRuns: 150 },
  );
});

test('F17: a machine that is held up in the middle of an event loses nothing', () => {
  const batches: (readonly string[])[] = [];
  let now = 0;
  const late = {
    ...systemClock,
    monotonic: () => {
      now += 1_000;
      return now;
    },
  };
  const debouncer = new Debouncer({ quietMs: 100, maxWaitMs: 500, maxPaths: 10 }, late, (paths) => batches.push(paths));
  debouncer.push('a.ts');
  debouncer.push('b.ts');
  expect(batches).toEqual([['a.ts'], ['b.ts']]);
});
