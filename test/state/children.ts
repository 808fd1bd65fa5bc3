import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

const fixtures = join(import.meta.dirname, 'fixtures');

export function fixture(name: string): string {
  return join(fixtures, name);
}

/** A fixture in a process of its own, with a channel for messages; it is gone when the test has finished. */
export function startFixture(name: string, args: readonly string[]): ChildProcess {
  const child = fork(fixture(name), [...args], { execArgv: [] });
  onTestFinished(() => end(child));
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Kills and waits for the end. */
export const killHard = end;

export async function nextMessage<T>(child: ChildProcess): Promise<T> {
  const ended = new AbortController();
  const onExit = () => ended.abort(new Error('the fixture ended without a message'));
  child.once('exit', onExit);
  try {
    const [message] = await once(child, 'message', { signal: ended.signal });
    return message as T;
  } finally {
    child.off('exit', onExit);
  }
}

/** Runs a command that prints JSON. */
export async function runJson<T>(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<T> {
  const { stdout } = await promisify(execFile)(command, [...args], {
    env: { ...process.env, ...env },
    timeout: 25_000,
  });
  return JSON.parse(stdout) as T;
}

/** Polls until the condition holds; throws after ten seconds. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await delay(3);
  }
}

/** Whether the kernel has stopped the process (SIGSTOP). */
export function isStopped(pid: number): boolean {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.startsWith('T') ?? false;
}
