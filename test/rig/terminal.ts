import { expect, onTestFinished } from 'vitest';
import { type ProcessEnd, start } from '../../src/process/process.ts';
import { screenOf } from './screen.ts';

export interface OnTerminal {
  /** All that was written so far, with its escape codes. */
  readonly output: string;
  /** What the terminal shows now, without the empty lines below. */
  readonly screen: readonly string[];
  /** Until the screen shows this. */
  shows(text: string | RegExp): Promise<void>;
  type(keys: string): void;
  readonly ended: Promise<ProcessEnd>;
}

export interface Stand {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly columns?: number;
}

/** Says so, and with another exit code, where the terminal does not behave at the end as it did at the beginning. */
const guarded = (columns: number, command: string): string =>
  `stty cols ${columns} rows 30; was=$(stty -g); trap : INT; ${command}; code=$?; ` +
  `[ "$was" = "$(stty -g)" ] || { echo LEFT IN ANOTHER MODE; exit 99; }; exit $code`;

/** Runs a command on a terminal of 70 columns, by `script` of util-linux. */
export function onTerminal(words: readonly string[], { cwd, env, columns = 70 }: Stand): OnTerminal {
  const quoted = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const child = start({
    command: 'script',
    args: ['-qec', guarded(columns, quoted), '/dev/null'],
    cwd,
    env: { TERM: 'xterm', SHELL: '/bin/sh', ...env },
    stdin: 'open',
    stdout: { kind: 'stream' },
    timeoutMs: 60_000,
  });
  onTestFinished(async () => void (await child.cancel('the test is over')));
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  const screen = (): string[] => screenOf(output, columns).filter((line) => line !== '');
  return {
    get output() {
      return output;
    },
    get screen() {
      return screen();
    },
    shows: async (text) => {
      await expect.poll(() => screen().join('\n'), { timeout: 20_000 }).toMatch(text);
    },
    type: (keys) => void child.stdin?.write(keys),
    ended: child.result.then(({ end }) => end),
  };
}
