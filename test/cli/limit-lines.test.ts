import { describe, expect, test } from 'vitest';
import {
  limitLines,
  lineOfLimit,
  moneyLines,
  moneyRecord,
  outboxLines,
  outboxSizes,
} from '../../src/cli/limit-lines.ts';
import { lineOf } from '../../src/cli/lines.ts';
import type { Config } from '../../src/config/types.ts';
import { dayOf } from '../../src/domain/budget.ts';
import type { AgentFact } from '../../src/events.ts';
import { freshState } from '../../src/state/schema.ts';

const now = new Date(2026, 0, 2, 3, 4, 5).getTime();
const noon = new Date(2026, 0, 2, 12).getTime();
const taskId = 'task_0000000a';
const config = { maxCostPerDayUsd: 10, maxCostPerTaskUsd: 1 } as Config;

test.each<[AgentFact, string]>([
  [
    { type: 'gate.shut', cause: 'overloaded', detail: '529', probes: 0, opensAt: noon },
    '! Claude is overloaded: 529; tried again at 2026-01-02 12:00:00',
  ],
  [
    { type: 'gate.shut', cause: 'overloaded', detail: '529', probes: 3, opensAt: noon },
    '- Claude is still away (overloaded), until 2026-01-02 12:00:00',
  ],
  [
    { type: 'gate.shut', cause: 'not-logged-in', detail: '401', probes: 0 },
    '! Claude does not take the login: 401; log in with `claude` or set ANTHROPIC_API_KEY; new settings, a new login or `mendwatch retry` go on with what waits',
  ],
  [
    { type: 'gate.opened', cause: 'overloaded', by: 'answer', shutMs: 3_600_000 },
    '+ no longer waiting (overloaded), after 60 min',
  ],
  [
    { type: 'task.waiting', taskId, file: 'a.ts', for: 'daily-limit', until: noon },
    '- task_0000000a a.ts waits: the money of the day is spent, until 2026-01-02 12:00:00',
  ],
  [
    { type: 'budget.reached', limit: 'task', taskId, spentUsd: 1.02, limitUsd: 1 },
    '! task_0000000a: $1.02 of $1.00 spent on it, which is its limit (MAX_COST_PER_TASK_USD)',
  ],
  [
    { type: 'budget.reached', limit: 'day', taskId, spentUsd: 9.9, limitUsd: 10, until: noon },
    '! $9.90 of $10.00 spent today (MAX_COST_PER_DAY_USD); what needs Claude waits until 2026-01-02 12:00:00',
  ],
  [
    { type: 'budget.assumed', taskId, kind: 'fix', usd: 0.05 },
    '- task_0000000a: the bill of a fix never came; $0.0500 are counted for it',
  ],
  [
    { type: 'breaker.opened', file: 'a.ts', failures: 3, reason: 'red', until: noon },
    'x a.ts: 3 tasks failed; regressions of it are only reported before 2026-01-02 12:00:00',
  ],
  [
    { type: 'breaker.opened', failures: 3, reason: 'no vitest', until: noon },
    "x 3 things in a row went wrong that are nobody's change (no vitest); no model is asked before 2026-01-02 12:00:00",
  ],
  [{ type: 'breaker.closed' }, '+ the agent: works again'],
])('%o', (fact, text) => {
  const line = lineOf({ ...fact, at: now });
  const marks = { good: '+', bad: 'x', warn: '!', step: '.', quiet: '-' };
  expect(`${marks[line?.tone ?? 'step']} ${line?.text}`).toBe(text);
});

test('other events are not its business', () => {
  expect(lineOfLimit({ type: 'baseline.started', at: now })).toBeUndefined();
});

describe('CLAUDE-5 RUN-11: what status tells', () => {
  const state = freshState(now);
  state.statistics.cost_usd = 3.1;
  state.budget = {
    day: dayOf(now),
    spent_usd: 0.42,
    reserved: [{ id: 'r', task_id: taskId, kind: 'fix', usd: 0.1, at: '2026-01-02T03:04:05.000Z' }],
    by_outcome: { fixed: { tasks: 20, usd: 2 }, failed: { tasks: 1, usd: 1 } },
  };
  state.gates = {
    'no-credit': { reason: '400', since: '2026-01-02T03:00:00.000Z', opens_at: null, probes: 0, configuration: 'c' },
  };
  const failed = { failures: [], trips: 1, reason: 'red', half_open_at: '2026-01-02T04:00:00.000Z' };
  state.circuit_breakers = {
    'a.ts': { state: 'open', ...failed },
    'b.ts': { state: 'closed', ...failed },
    '*': { state: 'half-open', ...failed },
  };

  test('gates, breakers that are not closed, and the money', () => {
    expect(limitLines(state, config, now)).toEqual([
      'Waiting since 2026-01-02T03:00:00.000Z: there is no credit left at Claude (400); add credit; new settings, a new login or `mendwatch retry` go on with what waits',
      'Breaker of a.ts: open, tries again after 2026-01-02T04:00:00.000Z (red)',
      'Breaker of the whole agent: half-open (red)',
      'Money today: $0.42 of $10.00 (a task: at most $1.00)',
      'Money by outcome: fixed $2.00 (20), failed $1.00 (1); $0.15 for each landed fix, with what came to nothing',
    ]);
    expect(moneyLines({})).toEqual([]);
    expect(limitLines(freshState(now), config, now)).toHaveLength(1);
  });

  test('for programs, too', () => {
    expect(moneyRecord(state, config, now)).toMatchObject({
      today_usd: 0.42,
      reserved_usd: 0.1,
      total_usd: 3.1,
      max_per_day_usd: 10,
      by_outcome: { fixed: { tasks: 20, usd: 2 } },
    });
  });
});

test('ESC-3: what people have still to be told is in `status`, and nothing where all were told', () => {
  const state = freshState(now);
  expect(outboxLines(state)).toEqual([]);
  const entry = {
    channel: 'slack' as const,
    event: 'opened' as const,
    ...{ fingerprint: 'a', task_id: taskId, report: 'r', attempts: 2, created_at: '2026-01-02T03:04:05.000Z' },
  };
  state.outbox.push(
    { ...entry, key: 'a', status: 'waiting', last_error: 'Slack answered 500' },
    { ...entry, key: 'b', status: 'sending' },
    { ...entry, key: 'c', status: 'parked', last_error: 'no' },
    { ...entry, key: 'd', status: 'waiting', event: 'check' },
  );
  expect(outboxSizes(state)).toEqual({ waiting: 2, parked: 1 });
  expect(outboxLines(state)).toEqual([
    'Messages to people: 2 waiting, 1 not taken (Slack answered 500); see `mendwatch escalations`',
  ]);
});
