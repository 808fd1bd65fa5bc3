import type { Reply } from '../rehearsal/reply.ts';
import type { Scenario } from '../rehearsal/script.ts';
import type { ClaudeOutcome, ClaudeSpec } from '../types.ts';

/** What can be seen of one question to the CLI. */
export interface Seen {
  readonly outcome: ClaudeOutcome['kind'];
  /** Subtype of its result line and whether that calls itself an error; `none` without such a line. */
  readonly result: string;
  /** Lines that tell of a repeated request. */
  readonly retries: number;
  /** The service said when a used-up limit opens again. */
  readonly saysWhen: boolean;
  /** Tools that it refused to the model. */
  readonly denials: number;
  readonly isPaid: boolean;
}

/** One row of what we rely on: how the service or the machine behaves, and what has to come of it. */
export interface Clause {
  readonly name: string;
  /** What the service answers; nothing but an end unless told. */
  readonly reply?: Reply | Scenario;
  readonly env?: Readonly<Record<string, string>>;
  readonly spec?: Partial<Pick<ClaudeSpec, 'model' | 'tools' | 'schema' | 'maxTurns' | 'maxBudgetUsd'>>;
  /** Sent to the process when the question has reached the service. */
  readonly signal?: NodeJS.Signals;
  /** How long it may be silent; not limited unless told. */
  readonly silenceMs?: number;
  readonly expected: Partial<Seen>;
}

const retryOnce = { CLAUDE_CODE_MAX_RETRIES: '1' };
const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false };
/** The CLI calls a failed request a success, with an error. */
const failedRequest = { result: 'success, an error', denials: 0, isPaid: false };
const failedAtOnce = { ...failedRequest, retries: 0 };
const failedTwice = { ...failedRequest, retries: 1 };
const reading = { calls: [{ tool: 'Read', input: { file_path: 'a.txt' } }] };
const credit = 'Your credit balance is too low to access the Anthropic API.';
const tooLong = 'prompt is too long: 250000 tokens > 200000 maximum';

/** As the service answers a subscriber whose limit is used up. */
function usedUp(opensAtSeconds: number): Readonly<Record<string, string>> {
  return {
    'retry-after': '3600',
    'anthropic-ratelimit-unified-status': 'rejected',
    'anthropic-ratelimit-unified-reset': `${opensAtSeconds}`,
    'anthropic-ratelimit-unified-representative-claim': 'five_hour',
    'anthropic-ratelimit-unified-5h-status': 'rejected',
    'anthropic-ratelimit-unified-5h-reset': `${opensAtSeconds}`,
  };
}

const answers: readonly Clause[] = [
  {
    name: 'an answer',
    reply: { say: 'here' },
    expected: { outcome: 'done', result: 'success', retries: 0, denials: 0, isPaid: true },
  },
  { name: 'an empty answer', reply: { say: '' }, expected: { outcome: 'done', result: 'success' } },
  {
    name: 'an answer by a schema',
    reply: { structured: { a: 'text' } },
    spec: { schema },
    expected: { outcome: 'done', result: 'success' },
  },
  {
    name: 'a schema that is ignored',
    reply: { say: 'no' },
    spec: { schema },
    expected: { outcome: 'malformed', isPaid: true },
  },
  {
    name: 'an answer that never fits its schema',
    reply: { structured: { wrong: 1 } },
    spec: { schema },
    expected: { outcome: 'malformed', isPaid: true },
  },
  {
    name: 'a tool that is denied',
    reply: ({ step }) =>
      step === 0 ? { calls: [{ tool: 'Write', input: { file_path: 'new.txt', content: 'x' } }] } : { say: 'No.' },
    spec: { tools: ['Write'] },
    expected: { outcome: 'done', result: 'success', denials: 1 },
  },
];

const requests: readonly Clause[] = [
  { name: '429', reply: { status: 429 }, expected: { outcome: 'rate-limited', ...failedAtOnce, saysWhen: false } },
  {
    name: '429, repeated once',
    reply: { status: 429 },
    env: retryOnce,
    expected: { outcome: 'rate-limited', ...failedTwice },
  },
  {
    name: '429 with a long retry-after: at once',
    reply: { status: 429, headers: { 'retry-after': '3600' } },
    env: retryOnce,
    expected: { outcome: 'rate-limited', ...failedAtOnce, saysWhen: false },
  },
  {
    name: '429 for a subscription: says when it opens again',
    reply: { status: 429, headers: usedUp(4_000_000_000) },
    env: { ANTHROPIC_API_KEY: '', CLAUDE_CODE_OAUTH_TOKEN: 'rehearsal' },
    expected: { outcome: 'rate-limited', ...failedAtOnce, saysWhen: true },
  },
  { name: '529', reply: { status: 529 }, expected: { outcome: 'overloaded', ...failedAtOnce } },
  {
    name: '529, repeated once',
    reply: { status: 529 },
    env: retryOnce,
    expected: { outcome: 'overloaded', ...failedTwice },
  },
  { name: '500', reply: { status: 500 }, expected: { outcome: 'overloaded', ...failedAtOnce } },
  {
    name: '400 without credit',
    reply: { status: 400, error: { message: credit } },
    expected: { outcome: 'no-credit', ...failedAtOnce },
  },
  { name: '402', reply: { status: 402 }, expected: { outcome: 'no-credit', ...failedRequest } },
  {
    name: '400 for a wrong request',
    reply: { status: 400, error: { message: 'messages: wrong' } },
    expected: { outcome: 'refused', ...failedAtOnce },
  },
  {
    name: '400 for a prompt that is too long',
    reply: { status: 400, error: { message: tooLong } },
    expected: { outcome: 'refused' },
  },
  { name: '413', reply: { status: 413 }, expected: { outcome: 'refused', isPaid: false } },
  {
    name: '404 for an unknown model',
    reply: { status: 404, error: { message: 'model: nonsense' } },
    spec: { model: 'nonsense' },
    expected: { outcome: 'unknown-model', ...failedAtOnce },
  },
  { name: '401', reply: { status: 401 }, expected: { outcome: 'not-logged-in', ...failedRequest } },
  {
    name: '401, repeated once',
    reply: { status: 401 },
    env: retryOnce,
    expected: { outcome: 'not-logged-in', ...failedTwice },
  },
  { name: '403', reply: { status: 403 }, expected: { outcome: 'not-logged-in', ...failedRequest } },
];

const machine: readonly Clause[] = [
  {
    name: 'no key and no login',
    env: { ANTHROPIC_API_KEY: '' },
    expected: { outcome: 'not-logged-in', ...failedRequest },
  },
  {
    name: 'a refused connection',
    env: { ANTHROPIC_BASE_URL: 'http://127.0.0.1:1' },
    expected: { outcome: 'unreachable', ...failedRequest },
  },
  {
    name: 'a name that does not resolve, repeated once',
    env: { ANTHROPIC_BASE_URL: 'http://nowhere.invalid', ...retryOnce },
    expected: { outcome: 'unreachable', ...failedRequest },
  },
  // What came before it broke off may have been counted or not.
  { name: 'a connection that breaks off', reply: { say: 'half', cut: true }, expected: { outcome: 'unreachable' } },
  {
    name: 'the limit of turns',
    reply: reading,
    spec: { maxTurns: 2 },
    expected: { outcome: 'too-many-turns', result: 'error_max_turns, an error', isPaid: true },
  },
  {
    name: 'the limit of money',
    reply: { ...reading, usage: { inputTokens: 1_000_000 } },
    spec: { maxBudgetUsd: 0.01 },
    expected: { outcome: 'over-budget', result: 'error_max_budget_usd, an error', isPaid: true },
  },
  { name: 'a wrong flag', spec: { maxBudgetUsd: -1 }, expected: { outcome: 'crashed', result: 'none', isPaid: false } },
  {
    name: 'an answer that never comes',
    reply: { hang: true },
    silenceMs: 3_000,
    expected: { outcome: 'timed-out', result: 'none' },
  },
  {
    name: 'SIGINT',
    reply: { hang: true },
    signal: 'SIGINT',
    expected: { outcome: 'crashed', result: 'error_during_execution, an error' },
  },
  { name: 'SIGTERM', reply: { hang: true }, signal: 'SIGTERM', expected: { outcome: 'crashed', result: 'none' } },
  { name: 'SIGHUP', reply: { hang: true }, signal: 'SIGHUP', expected: { outcome: 'crashed', result: 'none' } },
  { name: 'SIGKILL', reply: { hang: true }, signal: 'SIGKILL', expected: { outcome: 'crashed', result: 'none' } },
];

/** Everything that we rely on of the CLI's results, as observed with 2.1.330. */
export const contract: readonly Clause[] = [...answers, ...requests, ...machine];
