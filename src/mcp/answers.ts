import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { ExecutionRefusal } from '../domain/execution.ts';
import { MendwatchError } from '../errors.ts';
import type { McpParts } from './parts.ts';

/** What a tool gives: the same as text, for models, and as a structure, for programs. */
export async function answer(
  { clean }: Pick<McpParts, 'clean'>,
  value: Readonly<Record<string, unknown>>,
  isError = false,
): Promise<CallToolResult> {
  const text = await clean(JSON.stringify(value, null, 2));
  return { content: [{ type: 'text', text }], structuredContent: structureOf(text), ...(isError ? { isError } : {}) };
}

/** Runs a tool. What a person could understand and act on is told to the model; a bug is logged, too. */
export async function answering(parts: McpParts, act: () => Promise<CallToolResult>): Promise<CallToolResult> {
  try {
    return await act();
  } catch (error) {
    return { content: [{ type: 'text', text: await parts.clean(problemOf(parts, error)) }], isError: true };
  }
}

function problemOf({ logger }: McpParts, error: unknown): string {
  if (error instanceof MendwatchError) return [error.message, error.remedy].filter(Boolean).join('\n');
  if (error instanceof ExecutionRefusal) return error.message;
  logger.error({ err: error }, 'a tool failed');
  return 'This is a bug in Mendwatch; its log says more.';
}

/** A secret that was taken out leaves JSON as it was, since it is replaced inside of a string; should it not, no structure is better than a wrong one. */
function structureOf(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
