import { createInterface } from 'node:readline/promises';
import type { ValueSchema } from '../config/values.ts';
import { ExitCode, MendwatchError } from '../errors.ts';
import { wrapped } from './wrap.ts';

/** Asks a person at the terminal. */
export interface Prompt {
  /** Enter takes `otherwise`; asks again until the schema takes the answer. */
  ask(question: string, otherwise: string | undefined, schema: ValueSchema<unknown>): Promise<string>;
  /** Enter means yes. */
  confirm(question: string): Promise<boolean>;
  close(): void;
}

export function openPrompt(input: NodeJS.ReadStream, output: NodeJS.WriteStream): Prompt {
  const lines = createInterface({ input, output });
  const gone = new AbortController();
  // Ctrl-D, Ctrl-C, or the terminal has gone: a question would wait forever.
  lines.on('close', () => gone.abort());
  lines.on('SIGINT', () => lines.close());
  const question = async (text: string): Promise<string> => {
    try {
      return (await lines.question(wrapped(text, output), { signal: gone.signal })).trim();
    } catch (error) {
      if (!gone.signal.aborted) throw error;
      output.write('\n');
      throw new MendwatchError('Stopped.', { exitCode: ExitCode.interrupted });
    }
  };
  return {
    ask: async (text, otherwise, schema) => {
      for (;;) {
        const answer = (await question(`${text}${otherwise === undefined ? '' : ` [${otherwise}]`}: `)) || otherwise;
        const parsed = schema.safeParse(answer ?? '');
        if (parsed.success) return answer ?? '';
        output.write(`  Expected ${parsed.error.issues[0]?.message}.\n`);
      }
    },
    confirm: async (text) => {
      for (;;) {
        const answer = (await question(`${text} [Y/n]: `)).toLowerCase();
        if (['', 'y', 'yes'].includes(answer)) return true;
        if (['n', 'no'].includes(answer)) return false;
        output.write('  Expected y or n.\n');
      }
    },
    close: () => lines.close(),
  };
}
