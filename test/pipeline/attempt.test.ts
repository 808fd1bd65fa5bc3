import { describe, expect, test } from 'vitest';
import type { ClaudeOutcome } from '../../src/claude/types.ts';
import { notAccepted, withoutAnswer } from '../../src/pipeline/attempt.ts';

const kinds: Readonly<Record<Exclude<ClaudeOutcome['kind'], 'done'>, 'rejected' | 'unavailable'>> = {
  'rate-limited': 'unavailable',
  overloaded: 'unavailable',
  'no-credit': 'unavailable',
  'not-logged-in': 'unavailable',
  'unknown-model': 'unavailable',
  unreachable: 'unavailable',
  'not-installed': 'unavailable',
  cancelled: 'unavailable',
  refused: 'rejected',
  'too-many-turns': 'rejected',
  'over-budget': 'rejected',
  malformed: 'rejected',
  'timed-out': 'rejected',
  crashed: 'rejected',
};

/** Those at whose gate all tasks wait. */
const faults: Readonly<Record<string, string>> = {
  'rate-limited': 'rate-limited',
  overloaded: 'overloaded',
  'no-credit': 'no-credit',
  'not-logged-in': 'not-logged-in',
  'unknown-model': 'unknown-model',
  unreachable: 'unreachable',
  'not-installed': 'unreachable',
};

describe('CLAUDE-4: an attempt without an answer', () => {
  test.each(Object.entries(kinds))('%s is %s', (kind, end) => {
    const found = withoutAnswer({ kind, detail: 'why' } as ClaudeOutcome);
    if (found.kind === 'rejected') expect(found.reasons).toEqual([`Claude did not finish (${kind}): why`]);
    else expect(found).toMatchObject({ kind: end, what: kind, detail: 'why' });
    expect(found.kind).toBe(end);
    expect(found.kind === 'unavailable' ? found.fault?.cause : undefined).toBe(faults[kind]);
    expect(found.kind === 'rejected' && found.isBreakdown === true).toBe(kind === 'crashed');
  });

  test('F37: the service says when it opens again', () => {
    expect(withoutAnswer({ kind: 'rate-limited', detail: 'why', opensAt: 5, retryAfterMs: 7 })).toEqual({
      kind: 'unavailable',
      what: 'rate-limited',
      detail: 'why',
      fault: { cause: 'rate-limited', detail: 'why', opensAt: 5, retryAfterMs: 7 },
    });
  });

  test('an answer is none of them', () => {
    expect(() => withoutAnswer({ kind: 'done', text: '', structured: {}, denials: 0 })).toThrow();
  });
});

test('VERIFY-1: the verdict decides; where there is none, nobody is to blame', () => {
  expect(notAccepted({ kind: 'rejected', reasons: ['a'], ran: 1, durationMs: 1, outputTail: '' })).toEqual({
    kind: 'rejected',
    reasons: ['a'],
  });
  expect(notAccepted({ kind: 'broken', detail: 'gone' })).toEqual({
    kind: 'unavailable',
    what: 'test runner',
    detail: 'gone',
  });
  expect(notAccepted({ kind: 'cancelled' })).toEqual({ kind: 'stopped' });
});
