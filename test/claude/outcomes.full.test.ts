import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { askOnce } from '../../src/claude/one-shot.ts';
import type { Reply } from '../../src/claude/rehearsal/server.ts';
import type { ClaudeSpec } from '../../src/claude/types.ts';
import { exists, opened, patiently, stage, until } from './rig.ts';

const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false };
const retryOnce = { CLAUDE_CODE_MAX_RETRIES: '1' };
const credit = 'Your credit balance is too low to access the Anthropic API.';
const inAnHour = Math.floor(Date.now() / 1000) + 3600;
/** As the service answers a subscriber whose limit is used up. */
const usedUp = {
  'retry-after': '3600',
  'anthropic-ratelimit-unified-status': 'rejected',
  'anthropic-ratelimit-unified-reset': `${inAnHour}`,
  'anthropic-ratelimit-unified-representative-claim': 'five_hour',
  'anthropic-ratelimit-unified-5h-status': 'rejected',
  'anthropic-ratelimit-unified-5h-reset': `${inAnHour}`,
};
const subscriber = { ANTHROPIC_API_KEY: '', CLAUDE_CODE_OAUTH_TOKEN: 'rehearsal' };

interface Row {
  readonly what: string;
  readonly reply?: Reply;
  readonly env?: Record<string, string>;
  readonly spec?: Partial<ClaudeSpec>;
  readonly outcome: Record<string, unknown>;
}

const rows: readonly Row[] = [
  { what: 'F37: 429', reply: { status: 429 }, outcome: { kind: 'rate-limited' } },
  { what: 'F37: 429 after a retry', reply: { status: 429 }, env: retryOnce, outcome: { kind: 'rate-limited' } },
  {
    what: 'F37: 429 with a long retry-after, at once',
    reply: { status: 429, headers: { 'retry-after': '3600' } },
    env: retryOnce,
    outcome: { kind: 'rate-limited' },
  },
  {
    what: 'F37: a used-up subscription says when it opens again',
    reply: { status: 429, headers: usedUp },
    env: subscriber,
    outcome: { kind: 'rate-limited', opensAt: inAnHour * 1000 },
  },
  { what: 'F36: 529', reply: { status: 529 }, outcome: { kind: 'overloaded' } },
  { what: 'F36: 529 after a retry', reply: { status: 529 }, env: retryOnce, outcome: { kind: 'overloaded' } },
  { what: 'F36: 500', reply: { status: 500 }, outcome: { kind: 'overloaded' } },
  { what: '400 without credit', reply: { status: 400, error: { message: credit } }, outcome: { kind: 'no-credit' } },
  { what: '402', reply: { status: 402 }, outcome: { kind: 'no-credit' } },
  {
    what: '400 for a wrong request',
    reply: { status: 400, error: { message: 'messages: wrong' } },
    outcome: { kind: 'refused' },
  },
  {
    what: '400 for a prompt that is too long',
    reply: { status: 400, error: { message: 'prompt is too long: 250000 tokens > 200000 maximum' } },
    outcome: { kind: 'refused' },
  },
  { what: '413', reply: { status: 413 }, outcome: { kind: 'refused' } },
  {
    what: '404 for a model that does not exist',
    reply: { status: 404, error: { message: 'model: nonsense' } },
    spec: { model: 'nonsense' },
    outcome: { kind: 'unknown-model' },
  },
  { what: 'F38: 401', reply: { status: 401 }, outcome: { kind: 'not-logged-in' } },
  { what: 'F38: 401 after a retry', reply: { status: 401 }, env: retryOnce, outcome: { kind: 'not-logged-in' } },
  { what: 'F38: 403', reply: { status: 403 }, outcome: { kind: 'not-logged-in' } },
  { what: 'F38: no key at all', env: { ANTHROPIC_API_KEY: '' }, outcome: { kind: 'not-logged-in' } },
  {
    what: 'a refused connection',
    env: { ANTHROPIC_BASE_URL: 'http://127.0.0.1:1' },
    outcome: { kind: 'unreachable' },
  },
  {
    what: 'a name that does not resolve, after a retry',
    env: { ANTHROPIC_BASE_URL: 'http://nowhere.invalid', ...retryOnce },
    outcome: { kind: 'unreachable' },
  },
  { what: 'a connection that breaks off', reply: { say: 'half', cut: true }, outcome: { kind: 'unreachable' } },
  {
    what: 'F39: too many turns',
    reply: { calls: [{ tool: 'Read', input: { file_path: 'a.txt' } }] },
    spec: { maxTurns: 2 },
    outcome: { kind: 'too-many-turns' },
  },
  {
    what: 'F39: over budget',
    reply: { calls: [{ tool: 'Read', input: { file_path: 'a.txt' } }], usage: { inputTokens: 1_000_000 } },
    spec: { maxBudgetUsd: 0.01 },
    outcome: { kind: 'over-budget' },
  },
  {
    what: 'an answer that never fits the schema',
    reply: { structured: { wrong: 1 } },
    spec: { schema },
    outcome: { kind: 'malformed' },
  },
  { what: 'an ignored schema', reply: { say: 'no' }, spec: { schema }, outcome: { kind: 'malformed' } },
  { what: 'F40: an empty answer is an answer', reply: { say: '' }, outcome: { kind: 'done', text: '' } },
];

test.each(rows)('CLAUDE-4: $what', async ({ reply = {}, env = {}, spec: more = {}, outcome }) => {
  const { spec, lane, rehearsal } = await stage(() => reply);
  await writeFile(join(lane, 'a.txt'), 'text');
  const answer = await askOnce(spec({ ...more, env }), 'hello', patiently());
  expect(answer.outcome).toMatchObject(outcome);
  expect(rehearsal.problems).toEqual([]);
  // What came before a connection broke off may have been counted or not.
  if (reply.cut === true) return;
  const isPaid = ['done', 'malformed', 'too-many-turns', 'over-budget'].includes(answer.outcome.kind);
  expect(answer.usage.costUsd > 0).toBe(isPaid);
});

test('a session survives a failed request and answers the next question', async () => {
  const { spec } = await stage(({ prompt }) => (prompt === 'busy' ? { status: 529 } : { say: 'here' }));
  const session = opened(spec());
  const kinds: string[] = [];
  for (const prompt of ['hello', 'busy', 'hello']) {
    kinds.push((await session.ask(prompt, patiently())).outcome.kind);
  }
  expect(kinds).toEqual(['done', 'overloaded', 'done']);
});

test('the limit of turns is for each question, the budget for the whole session', async () => {
  const { spec } = await stage(({ step, questions }) =>
    step === 0 ? { calls: [{ tool: 'Read', input: { file_path: 'a.txt' } }] } : { say: `${questions}` },
  );
  const turns = opened(spec({ maxTurns: 2 }));
  for (const text of ['1', '2', '3']) {
    expect((await turns.ask('x', patiently())).outcome).toMatchObject({ kind: 'done', text });
  }
  const { usage } = await turns.ask('x', patiently());
  const budget = opened(spec({ maxBudgetUsd: usage.costUsd * 1.5 }));
  const kinds: string[] = [];
  for (let count = 0; count < 4; count += 1) kinds.push((await budget.ask('x', patiently())).outcome.kind);
  expect(kinds[0]).toBe('done');
  expect(kinds.at(-1)).toBe('over-budget');
});

test('a process that is ended from outside crashes the question', async () => {
  const { spec, rehearsal } = await stage(() => ({ hang: true }));
  const session = opened(spec());
  const asking = session.ask('hello', patiently());
  await until(() => rehearsal.requests.length > 0);
  process.kill(session.pid ?? 0, 'SIGTERM');
  expect((await asking).outcome.kind).toBe('crashed');
});

test('a wrong flag crashes the question with what the command said', async () => {
  const { spec } = await stage(() => ({}));
  const { outcome } = await askOnce(spec({ maxBudgetUsd: -1 }), 'hello', patiently());
  expect(outcome).toMatchObject({ kind: 'crashed', detail: expect.stringContaining('--max-budget-usd') });
});

test('F33: a model that never answers ends by the idle limit, and leaves no process', async () => {
  const { spec } = await stage(() => ({ hang: true }));
  const session = opened(spec());
  const { outcome } = await session.ask('hello', patiently({ idleTimeoutMs: 3_000 }));
  expect(outcome.kind).toBe('timed-out');
  await until(() => !session.alive);
  expect(exists(session.pid ?? 0)).toBe(false);
});

test('a warm process answers sooner than a cold one', async () => {
  const { spec } = await stage(() => ({ say: 'ok' }));
  const began = performance.now();
  await askOnce(spec(), 'cold', patiently());
  const coldMs = performance.now() - began;
  const session = opened(spec());
  // The CLI says nothing before its first question: give it as long as a cold start took.
  await new Promise((resolve) => setTimeout(resolve, coldMs));
  const { durationMs } = await session.ask('warm', patiently());
  const second = await session.ask('again', patiently());
  process.stdout.write(
    `      cold ${Math.round(coldMs)} ms, warm ${Math.round(durationMs)} ms, next ${Math.round(second.durationMs)} ms\n`,
  );
  expect(second.outcome.kind).toBe('done');
});
