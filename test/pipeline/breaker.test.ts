import { describe, expect, test } from 'vitest';
import { isoTime } from '../../src/clock.ts';
import { type Breaker, breakers, maxBreakers, wholeAgent } from '../../src/domain/breaker.ts';
import {
  type Admission,
  admission,
  afterFailure,
  afterNothing,
  agentLimits,
  fileLimits,
  withBreaker,
} from '../../src/pipeline/breaker.ts';

const now = Date.parse('2026-01-02T03:04:05.000Z');
const at = (seconds: number): number => now + seconds * 1_000;
const iso = (seconds: number): string => isoTime(at(seconds));
const limits = fileLimits(3, 3_600_000);

const closed = (...failures: number[]): Breaker => ({
  state: 'closed',
  failures: failures.map(iso),
  trips: 0,
  reason: 'red',
});
const open: Breaker = { ...closed(-20, -10, 0), state: 'open', trips: 1, opened_at: iso(0), half_open_at: iso(3_600) };
const halfOpen: Breaker = { ...open, state: 'half-open', probe: 'task_a' };
const { probe: _, ...free } = halfOpen;

describe('FIX-2: every transition of a breaker', () => {
  test.each<[string, Breaker | undefined, number, Partial<Breaker>]>([
    ['none, a failure', undefined, 0, { state: 'closed', failures: [iso(0)], trips: 0 }],
    ['closed, a second failure', closed(-10), 0, { state: 'closed', failures: [iso(-10), iso(0)] }],
    ['closed, the last one allowed', closed(-20, -10), 0, { state: 'open', trips: 1, half_open_at: iso(3_600) }],
    ['closed, but the window has passed', closed(-3_601, -3_600), 0, { state: 'closed', failures: [iso(0)] }],
    ['closed, just inside the window', closed(-3_599, -3_598), 0, { state: 'open' }],
    ['open, one more (begun before it opened)', open, 5, { state: 'open', trips: 1, half_open_at: iso(3_600) }],
    ['half-open, the probe fails', halfOpen, 4_000, { state: 'open', trips: 2, half_open_at: iso(7_600) }],
  ])('%s', (_what, before, seconds, after) => {
    const found = afterFailure(before, 'still red', at(seconds), limits);
    expect(found).toMatchObject({ ...after, reason: 'still red' });
    expect(found.probe).toBeUndefined();
    expect(breakers.safeParse({ a: found }).success).toBe(true);
  });

  test.each<[string, Breaker | undefined, string, number, Admission['kind']]>([
    ['none', undefined, 'task_a', 0, 'pass'],
    ['closed', closed(-10), 'task_a', 0, 'pass'],
    ['open', open, 'task_a', 0, 'refuse'],
    ['open, its time has come', open, 'task_a', 3_600, 'probe'],
    ['half-open, the one that tries', halfOpen, 'task_a', 3_600, 'pass'],
    ['half-open, another one', halfOpen, 'task_b', 3_600, 'refuse'],
    ['half-open, nobody tries', free, 'task_b', 3_600, 'probe'],
    ['open, with a time that is none', { ...open, half_open_at: 'some time or other' }, 'task_a', 0, 'probe'],
  ])('%s: who may begin', (_what, breaker, task, seconds, kind) => {
    const said = admission(breaker, task, at(seconds));
    expect(said.kind).toBe(kind);
    if (said.kind === 'probe') expect(said.breaker).toMatchObject({ state: 'half-open', probe: task });
  });

  test('a probe that comes to no end of its own makes room for another', () => {
    expect(afterNothing(halfOpen, 'task_b')).toEqual(halfOpen);
    expect(afterNothing(halfOpen, 'task_a')).toEqual(free);
  });
});

test('the breaker over the agent opens for a short time first, and longer with each trip', () => {
  const ofAgent = agentLimits(2, 3_600_000, () => 0);
  let breaker: Breaker | undefined;
  const spans: number[] = [];
  for (let failure = 0; failure < 5; failure++) {
    breaker = afterFailure(breaker, 'no vitest', now, ofAgent);
    if (breaker.state === 'open') {
      spans.push(Date.parse(breaker.half_open_at ?? '') - now);
      breaker = { ...breaker, state: 'half-open', probe: 'task_a' };
    }
  }
  expect(spans).toEqual([15_000, 30_000, 60_000, 120_000]);
});

test('only so many files are remembered: the one that failed longest ago makes room, the agent never', () => {
  let all = withBreaker({}, wholeAgent, closed(-1_000));
  for (let file = 0; file < maxBreakers + 5; file++) all = withBreaker(all, `${file}.ts`, closed(file));
  expect(Object.keys(all)).toHaveLength(maxBreakers);
  expect([all[wholeAgent] !== undefined, all['5.ts'], all['6.ts'] !== undefined]).toEqual([true, undefined, true]);
  expect(withBreaker(all, '6.ts', undefined)['6.ts']).toBeUndefined();
  expect(breakers.safeParse(all).success).toBe(true);
});
