import { z } from 'zod';

/** Longest line that is read; the CLI repeats tool results of up to a few megabytes in its stream. */
export const lineLimitBytes = 16 * 1024 * 1024;

export interface Tokens {
  readonly input: number;
  readonly output: number;
}

/** The line that ends a turn. Amounts are totals of the whole session, except `turns`. */
export interface ResultEvent {
  readonly kind: 'result';
  /** `success` says nothing by itself: a failed request is `success` with `isError`. */
  readonly subtype: string;
  readonly isError: boolean;
  readonly status: number | undefined;
  readonly terminalReason: string | undefined;
  readonly text: string;
  readonly structured: unknown;
  readonly denials: number;
  readonly turns: number;
  readonly totalCostUsd: number | undefined;
  /** Undefined when the line has no breakdown by model. */
  readonly totalTokens: Tokens | undefined;
  readonly sessionId: string | undefined;
}

/** What one line of `--output-format stream-json` says, as far as anything is decided by it. */
export type StreamEvent =
  | ResultEvent
  | { readonly kind: 'started'; readonly sessionId: string | undefined }
  | {
      readonly kind: 'assistant';
      readonly messageId: string;
      readonly tokens: Tokens;
      /** The CLI's own message about a failed request, by category: `rate_limit`, `billing_error`, … */
      readonly error: string | undefined;
      /** Part of the main conversation, not of a subagent's. */
      readonly isMain: boolean;
    }
  | {
      readonly kind: 'retry';
      readonly error: string;
      readonly status: number | undefined;
      /** How long the CLI waits before it asks again. */
      readonly delayMs: number | undefined;
    }
  | { readonly kind: 'rate-limit'; readonly rejected: boolean; readonly opensAt: number | undefined }
  | { readonly kind: 'other'; readonly type: string }
  /** Not a line of this protocol. */
  | { readonly kind: 'noise'; readonly text: string };

const amount = z.number().nonnegative().catch(0);
const optionalText = z.string().optional().catch(undefined);
const httpStatus = z
  .number()
  .nullish()
  .catch(undefined)
  .transform((status) => status ?? undefined);

const Usage = z
  .object({
    input_tokens: amount,
    output_tokens: amount,
    cache_creation_input_tokens: amount,
    cache_read_input_tokens: amount,
  })
  .catch({ input_tokens: 0, output_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 })
  .transform(
    (usage): Tokens => ({
      input: usage.input_tokens + usage.cache_creation_input_tokens + usage.cache_read_input_tokens,
      output: usage.output_tokens,
    }),
  );

const ModelUsage = z
  .record(
    z.string(),
    z.object({
      inputTokens: amount,
      outputTokens: amount,
      cacheReadInputTokens: amount,
      cacheCreationInputTokens: amount,
    }),
  )
  .optional()
  .catch(undefined)
  .transform((models): Tokens | undefined => {
    const all = Object.values(models ?? {});
    if (all.length === 0) return undefined;
    return {
      input: sum(all, (one) => one.inputTokens + one.cacheReadInputTokens + one.cacheCreationInputTokens),
      output: sum(all, (one) => one.outputTokens),
    };
  });

/** `subtype` and `is_error` are the two fields without which nothing can be decided: no default for them. */
const Result = z
  .object({
    type: z.literal('result'),
    subtype: z.string(),
    is_error: z.boolean(),
    api_error_status: httpStatus,
    terminal_reason: optionalText,
    result: z.string().catch(''),
    errors: z.array(z.string()).catch([]),
    structured_output: z.unknown().optional(),
    permission_denials: z.array(z.unknown()).catch([]),
    num_turns: amount,
    total_cost_usd: z.number().nonnegative().optional().catch(undefined),
    modelUsage: ModelUsage,
    session_id: optionalText,
  })
  .transform(
    (line): ResultEvent => ({
      kind: 'result',
      subtype: line.subtype,
      isError: line.is_error,
      status: line.api_error_status,
      terminalReason: line.terminal_reason,
      text: line.result || line.errors.join('; '),
      structured: line.structured_output,
      denials: line.permission_denials.length,
      turns: line.num_turns,
      totalCostUsd: line.total_cost_usd,
      totalTokens: line.modelUsage,
      sessionId: line.session_id,
    }),
  );

const Assistant = z
  .object({
    type: z.literal('assistant'),
    message: z.object({ id: z.string().catch(''), usage: Usage }),
    parent_tool_use_id: z.string().nullish().catch(undefined),
    error: optionalText,
  })
  .transform(
    (line): StreamEvent => ({
      kind: 'assistant',
      messageId: line.message.id,
      tokens: line.message.usage,
      error: line.error,
      isMain: (line.parent_tool_use_id ?? null) === null,
    }),
  );

const Started = z
  .object({ type: z.literal('system'), subtype: z.literal('init'), session_id: optionalText })
  .transform((line): StreamEvent => ({ kind: 'started', sessionId: line.session_id }));

const Retry = z
  .object({
    type: z.literal('system'),
    subtype: z.literal('api_retry'),
    error: z.string().catch('unknown'),
    error_status: httpStatus,
    retry_delay_ms: z.number().nonnegative().optional().catch(undefined),
  })
  .transform(
    (line): StreamEvent => ({
      kind: 'retry',
      error: line.error,
      status: line.error_status,
      delayMs: line.retry_delay_ms,
    }),
  );

const RateLimit = z
  .object({
    type: z.literal('rate_limit_event'),
    rate_limit_info: z.object({ status: z.string(), resetsAt: z.number().positive().optional().catch(undefined) }),
  })
  .transform(
    ({ rate_limit_info: { status, resetsAt } }): StreamEvent => ({
      kind: 'rate-limit',
      rejected: status === 'rejected',
      opensAt: resetsAt === undefined ? undefined : resetsAt * 1000,
    }),
  );

const Other = z.object({ type: z.string() }).transform((line): StreamEvent => ({ kind: 'other', type: line.type }));

/** A result line that lacks what it must have is noise, so that it is never taken for an answer. */
const Known = z.union([Result, Assistant, Started, Retry, RateLimit]);

/** Reads one line. Never throws: what cannot be read is `noise`. */
export function parseLine(line: string): StreamEvent {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return noise(line);
  }
  const known = Known.safeParse(value);
  if (known.success) return known.data;
  const other = Other.safeParse(value);
  return other.success && other.data.kind === 'other' && other.data.type !== 'result' ? other.data : noise(line);
}

function noise(line: string): StreamEvent {
  return { kind: 'noise', text: line.slice(0, 200) };
}

function sum<T>(all: readonly T[], value: (one: T) => number): number {
  return all.reduce((total, one) => total + value(one), 0);
}
