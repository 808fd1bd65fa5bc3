import type { RehearsalRequest } from './request.ts';

/** What the scripted model answers. An empty reply is an empty text. */
export interface Reply {
  readonly say?: string;
  readonly calls?: readonly { readonly tool: string; readonly input: unknown }[];
  /** Given through the structured-output tool of the CLI, or as JSON text where none is offered. */
  readonly structured?: unknown;
  readonly usage?: { readonly inputTokens?: number; readonly outputTokens?: number };
  /** Wait before anything is sent. */
  readonly delayMs?: number;
  /** An HTTP error in place of an answer. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Type and message of that error; by default what the service uses for this status. */
  readonly error?: { readonly type?: string; readonly message?: string };
  /** The connection breaks in the middle of the answer. */
  readonly cut?: boolean;
  /** The answer never comes. */
  readonly hang?: boolean;
}

const errorTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  529: 'overloaded_error',
};

/** An error body as the Messages API writes it: https://docs.claude.com/en/api/errors */
export function errorBody(status: number, error: Reply['error'] = {}): unknown {
  const type = error.type ?? errorTypes[status] ?? 'api_error';
  return { type: 'error', error: { type, message: error.message ?? type }, request_id: 'req_rehearsal' };
}

interface Message {
  readonly content: readonly Record<string, unknown>[];
  readonly [field: string]: unknown;
}

/** The whole answer as the Messages API gives it when nothing is streamed. */
export function messageOf(request: RehearsalRequest, reply: Reply): Message {
  const content = contentOf(request, reply);
  return {
    id: `msg_rehearsal_${request.number}`,
    type: 'message',
    role: 'assistant',
    model: request.model,
    content,
    stop_reason: content.some((block) => block.type === 'tool_use') ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: {
      input_tokens: reply.usage?.inputTokens ?? tokensOf(request.bytes),
      output_tokens: reply.usage?.outputTokens ?? tokensOf(JSON.stringify(content).length),
    },
  };
}

/** A rough count that grows with the text, as a real one would. */
export function tokensOf(bytes: number): number {
  return Math.ceil(bytes / 4);
}

function contentOf(request: RehearsalRequest, reply: Reply): Record<string, unknown>[] {
  const calls = [...(reply.calls ?? [])];
  let text = reply.say ?? '';
  if (reply.structured !== undefined) {
    if (request.structuredTool === undefined) text += JSON.stringify(reply.structured);
    else calls.push({ tool: request.structuredTool, input: reply.structured });
  }
  const blocks: Record<string, unknown>[] = calls.map(({ tool, input }, index) => ({
    type: 'tool_use',
    id: `toolu_rehearsal_${request.number}_${index}`,
    name: tool,
    input,
  }));
  return text === '' && blocks.length > 0 ? blocks : [{ type: 'text', text }, ...blocks];
}

/** The same answer as server-sent events: https://docs.claude.com/en/docs/build-with-claude/streaming */
export function eventsOf(request: RehearsalRequest, reply: Reply): string[] {
  const message = messageOf(request, reply);
  const usage = message.usage as Record<string, number>;
  const start = { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } };
  return [
    event('message_start', { message: start }),
    ...message.content.flatMap(blockEvents),
    event('message_delta', {
      delta: { stop_reason: message.stop_reason, stop_sequence: null },
      usage: { output_tokens: usage.output_tokens },
    }),
    event('message_stop', {}),
  ];
}

function blockEvents(block: Record<string, unknown>, index: number): string[] {
  const [empty, delta] =
    block.type === 'tool_use'
      ? [
          { ...block, input: {} },
          { type: 'input_json_delta', partial_json: JSON.stringify(block.input) },
        ]
      : [
          { ...block, text: '' },
          { type: 'text_delta', text: block.text },
        ];
  return [
    event('content_block_start', { index, content_block: empty }),
    event('content_block_delta', { index, delta }),
    event('content_block_stop', { index }),
  ];
}

function event(type: string, fields: Record<string, unknown>): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}
