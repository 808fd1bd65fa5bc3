import { z } from 'zod';

/** What a tool gave back to the model. */
export interface ToolResult {
  readonly tool: string;
  readonly input: unknown;
  readonly text: string;
  readonly isError: boolean;
}

/** One message of the conversation as the model would see it. */
export interface RehearsalMessage {
  readonly role: string;
  readonly text: string;
  readonly calls: readonly { readonly id: string; readonly tool: string; readonly input: unknown }[];
  readonly results: readonly { readonly id: string; readonly text: string; readonly isError: boolean }[];
}

/** A request of the CLI, parsed into what a scenario decides by. */
export interface RehearsalRequest {
  /** Position among all requests to this server, from 1. */
  readonly number: number;
  /** Size of the body in bytes. */
  readonly bytes: number;
  /** The body as it came: everything that would have left the machine. */
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** False for what the CLI asks beside the conversation: titles, summaries, probes. */
  readonly isMain: boolean;
  readonly model: string;
  readonly stream: boolean;
  readonly system: string;
  /** Names of the tools that are offered. */
  readonly tools: readonly string[];
  /** The tool through which a structured answer is given, when one was asked for. */
  readonly structuredTool: string | undefined;
  readonly messages: readonly RehearsalMessage[];
  /** The latest question: text of the last user message that is not a tool's result. */
  readonly prompt: string;
  /** Questions in the conversation so far, the present one included. */
  readonly questions: number;
  /** Assistant messages in the whole conversation. */
  readonly turn: number;
  /** Assistant messages since the latest question. */
  readonly step: number;
  /** What the tools gave back since the latest question, oldest first. */
  readonly results: readonly ToolResult[];
}

const Block = z.looseObject({
  type: z.string().catch('unknown'),
  text: z.string().catch(''),
  id: z.string().catch(''),
  name: z.string().catch(''),
  input: z.unknown().optional(),
  tool_use_id: z.string().catch(''),
  is_error: z.boolean().catch(false),
  content: z.unknown().optional(),
});
const Blocks = z
  .union([z.string().transform((text) => [Block.parse({ type: 'text', text })]), z.array(Block)])
  .catch([]);
const Body = z.object({
  model: z.string().catch('unknown'),
  stream: z.boolean().catch(false),
  max_tokens: z.number().catch(0),
  system: Blocks,
  tools: z.array(z.looseObject({ name: z.string().catch('') })).catch([]),
  messages: z.array(z.object({ role: z.string(), content: Blocks })),
});

type Content = z.infer<typeof Blocks>;

/**
 * Reads the body of `POST /v1/messages`. Throws when it is not JSON or has no messages; everything else that is missing
 * gets an empty value, since the CLI adds fields with every version.
 */
export function parseRequest(
  raw: Buffer,
  about: { number: number; headers: Readonly<Record<string, string>> },
): RehearsalRequest {
  const text = raw.toString('utf8');
  const body = Body.parse(JSON.parse(text));
  const tools = body.tools.map((tool) => tool.name).filter((name) => name !== '');
  const messages = body.messages.map((message) => toMessage(message.role, message.content));
  const asked = messages.findLastIndex(isQuestion);
  const since = messages.slice(asked + 1);
  return {
    ...about,
    bytes: raw.length,
    body: text,
    isMain: body.max_tokens > 1 && isAgent(textOf(body.system)) && !isSummary(messages[asked]),
    model: body.model,
    stream: body.stream,
    system: textOf(body.system),
    tools,
    structuredTool: tools.find((name) => /^structured_?output$/i.test(name)),
    messages,
    prompt: messages[asked]?.text ?? '',
    questions: messages.filter(isQuestion).length,
    turn: messages.filter((message) => message.role === 'assistant').length,
    step: since.filter((message) => message.role === 'assistant').length,
    results: resultsOf(since),
  };
}

/** The main conversation's system prompt, which says so itself; one of a subagent says that too. */
function isAgent(system: string): boolean {
  const says = ['cc_entrypoint=', 'You are Claude Code', 'Agent SDK'].some((words) => system.includes(words));
  return says && !system.includes('cc_is_subagent=true');
}

/** The CLI condenses a conversation that has grown too long, with the same system prompt and tools. */
function isSummary(question: RehearsalMessage | undefined): boolean {
  return question?.text.startsWith('CRITICAL: Respond with TEXT ONLY') ?? false;
}

/** Text of a user, but not the reminder to answer by the schema (its first words are older and newer versions' own). */
function isQuestion(message: RehearsalMessage): boolean {
  const { role, text } = message;
  return role === 'user' && text !== '' && !/^(\[structured-output-enforce\]|Stop hook feedback:)/.test(text);
}

function toMessage(role: string, content: Content): RehearsalMessage {
  return {
    role,
    text: textOf(content),
    calls: content
      .filter((block) => block.type === 'tool_use')
      .map((block) => ({ id: block.id, tool: block.name, input: block.input })),
    results: content
      .filter((block) => block.type === 'tool_result')
      .map((block) => ({ id: block.tool_use_id, text: textOf(Blocks.parse(block.content)), isError: block.is_error })),
  };
}

/** The text blocks in order, without the notes that the CLI itself puts among them. */
function textOf(content: Content): string {
  return content
    .filter((block) => block.type === 'text' && !block.text.startsWith('<system-reminder>'))
    .map((block) => block.text)
    .join('\n');
}

function resultsOf(messages: readonly RehearsalMessage[]): ToolResult[] {
  const calls = new Map(messages.flatMap((message) => message.calls).map((call) => [call.id, call]));
  return messages
    .flatMap((message) => message.results)
    .map(({ id, text, isError }) => ({
      tool: calls.get(id)?.tool ?? 'unknown',
      input: calls.get(id)?.input,
      text,
      isError,
    }));
}
