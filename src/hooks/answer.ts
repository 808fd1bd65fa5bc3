import { z } from 'zod';
import type { ProcessResult } from '../process/process.ts';

/** The exit code by which a hook without JSON refuses; its reason is what it wrote to stderr. */
const refusingCode = 2;
const longestText = 2_000;
const variableName = /^(?!MENDWATCH_)[A-Za-z_][A-Za-z0-9_]*$/;

const answerSchema = z.strictObject({
  allow: z.boolean().optional(),
  reason: z.string().optional(),
  env: z
    .record(
      z.string().regex(variableName),
      z
        .string()
        .max(32_768)
        .regex(/^[^\0]*$/, 'a zero byte'),
    )
    .refine((env) => Object.keys(env).length <= 100)
    .optional(),
  note: z.string().optional(),
});

export type HookAnswer =
  | {
      readonly kind: 'said';
      readonly refusal: string | undefined;
      readonly env: Readonly<Record<string, string>>;
      readonly note: string | undefined;
    }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'cancelled' };

/** What a hook meant: by the JSON that it printed, else by its exit code. A misspelt answer is a failure, never a yes. */
export function answerOf({ end, stdout, stderr }: ProcessResult): HookAnswer {
  const said = shortened(stderr.trim());
  switch (end.kind) {
    case 'cancelled':
      return { kind: 'cancelled' };
    case 'timed-out':
      return failed(`it did not end within ${end.afterMs / 1_000} s`);
    case 'could-not-start':
      return failed(end.message);
    case 'output-limit':
      return failed(`it printed more than ${end.limitBytes} bytes`);
    case 'signalled':
      return failed(`it was ended by ${end.signal}`);
    case 'exited':
      if (end.code === refusingCode) return refused(refusalIn(stdout) ?? said);
      if (end.code !== 0) return failed(`it exited with ${end.code}${said === '' ? '' : `: ${said}`}`);
      return answerIn(stdout);
  }
}

function answerIn(stdout: string): HookAnswer {
  if (stdout.trim() === '') return { kind: 'said', refusal: undefined, env: {}, note: undefined };
  const value = parseJson(stdout);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return failed(`what it printed is no JSON object: ${shortened(stdout.trim())}`);
  }
  const parsed = answerSchema.safeParse(value);
  if (!parsed.success) return failed(`its answer is not as expected: ${shortened(z.prettifyError(parsed.error))}`);
  const { allow, reason, env = {}, note } = parsed.data;
  if (allow === false) return refused(reason ?? '');
  return { kind: 'said', refusal: undefined, env, note: note === undefined ? undefined : shortened(note) };
}

function refusalIn(stdout: string): string | undefined {
  return answerSchema.safeParse(parseJson(stdout)).data?.reason;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refused(reason: string): HookAnswer {
  const said = shortened(reason.trim());
  return { kind: 'said', refusal: said === '' ? 'it gave no reason' : said, env: {}, note: undefined };
}

function failed(message: string): HookAnswer {
  return { kind: 'failed', message };
}

function shortened(text: string): string {
  return text.length <= longestText ? text : `${text.slice(0, longestText)}…`;
}
