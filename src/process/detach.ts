import { spawn } from 'node:child_process';

export interface DetachedSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
}

export type DetachedEnd =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: string }
  | { readonly kind: 'could-not-start'; readonly message: string };

/** A process that outlives this one. Until it is let go, its end and what it says on standard error are seen. */
export interface DetachedProcess {
  /** Undefined when it could not start. */
  readonly pid: number | undefined;
  readonly ended: Promise<DetachedEnd>;
  /** The beginning of what it has said on standard error so far. */
  readonly errors: string;
  /** From now on nobody listens, and this process may end before it. */
  letGo(): void;
}

const keptCharacters = 64 * 1024;

/**
 * Starts a process in a session of its own that belongs to nobody: no terminal, no input, no output. It has to bear that
 * nobody reads its standard error any more.
 */
export function startDetached({ command, args, cwd, env }: DetachedSpec): DetachedProcess {
  const child = spawn(command, [...args], { cwd, env, detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(0, keptCharacters);
  });
  child.stderr.on('error', () => undefined);
  const ended = new Promise<DetachedEnd>((resolve) => {
    child.once('error', ({ message }) => resolve({ kind: 'could-not-start', message }));
    // Only then has all been read that it has said.
    child.once('close', (code, signal) =>
      resolve(code === null ? { kind: 'signalled', signal: signal ?? 'a signal' } : { kind: 'exited', code }),
    );
  });
  return {
    pid: child.pid,
    ended,
    get errors() {
      return errors;
    },
    letGo: () => {
      child.stderr.destroy();
      child.unref();
    },
  };
}
