import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Budget,
  type CallKind,
  callKinds,
  dayOf,
  nextDayAt,
  budget as schema,
  spentTodayUsd,
} from '../../src/domain/budget.ts';
import {
  affords,
  estimateUsd,
  leastUsd,
  left,
  newReservation,
  settled,
  withOutcome,
  withReservation,
} from '../../src/pipeline/budget.ts';

const now = new Date(2026, 0, 2, 3, 4, 5).getTime();
const limits = { perTaskUsd: 1, perDayUsd: 3 };

function called(budget: Budget, kind: CallKind, usd: number, isKnown = true): Budget {
  const reserved = withReservation(budget, newReservation('r', 'task_a', kind, estimateUsd(budget, kind), now));
  return settled(reserved, 'r', { usd, isKnown }, now);
}

describe('CLAUDE-5: what a call may cost', () => {
  test('is a guess at first, then what nine of ten such calls have cost, and never nothing', () => {
    expect(estimateUsd({}, 'fix')).toBe(0.15);
    let budget: Budget = {};
    for (let call = 1; call <= 10; call++) budget = called(budget, 'fix', call / 10);
    expect([estimateUsd(budget, 'fix'), estimateUsd(budget, 'plan')]).toEqual([1, 0.05]);
    for (let call = 1; call <= 50; call++) budget = called(budget, 'fix', 0.000_1);
    expect(estimateUsd(budget, 'fix')).toBe(0.02);
    expect(budget.history?.fix).toHaveLength(50);
  });

  test('is not learned from calls whose bill never came, or that failed before they cost anything', () => {
    const budget = called(called({}, 'plan', 5, false), 'plan', 0);
    expect([estimateUsd(budget, 'plan'), budget.spent_usd]).toEqual([0.05, 5]);
  });
});

describe('CLAUDE-5: the limits', () => {
  test('what is reserved counts as spent, until the call is settled with its true cost, once', () => {
    const task = { id: 'task_a', spentUsd: 0.2 };
    const reserved = withReservation({}, newReservation('r', 'task_a', 'fix', 0.5, now));
    expect(left(reserved, task, limits, now)).toMatchObject({ usd: expect.closeTo(0.3), limit: 'task' });
    expect(left(reserved, { id: 'task_b', spentUsd: 0 }, limits, now).usd).toBe(1);
    const after = settled(reserved, 'r', { usd: 0.1, isKnown: true }, now);
    expect([after.spent_usd, after.reserved]).toEqual([0.1, []]);
    expect(settled(after, 'r', { usd: 0.1, isKnown: true }, now)).toEqual(after);
  });

  test('the day ends at local midnight, and a new one has cost nothing', () => {
    const budget = called({}, 'fix', 2.5);
    expect([budget.day, dayOf(now)]).toEqual(['2026-01-02', '2026-01-02']);
    expect(left(budget, { id: 'task_b', spentUsd: 0 }, limits, now)).toMatchObject({ usd: 0.5, limit: 'day' });
    const tomorrow = nextDayAt(now);
    expect(new Date(tomorrow).toString()).toMatch(/Jan 03 2026 00:00:00/);
    expect([spentTodayUsd(budget, tomorrow - 1), spentTodayUsd(budget, tomorrow)]).toEqual([2.5, 0]);
    expect(left(budget, { id: 'task_b', spentUsd: 0 }, limits, tomorrow)).toMatchObject({ usd: 1, isUntouched: true });
  });

  test('a clock that is set back over midnight gives no second day’s money; one that was in another year does', () => {
    const tomorrow = nextDayAt(now) + 1_000;
    const budget = settled(
      withReservation({}, newReservation('r', 'task_a', 'fix', 1, tomorrow)),
      'r',
      { usd: 2.5, isKnown: true },
      tomorrow,
    );
    expect(spentTodayUsd(budget, now)).toBe(2.5);
    const after = called(budget, 'fix', 0.5);
    expect([after.day, after.spent_usd, spentTodayUsd(after, tomorrow)]).toEqual(['2026-01-03', 3, 3]);
    expect(spentTodayUsd({ day: '2031-01-01', spent_usd: 3 }, now)).toBe(0);
  });

  test.each(['2026-03-29T12:00:00', '2026-10-25T12:00:00'])(
    'the day of a change of the clocks (%s) ends at midnight',
    (at) => {
      const zone = process.env.TZ;
      process.env.TZ = 'Europe/Berlin';
      try {
        const noon = new Date(at).getTime();
        const midnight = new Date(nextDayAt(noon));
        expect([midnight.getHours(), dayOf(midnight.getTime() - 1), dayOf(midnight.getTime())]).toEqual([
          0,
          dayOf(noon),
          dayOf(noon + 86_400_000),
        ]);
      } finally {
        if (zone === undefined) delete process.env.TZ;
        else process.env.TZ = zone;
      }
    },
  );

  test.each([
    [1, true, 5, true],
    [1, false, 5, false],
    [1, false, 1, true],
    [0, true, 5, false],
    [leastUsd / 2, true, 0, false],
  ])('%f left, untouched %s, and an estimate of %f: %s', (usd, isUntouched, estimate, may) => {
    expect(affords({ usd, limit: 'task', isUntouched }, estimate)).toBe(may);
  });

  test('a model that wastes as fast as it can never overspends by more than one call', () => {
    const call = fc.record({
      task: fc.constantFrom('task_a', 'task_b', 'task_c'),
      kind: fc.constantFrom(...callKinds),
      usd: fc.double({ min: 0, max: 2, noNaN: true }),
      isKnown: fc.boolean(),
    });
    const limit = fc.double({ min: 0.01, max: 5, noNaN: true });
    fc.assert(
      fc.property(fc.array(call, { maxLength: 80 }), limit, limit, (calls, perTaskUsd, perDayUsd) => {
        let budget: Budget = {};
        const spent = new Map<string, number>();
        let largest = 0;
        for (const { task, kind, usd, isKnown } of calls) {
          const onTask = spent.get(task) ?? 0;
          const room = left(budget, { id: task, spentUsd: onTask }, { perTaskUsd, perDayUsd }, now);
          if (room.usd < leastUsd) continue;
          const reservation = newReservation('r', task, kind, estimateUsd(budget, kind), now);
          const cost = isKnown ? usd : reservation.usd;
          budget = settled(withReservation(budget, reservation), 'r', { usd: cost, isKnown }, now);
          spent.set(task, onTask + cost);
          largest = Math.max(largest, cost);
        }
        const total = [...spent.values()].reduce((sum, usd) => sum + usd, 0);
        expect(budget.spent_usd ?? 0).toBeCloseTo(total);
        expect(total).toBeLessThanOrEqual(perDayUsd + largest);
        for (const usd of spent.values()) expect(usd).toBeLessThanOrEqual(perTaskUsd + largest);
        expect(schema.safeParse(budget).success).toBe(true);
      }),
    );
  });
});

test('the money of tasks is counted by how they ended', () => {
  const budget = withOutcome(withOutcome(withOutcome({}, 'fixed', 0.2), 'fixed', 0.3), 'clean', 0);
  expect(budget.by_outcome).toEqual({ fixed: { tasks: 2, usd: 0.5 } });
});
