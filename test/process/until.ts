import { existsSync, readFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { type ProcessSpec, type RunningProcess, run, start } from '../../src/process/process.ts';

/** Polls a condition until it holds; fails after ten seconds. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + 10_000;
  while (!(await holds())) {
    if (performance.now() > deadlineMs) throw new Error(`Waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** True for zombies too: nobody may be there to collect them. */
export function isGone(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return /\) [ZX]/.test(stat);
  } catch {
    return true;
  }
}

export function linesOf(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
}

/** The text of a file once it is there. */
export async function numberIn(file: string): Promise<number> {
  await until(`${file} holds a number`, () => /\d\n/.test(existsSync(file) ? readFileSync(file, 'utf8') : ''));
  return Number(readFileSync(file, 'utf8'));
}

type Options = Partial<Omit<ProcessSpec, 'command' | 'args'>>;

export function bash(script: string, options: Options = {}): ProcessSpec {
  return { command: 'bash', args: ['-c', script], cwd: '/', env: { PATH: '/usr/bin:/bin' }, ...options };
}

export const runBash = (script: string, options?: Options) => run(bash(script, options));

/** Ended with the test, whatever happens in it. */
export function startBash(script: string, options?: Options): RunningProcess {
  const child = start(bash(script, options));
  onTestFinished(async () => {
    await child.cancel('the test is over');
  });
  return child;
}
