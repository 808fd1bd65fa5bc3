import type { z } from 'zod';
import type { Looked } from './types.ts';

/** A text as JSON of this shape; undefined when it is anything else. */
export function parseJson<T>(text: string, schema: z.ZodType<T>): T | undefined {
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** A settings file of JSON with comments and commas at the end. */
export function parseJsonWithComments<T>(text: string, schema: z.ZodType<T>): T | undefined {
  const bare = text
    .replace(/^\uFEFF/, '')
    .replaceAll(/("(?:[^"\\\n]|\\.)*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (_, string: string | undefined) => string ?? '')
    .replaceAll(/("(?:[^"\\\n]|\\.)*")|,(?=\s*[\]}])/g, (_, string: string | undefined) => string ?? '');
  return parseJson(bare, schema);
}

/** A tool that ended without its report; `output` says why. */
export function noReport(name: string, code: number, output: string): Looked {
  const lines = output.split('\n').map((line) => line.trim());
  const found = lines.find((line) => /error|cannot|not found|unexpected|invalid/i.test(line)) ?? lines.find(Boolean);
  const detail = `${name} ended with exit code ${code} and no report: ${(found ?? 'it printed nothing').slice(0, 300)}`;
  return { kind: 'broken', reason: code === 0 ? 'crashed' : 'configuration', detail };
}
