import { describe, expect, test } from 'vitest';
import type { ClaudeOutcome } from '../../src/claude/types.ts';
import { type Gates, gates as schema } from '../../src/domain/gate.ts';
import {
  faultOf,
  isAnswer,
  outdatedGates,
  passage,
  type ServiceFault,
  shut,
  without,
} from '../../src/pipeline/gates.ts';

const now = Date.parse('2026-01-02T03:04:05.000Z');
const half = (): number => 0.5;
const overloaded: ServiceFault = { cause: 'overloaded', detail: '529' };
const once = (fault: ServiceFault, before: Gates = {}): Gates => shut(before, fault, now, half, 'one');
const opensIn = (gates: Gates, cause: string): number | undefined => {
  const at = gates[cause]?.opens_at;
  return at === null || at === undefined ? undefined : Date.parse(at) - now;
};

describe('CLAUDE-4: which outcome shuts a gate', () => {
  test.each<[ClaudeOutcome, string | undefined, boolean]>([
    [{ kind: 'done', text: '', structured: {}, denials: 0 }, undefined, true],
    [{ kind: 'rate-limited', detail: '' }, 'rate-limited', false],
    [{ kind: 'overloaded', detail: '' }, 'overloaded', false],
    [{ kind: 'unreachable', detail: '' }, 'unreachable', false],
    [{ kind: 'not-installed', detail: '' }, 'unreachable', false],
    [{ kind: 'not-logged-in', detail: '' }, 'not-logged-in', false],
    [{ kind: 'no-credit', detail: '' }, 'no-credit', false],
    [{ kind: 'unknown-model', detail: '' }, 'unknown-model', false],
    [{ kind: 'refused', detail: '' }, undefined, true],
    [{ kind: 'too-many-turns', detail: '' }, undefined, true],
    [{ kind: 'over-budget', detail: '' }, undefined, true],
    [{ kind: 'malformed', detail: '' }, undefined, true],
    [{ kind: 'timed-out', detail: '' }, undefined, false],
    [{ kind: 'cancelled', detail: '' }, undefined, false],
    [{ kind: 'crashed', detail: '' }, undefined, false],
  ])('$kind', (outcome, cause, answers) => {
    expect([faultOf(outcome)?.cause, isAnswer(outcome)]).toEqual([cause, answers]);
  });
});

describe('how long a gate is shut', () => {
  test('F36: an overload backs off with each probe, up to ten minutes', () => {
    let gates: Gates = {};
    const waits: (number | undefined)[] = [];
    for (let probe = 0; probe < 7; probe++) {
      gates = shut(gates, overloaded, now, half, 'one');
      waits.push(opensIn(gates, 'overloaded'));
    }
    expect(waits).toEqual([15_500, 30_500, 60_500, 120_500, 240_500, 300_500, 300_500]);
    expect(gates.overloaded).toMatchObject({ probes: 6, since: new Date(now).toISOString(), reason: '529' });
    expect(schema.safeParse(gates).success).toBe(true);
  });

  test.each<[string, Partial<ServiceFault>, number]>([
    ['until the service says', { opensAt: now + 3_600_000 }, 3_600_000],
    ['not until a time that has passed', { opensAt: now - 1 }, 15_500],
    ['not until a time in a month', { opensAt: now + 31 * 86_400_000 }, 15_500],
    ['at least for what the service asked', { retryAfterMs: 90_000 }, 90_000],
    ['for the back-off where that is longer', { retryAfterMs: 1_000 }, 15_500],
  ])('F37: a rate limit, %s', (_what, more, ms) => {
    expect(opensIn(once({ cause: 'rate-limited', detail: '', ...more }), 'rate-limited')).toBe(ms);
  });

  test.each(['not-logged-in', 'no-credit', 'unknown-model'] as const)(
    'F38: %s stays shut until the configuration is another one',
    (cause) => {
      const gates = once({ cause, detail: 'x'.repeat(2_000) });
      expect([gates[cause]?.opens_at, gates[cause]?.reason.length]).toEqual([null, 500]);
      expect(passage(gates, now + 365 * 86_400_000)).toMatchObject({ kind: 'shut', cause, opensAt: undefined });
      expect([outdatedGates(gates, 'one'), outdatedGates(gates, 'two')]).toEqual([[], [cause]]);
      expect(passage(without(gates, [cause]), now)).toEqual({ kind: 'open' });
    },
  );

  test('the newest fault of the service counts; the limit of the day is another matter', () => {
    const day = { reason: '', since: '2026-01-02T00:00:00.000Z', opens_at: null, probes: 0, configuration: 'one' };
    const gates = once({ cause: 'unreachable', detail: '' }, { ...once(overloaded), 'daily-limit': day });
    expect(Object.keys(gates)).toEqual(['daily-limit', 'unreachable']);
  });
});

test('a gate is shut until its time, then half-open; a time that is none does not shut for ever', () => {
  const gates = once(overloaded);
  expect(passage({}, now)).toEqual({ kind: 'open' });
  expect(passage(gates, now + 15_499)).toMatchObject({ kind: 'shut', opensAt: now + 15_500 });
  expect(passage(gates, now + 15_500)).toEqual({ kind: 'half-open', cause: 'overloaded' });
  const edited = { overloaded: { ...gates.overloaded, opens_at: 'soon, I hope' } } as Gates;
  expect(passage(edited, now)).toMatchObject({ kind: 'half-open' });
});

test('F16: a gate that was shut under a clock that was ahead lets one through to see, and is shut by the clock of now', () => {
  const ahead = shut({}, overloaded, now + 86_400_000, half, 'one');
  expect(passage(ahead, now)).toEqual({ kind: 'half-open', cause: 'overloaded' });
  const again = shut(ahead, overloaded, now, half, 'one');
  expect([passage(again, now).kind, again.overloaded?.since]).toEqual(['shut', new Date(now).toISOString()]);
  const { overloaded: gate } = once(overloaded);
  const edited = { overloaded: { ...gate, opens_at: '2040-01-01T00:00:00.000Z' } } as Gates;
  expect(passage(edited, now).kind).toBe('half-open');
});
