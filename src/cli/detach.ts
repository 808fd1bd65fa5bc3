import { startApart } from '../agent/start-apart.ts';
import type { Config } from '../config/types.ts';
import { print, printJson } from './look.ts';
import { onSignals } from './signals.ts';

export interface Detaching {
  readonly config: Config;
  readonly env: Readonly<Record<string, string>>;
  /** What a person should know before leaving it running. */
  readonly words: readonly string[];
  readonly json: boolean;
}

/** `start --detach`: the agent as a process of its own. Resolves with the exit code when it watches. */
export async function runDetached({ config, env, words, json }: Detaching): Promise<number> {
  const { projectRoot, logFile, stateFile } = config;
  const interrupted = new AbortController();
  const forgetSignals = onSignals(() => interrupted.abort());
  try {
    const { pid } = await startApart({ config, launch: env, cwd: process.cwd(), signal: interrupted.signal });
    if (json) return printJson({ pid, project: projectRoot, state_file: stateFile, log_file: logFile });
    return print(
      [
        `Watching ${projectRoot} in the background (process ${pid}).`,
        ...words,
        `Log: ${logFile}`,
        '`mendwatch status` looks at it, `mendwatch stop` stops it.',
      ].join('\n'),
    );
  } finally {
    forgetSignals();
  }
}
