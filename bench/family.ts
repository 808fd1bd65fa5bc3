import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onSignals } from '../src/cli/signals.ts';
import { type ProcessEnd, type ProcessResult, start } from '../src/process/process.ts';

const outputLimitBytes = 16 * 1024 * 1024;

interface Wish {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Gets what it says on standard error, as it says it. */
  readonly onSaid?: (text: string) => void;
}

/**
 * Runs an entry in a process of its own. However that ends, everything that it has started is gone afterwards, agents
 * in sessions of their own too, and so are its temporary files. Never rejects for what the entry does.
 */
export async function runWithFamily(
  entry: string,
  args: readonly string[],
  { timeoutMs, signal, onSaid }: Wish,
): Promise<ProcessResult> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'mendwatch-bench-')));
  try {
    const running = start({
      command: process.execPath,
      args: [join(import.meta.dirname, entry), ...args],
      cwd: process.cwd(),
      env: { ...ownEnvironment(), TMPDIR: folder },
      stdout: { kind: 'collect', limitBytes: outputLimitBytes },
      ...(onSaid === undefined ? {} : { stderr: { kind: 'stream' } }),
      timeoutMs,
      signal,
    });
    running.stderr?.setEncoding('utf8').on('data', (text: string) => onSaid?.(text));
    return await running.result;
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Aborted by the first signal that asks this process to end. Further ones change nothing: ending takes seconds at most. */
export function untilSignalled(): AbortSignal {
  const stop = new AbortController();
  onSignals((name) => stop.abort(new Error(name)));
  return stop.signal;
}

/** How something ended that should have ended well; undefined where it has. */
export function troubleOf(end: ProcessEnd): string | undefined {
  switch (end.kind) {
    case 'exited':
      return end.code === 0 ? undefined : `it ended with ${end.code}`;
    case 'signalled':
      return `it was ended by ${end.signal}`;
    case 'timed-out':
      return `it was not done within ${end.afterMs / 60_000} minutes`;
    case 'output-limit':
      return `it printed more than ${end.limitBytes} bytes`;
    case 'cancelled':
      return `it was stopped: ${end.reason}`;
    case 'could-not-start':
      return end.message;
  }
}

/** Without what could reach a real account or bend what is measured. */
function ownEnvironment(): Record<string, string> {
  const others = /^(?:ANTHROPIC_|CLAUDE|MENDWATCH_|GITHUB_|GH_|SLACK_|EMAIL_|EXECUTOR_|NODE_OPTIONS$)/;
  const pairs = Object.entries(process.env).filter(([name]) => !others.test(name));
  return Object.fromEntries(pairs.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
