import { expect, test } from 'vitest';
import { escalationLines, escalationsOf } from '../../src/cli/escalations.ts';
import { clock } from '../../src/cli/limit-lines.ts';
import { noteDelivery, noteGivenUp, noteSending } from '../../src/pipeline/escalations.ts';
import { freshState, stateSchema } from '../../src/state/schema.ts';

const nowMs = Date.parse('2026-01-02T03:04:05.000Z');
const given = {
  taskId: 'task_0000000a',
  fingerprint: 'aaaa',
  title: 'of 10000 cents is 1000',
  reason: 'gave up after 2 attempts.\nLast: no',
  page: 'task_0000000a/report.md',
  report: 'task_0000000a/report.json',
  nowMs,
};

test('ESC-1: `escalations` says what each channel was told and what still waits', () => {
  const state = freshState(nowMs);
  noteGivenUp(state, ['github', 'slack', 'email'], given);
  const [github, slack, email] = state.outbox.map(({ key }) => key);
  const issue = { number: 1, url: 'https://github.test/me/shop/issues/1' };
  noteSending(state, github ?? '');
  noteDelivery(state, github ?? '', { kind: 'sent', issue }, 0, nowMs);
  noteSending(state, slack ?? '');
  noteDelivery(state, slack ?? '', { kind: 'later', reason: 'Slack answered 503', unsure: true }, nowMs + 5_000, nowMs);
  noteSending(state, email ?? '');
  noteDelivery(state, email ?? '', { kind: 'refused', reason: 'It answered 400' }, 0, nowMs);
  expect(escalationLines(state, '/runs')).toEqual([
    `task_0000000a  ${clock(nowMs)}  open  of 10000 cents is 1000`,
    '  gave up after 2 attempts.',
    `  GitHub: told that it is red, ${clock(nowMs)}, https://github.test/me/shop/issues/1`,
    '  The e-mail webhook: could not be told that it is red: It answered 400',
    `  Slack is still to be told that it is red, tried once, next at ${clock(nowMs + 5_000)}: Slack answered 503`,
    '  Report: /runs/task_0000000a/report.md',
  ]);
  // A channel that is closed for this start leaves its messages without a time.
  const closed = structuredClone(state);
  for (const entry of closed.outbox) delete entry.not_before;
  expect(escalationLines(closed, '/runs')).toContain(
    '  Slack is still to be told that it is red, tried once, again after the next start: Slack answered 503',
  );
  expect(escalationsOf(state)).toMatchObject([
    {
      fingerprint: 'aaaa',
      outbox: [
        { channel: 'slack', status: 'waiting' },
        { channel: 'email', status: 'parked' },
      ],
    },
  ]);
  expect(stateSchema.safeParse(state).error).toBeUndefined();
});

test('a state file of an earlier version, with reports alone, is a legal one', () => {
  const old = { task_id: 'task_0000000a', fingerprint: 'aaaa', created_at: '2026-01-02T03:04:05.000Z', report: 'r.md' };
  const state = { ...freshState(nowMs), escalations: [{ ...old, status: 'recorded' as const }] };
  expect(stateSchema.safeParse(state).error).toBeUndefined();
  expect(escalationLines(state, '/runs')).toEqual([`task_0000000a  ${clock(nowMs)}  recorded`, '  Report: /runs/r.md']);
});
