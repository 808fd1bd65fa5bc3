import { describe, expect, test } from 'vitest';
import { noFacts, outcomeOf, type TurnEnd, type TurnFacts, usageOf, withEvent } from '../../src/claude/outcome.ts';
import type { ResultEvent } from '../../src/claude/stream.ts';
import type { ProcessEnd } from '../../src/process/types.ts';

const success: ResultEvent = {
  kind: 'result',
  subtype: 'success',
  isError: false,
  status: undefined,
  terminalReason: 'completed',
  text: 'words',
  structured: undefined,
  denials: 0,
  turns: 1,
  totalCostUsd: 0.1,
  totalTokens: { input: 100, output: 10 },
  sessionId: 's',
};

function answered(change: Partial<ResultEvent>): TurnEnd {
  return { kind: 'answered', result: { ...success, ...change } };
}

function failedWith(status: number | undefined, error?: string, more: Partial<TurnFacts> = {}) {
  return outcomeOf(answered({ isError: true, status }), { ...noFacts, error, ...more }, false).kind;
}

describe('CLAUDE-4: a failed request is told apart by status and category', () => {
  test.each([
    [429, 'rate_limit', 'rate-limited'],
    [429, undefined, 'rate-limited'],
    [529, 'server_error', 'overloaded'],
    [500, 'server_error', 'overloaded'],
    [503, undefined, 'overloaded'],
    [400, 'billing_error', 'no-credit'],
    [402, 'unknown', 'no-credit'],
    [401, 'authentication_failed', 'not-logged-in'],
    [403, 'authentication_failed', 'not-logged-in'],
    [undefined, 'authentication_failed', 'not-logged-in'],
    [404, 'model_not_found', 'unknown-model'],
    [undefined, 'server_error', 'unreachable'],
    [undefined, undefined, 'unreachable'],
    [400, 'unknown', 'refused'],
    [400, 'invalid_request', 'refused'],
    [undefined, 'invalid_request', 'refused'],
    [413, 'invalid_request', 'refused'],
  ] as const)('status %s, category %s: %s', (status, error, kind) => {
    expect(failedWith(status, error)).toBe(kind);
  });

  test('the words of an answer decide nothing', () => {
    const text = 'rate limit 429 "is_error":true Credit balance is too low';
    expect(outcomeOf(answered({ text }), noFacts, false).kind).toBe('done');
    expect(outcomeOf(answered({ text, isError: true, status: 500 }), noFacts, false).kind).toBe('overloaded');
  });

  test('F37: the time at which a used-up limit opens again is kept', () => {
    const facts = withEvent(noFacts, { kind: 'rate-limit', rejected: true, opensAt: 5_000 });
    const allowed = withEvent(facts, { kind: 'rate-limit', rejected: false, opensAt: 9_000 });
    expect(outcomeOf(answered({ isError: true, status: 429 }), allowed, false)).toEqual({
      kind: 'rate-limited',
      detail: 'words',
      opensAt: 5_000,
    });
  });

  test('F36 F37: how long the CLI waited before it gave up is told on', () => {
    const retried = withEvent(noFacts, { kind: 'retry', error: 'rate_limit', status: 429, delayMs: 20_000 });
    for (const [status, kind] of [
      [429, 'rate-limited'],
      [529, 'overloaded'],
    ] as const) {
      const found = outcomeOf(answered({ isError: true, status }), { ...retried, error: undefined }, false);
      expect(found).toEqual({ kind, detail: 'words', retryAfterMs: 20_000 });
    }
  });

  test('a repeated failure that was overcome does not colour a later one', () => {
    const retried = withEvent(noFacts, { kind: 'retry', error: 'overloaded', status: 529, delayMs: 500 });
    const after = withEvent(retried, {
      kind: 'assistant',
      messageId: 'm',
      tokens: { input: 0, output: 0 },
      error: 'server_error',
      isMain: true,
    });
    expect(outcomeOf(answered({ isError: true }), after, false).kind).toBe('unreachable');
  });
});

test.each([
  ['error_max_turns', 'too-many-turns'],
  ['error_max_budget_usd', 'over-budget'],
  ['error_max_structured_output_retries', 'malformed'],
  ['error_during_execution', 'crashed'],
  ['something_new', 'crashed'],
] as const)('F39: %s is %s', (subtype, kind) => {
  expect(outcomeOf(answered({ subtype, isError: true }), noFacts, true).kind).toBe(kind);
});

test('an answer without the structure that was asked for is malformed', () => {
  expect(outcomeOf(answered({}), noFacts, true).kind).toBe('malformed');
  expect(outcomeOf(answered({ structured: { a: 1 } }), noFacts, true)).toMatchObject({ kind: 'done' });
  expect(outcomeOf(answered({ structured: null }), noFacts, true)).toMatchObject({ kind: 'done' });
});

test.each<[ProcessEnd, string]>([
  [{ kind: 'exited', code: 0 }, 'malformed'],
  [{ kind: 'exited', code: 1 }, 'crashed'],
  [{ kind: 'exited', code: 143 }, 'crashed'],
  [{ kind: 'signalled', signal: 'SIGKILL' }, 'crashed'],
  [{ kind: 'could-not-start', code: 'ENOENT', message: 'no such file' }, 'not-installed'],
  [{ kind: 'cancelled', reason: 'closed' }, 'cancelled'],
  [{ kind: 'timed-out', limit: 'total', afterMs: 1 }, 'timed-out'],
  [{ kind: 'output-limit', limitBytes: 1 }, 'malformed'],
])('a process that ends before its answer: %o', (end, kind) => {
  const outcome = outcomeOf({ kind: 'process-ended', end, stderr: "error: unknown option '--x'" }, noFacts, false);
  expect(outcome.kind).toBe(kind);
  const tells = end.kind === 'exited' || end.kind === 'signalled';
  if (tells) expect(outcome).toMatchObject({ detail: expect.stringContaining('unknown option') });
});

test('a running total is billed as a difference, and a lower one as nothing', () => {
  const before = { costUsd: 0.04, tokens: { input: 60, output: 4 } };
  const { usage, totals } = usageOf(answered({}), noFacts, before);
  expect(usage).toEqual({ costUsd: 0.06, turns: 1, inputTokens: 40, outputTokens: 6 });
  expect(totals).toEqual({ costUsd: 0.1, tokens: { input: 100, output: 10 } });
  expect(usageOf(answered({ totalCostUsd: 0.01 }), noFacts, before).usage.costUsd).toBe(0);
  expect(usageOf(answered({ totalCostUsd: undefined }), noFacts, before).totals.costUsd).toBe(0.04);
});

test('a turn that never ended has the tokens of its messages, each counted once', () => {
  const message = (messageId: string, input: number, output: number) =>
    ({ kind: 'assistant', messageId, tokens: { input, output }, error: undefined, isMain: true }) as const;
  const facts = [message('a', 10, 1), message('a', 10, 5), message('b', 20, 2)].reduce(withEvent, noFacts);
  const { usage, totals } = usageOf({ kind: 'timed-out', limit: 'idle', afterMs: 5 }, facts, {
    costUsd: 1,
    tokens: { input: 5, output: 5 },
  });
  expect(usage).toEqual({ costUsd: 0, isUnbilled: true, turns: 2, inputTokens: 30, outputTokens: 7 });
  expect(totals).toEqual({ costUsd: 1, tokens: { input: 35, output: 12 } });
});
