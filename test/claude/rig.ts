import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Rehearsal, type Scenario, startRehearsal } from '../../src/claude/rehearsal/server.ts';
import { openSession } from '../../src/claude/session.ts';
import type { ClaudeSession, ClaudeSpec } from '../../src/claude/types.ts';
import { scratch } from '../rig/scratch.ts';

export const packageRoot = join(import.meta.dirname, '..', '..');
const realClaude = join(packageRoot, 'node_modules', '.bin', 'claude');
const path = `${join(packageRoot, 'node_modules', '.bin')}:/usr/local/bin:/usr/bin:/bin`;

export interface Stage {
  readonly rehearsal: Rehearsal;
  readonly lane: string;
  readonly home: string;
  /** A specification for the real CLI in the lane, talking to the rehearsal. */
  spec(more?: Partial<ClaudeSpec>): ClaudeSpec;
}

/** A rehearsal, a scratch HOME and an empty lane; all gone when the test has finished. */
export async function stage(scenario: Scenario): Promise<Stage> {
  const root = await scratch('claude');
  const [lane, home] = [join(root, 'lane'), join(root, 'home')];
  await Promise.all([mkdir(lane), mkdir(home)]);
  const rehearsal = await startRehearsal(scenario);
  onTestFinished(() => rehearsal.close());
  return {
    rehearsal,
    lane,
    home,
    spec: (more = {}) => ({
      command: realClaude,
      cwd: lane,
      tools: ['Read'],
      ...more,
      env: { PATH: path, ...rehearsal.environment(home), ...more.env },
    }),
  };
}

/** A session that is closed when the test has finished. */
export function opened(spec: ClaudeSpec): ClaudeSession {
  const session = openSession(spec);
  onTestFinished(() => session.close());
  return session;
}

/** How a test asks: long enough for a busy machine. */
export function patiently(more: { timeoutMs?: number; idleTimeoutMs?: number; signal?: AbortSignal } = {}) {
  return { timeoutMs: 25_000, signal: new AbortController().signal, ...more };
}

/** A session with a small Node script in place of the CLI. */
export async function withScript(source: string): Promise<ClaudeSpec> {
  const root = await scratch('fake-claude');
  const command = join(root, 'claude');
  await writeFile(command, `#!${process.execPath}\n${source}\n`);
  await chmod(command, 0o755);
  return { command, cwd: root, env: { PATH: path, HOME: root }, tools: ['Read'] };
}

/** True while a process with this id exists and is not a zombie. */
export function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Polls until the condition holds. */
export async function until(condition: () => boolean | Promise<boolean>, limitMs = 10_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('the condition did not come true in time');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
