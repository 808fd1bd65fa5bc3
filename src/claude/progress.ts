import { z } from 'zod';

/** What Claude says and does, for whoever looks on. Nothing is decided by it. */
export type ClaudeProgress =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tool'; readonly tool: string; readonly subject: string };

const longestSubject = 200;

const block = z.union([
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.literal('tool_use'), name: z.string(), input: z.record(z.string(), z.unknown()).catch({}) }),
]);

const assistantLine = z.object({
  type: z.literal('assistant'),
  message: z.object({ content: z.array(z.unknown()) }),
  parent_tool_use_id: z.null().optional(),
});

/** What a line of the stream shows; nothing for most lines. Subagents work unseen. */
export function progressOf(line: string): readonly ClaudeProgress[] {
  if (!line.includes('"assistant"')) return [];
  const parsed = assistantLine.safeParse(parse(line));
  if (!parsed.success) return [];
  return parsed.data.message.content.flatMap((content): readonly ClaudeProgress[] => {
    const known = block.safeParse(content).data;
    if (known === undefined) return [];
    if (known.type === 'text') return known.text.trim() === '' ? [] : [{ kind: 'text', text: known.text }];
    return [{ kind: 'tool', tool: known.name, subject: subjectOf(known.input) }];
  });
}

/** The inputs that say most about what a tool is about to do. */
const telling = ['file_path', 'notebook_path', 'path', 'command', 'pattern', 'description', 'url'];

function subjectOf(input: Readonly<Record<string, unknown>>): string {
  const found = telling.map((name) => input[name]).find((value) => typeof value === 'string');
  const text = typeof found === 'string' ? found.replace(/\s+/g, ' ') : '';
  return text.length <= longestSubject ? text : `${text.slice(0, longestSubject)}…`;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
