import { roundUsd } from '../domain/usd.ts';
import type { ProcessEnd } from '../process/types.ts';
import type { ResultEvent, StreamEvent, Tokens } from './stream.ts';
import type { ClaudeOutcome, ClaudeUsage } from './types.ts';

/** How the wait for an answer came to its end. */
export type TurnEnd =
  | { readonly kind: 'answered'; readonly result: ResultEvent }
  | { readonly kind: 'process-ended'; readonly end: ProcessEnd; readonly stderr: string }
  | { readonly kind: 'timed-out'; readonly limit: 'total' | 'idle'; readonly afterMs: number }
  | { readonly kind: 'line-too-long'; readonly limitBytes: number }
  /** The question came when the process had ended already. */
  | { readonly kind: 'too-late'; readonly end: ProcessEnd }
  | { readonly kind: 'prompt-too-long'; readonly limitBytes: number }
  | { readonly kind: 'cancelled'; readonly reason: string };

/** What a turn's lines have said so far, beside its result. */
export interface TurnFacts {
  /** Category of the latest failed request: `rate_limit`, `billing_error`, … */
  readonly error: string | undefined;
  /** HTTP status of the latest failed request. */
  readonly status: number | undefined;
  /** When a used-up limit opens again, in ms since the epoch. */
  readonly opensAt: number | undefined;
  /** How long the CLI waited before its latest repetition. */
  readonly retryAfterMs: number | undefined;
  /** Tokens by message, for turns that end without a result line. */
  readonly messages: ReadonlyMap<string, Tokens>;
  /** The latest lines that were not of the protocol. */
  readonly noise: readonly string[];
}

export const noFacts: TurnFacts = {
  error: undefined,
  status: undefined,
  opensAt: undefined,
  retryAfterMs: undefined,
  messages: new Map(),
  noise: [],
};

/** The facts with one more line. */
export function withEvent(facts: TurnFacts, event: StreamEvent): TurnFacts {
  switch (event.kind) {
    case 'assistant':
      return {
        ...facts,
        messages: new Map(facts.messages).set(event.messageId, event.tokens),
        ...(event.error === undefined ? {} : { error: event.error, status: undefined }),
      };
    case 'retry':
      return { ...facts, error: event.error, status: event.status, retryAfterMs: event.delayMs };
    case 'rate-limit':
      return event.rejected ? { ...facts, opensAt: event.opensAt ?? facts.opensAt } : facts;
    case 'noise':
      return { ...facts, noise: [...facts.noise, event.text].slice(-3) };
    case 'result':
    case 'started':
    case 'other':
      return facts;
  }
}

/** Decides how a question ended. Looks at parsed fields only, never at the words in a text. */
export function outcomeOf(end: TurnEnd, facts: TurnFacts, expectsStructure: boolean): ClaudeOutcome {
  switch (end.kind) {
    case 'answered':
      return outcomeOfResult(end.result, facts, expectsStructure);
    case 'timed-out':
      return {
        kind: 'timed-out',
        detail: end.limit === 'idle' ? `nothing came for ${end.afterMs} ms` : `no answer within ${end.afterMs} ms`,
      };
    case 'line-too-long':
      return { kind: 'malformed', detail: `Claude wrote a line of more than ${end.limitBytes} bytes` };
    case 'prompt-too-long':
      return { kind: 'refused', detail: `the prompt is longer than the ${end.limitBytes} bytes that Claude reads` };
    case 'cancelled':
      return { kind: 'cancelled', detail: end.reason };
    case 'process-ended':
      return outcomeOfEnd(end.end, end.stderr, facts);
    case 'too-late':
      if (end.end.kind === 'could-not-start') return outcomeOfEnd(end.end, '', facts);
      return { kind: 'crashed', detail: `the session had ended before the question (${end.end.kind})` };
  }
}

function outcomeOfResult(result: ResultEvent, facts: TurnFacts, expectsStructure: boolean): ClaudeOutcome {
  const detail = shortened(result.text || result.subtype);
  if (result.subtype === 'success' && !result.isError) {
    if (expectsStructure && result.structured === undefined) {
      return { kind: 'malformed', detail: `Claude ignored the schema of the answer: ${detail}` };
    }
    return { kind: 'done', text: result.text, structured: result.structured, denials: result.denials };
  }
  switch (result.subtype) {
    case 'success':
      return outcomeOfFailedRequest(result, facts, detail);
    case 'error_max_turns':
      return { kind: 'too-many-turns', detail };
    case 'error_max_budget_usd':
      return { kind: 'over-budget', detail };
    case 'error_max_structured_output_retries':
      return { kind: 'malformed', detail };
    default:
      return { kind: 'crashed', detail: shortened(`${result.subtype}: ${result.text}`) };
  }
}

/**
 * The CLI gives a failed request a category and, where there was an answer, the HTTP status. The category comes first:
 * used-up credit is a 400 like any wrong request.
 */
function outcomeOfFailedRequest(result: ResultEvent, facts: TurnFacts, detail: string): ClaudeOutcome {
  const status = result.status ?? facts.status;
  const patience = facts.retryAfterMs === undefined ? {} : { retryAfterMs: facts.retryAfterMs };
  if (facts.error === 'billing_error' || status === 402) return { kind: 'no-credit', detail };
  if (facts.error === 'authentication_failed' || status === 401 || status === 403) {
    return { kind: 'not-logged-in', detail };
  }
  if (facts.error === 'model_not_found' || status === 404) return { kind: 'unknown-model', detail };
  if (facts.error === 'rate_limit' || status === 429) {
    return {
      kind: 'rate-limited',
      detail,
      ...(facts.opensAt === undefined ? {} : { opensAt: facts.opensAt }),
      ...patience,
    };
  }
  if (status !== undefined && status >= 500) return { kind: 'overloaded', detail, ...patience };
  if (facts.error === 'invalid_request' || status !== undefined) return { kind: 'refused', detail };
  return { kind: 'unreachable', detail };
}

function outcomeOfEnd(end: ProcessEnd, stderr: string, facts: TurnFacts): ClaudeOutcome {
  const said = shortened([stderr.trim(), ...facts.noise].filter((text) => text !== '').join(' | '));
  switch (end.kind) {
    case 'could-not-start':
      return { kind: 'not-installed', detail: `${end.code}: ${end.message}` };
    case 'cancelled':
      return { kind: 'cancelled', detail: end.reason };
    case 'timed-out':
      return { kind: 'timed-out', detail: `ended after ${end.afterMs} ms` };
    case 'output-limit':
      return { kind: 'malformed', detail: `Claude wrote more than ${end.limitBytes} bytes` };
    case 'signalled':
      return { kind: 'crashed', detail: withWords(`ended by ${end.signal} before its answer`, said) };
    case 'exited':
      return end.code === 0
        ? { kind: 'malformed', detail: withWords('exited without an answer', said) }
        : { kind: 'crashed', detail: withWords(`exited with ${end.code} before its answer`, said) };
  }
}

/** What the session had cost before a turn: the CLI reports running totals. */
export interface Totals {
  readonly costUsd: number;
  readonly tokens: Tokens;
}

/** The turn's own share, and the new totals. A turn without a result line has only the tokens its messages reported. */
export function usageOf(
  end: TurnEnd,
  facts: TurnFacts,
  before: Totals,
): { readonly usage: ClaudeUsage; readonly totals: Totals } {
  const result = end.kind === 'answered' ? end.result : undefined;
  const seen = [...facts.messages.values()];
  const tokens = result?.totalTokens ?? {
    input: seen.reduce((sum, one) => sum + one.input, before.tokens.input),
    output: seen.reduce((sum, one) => sum + one.output, before.tokens.output),
  };
  const costUsd = result?.totalCostUsd ?? before.costUsd;
  return {
    usage: {
      costUsd: roundUsd(Math.max(0, costUsd - before.costUsd)),
      ...(result?.totalCostUsd === undefined && wasAsked(end) ? { isUnbilled: true } : {}),
      turns: result?.turns ?? seen.length,
      inputTokens: Math.max(0, tokens.input - before.tokens.input),
      outputTokens: Math.max(0, tokens.output - before.tokens.output),
    },
    totals: { costUsd: Math.max(costUsd, before.costUsd), tokens },
  };
}

/** Whether the service may have got the question. */
function wasAsked(end: TurnEnd): boolean {
  return end.kind !== 'process-ended' || end.end.kind !== 'could-not-start';
}

function withWords(what: string, said: string): string {
  return said === '' ? what : `${what}: ${said}`;
}

function shortened(text: string): string {
  return text.length <= 600 ? text : `${text.slice(0, 600)}…`;
}
