import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { findPackageRoot } from '../../src/config/package-root.ts';
import type { Scene } from './scene.ts';

export interface AgentProcess {
  readonly pid: number;
  /** Settles with the end. */
  readonly gone: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  readonly isGone: boolean;
  /** Everything that it has printed. */
  readonly said: string;
  kill(signal: NodeJS.Signals): void;
}

/** @param fail `name:n:kill`: where it is to end by itself. */
export function startProduct(scene: Scene, words: readonly string[], fail?: string): AgentProcess {
  const automation = join(findPackageRoot(), 'automation');
  const [entry, ...args] = words[0] === 'start' ? ['start.ts', '--plain'] : ['mendwatch.ts', ...words];
  const child: ChildProcess = spawn(process.execPath, [join(automation, entry ?? ''), ...args], {
    cwd: scene.folder,
    // Whoever measures this knows by it what is left when all of us are killed.
    env: {
      MENDWATCH_MARKER: process.env.MENDWATCH_MARKER,
      ...scene.env,
      ...(fail === undefined ? {} : { MENDWATCH_FAIL: fail }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let isGone = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      said += String(chunk);
    });
  }
  const end = (): void => void child.kill('SIGKILL');
  // Whoever stops the chaos leaves no agent behind.
  process.once('exit', end);
  const gone = once(child, 'exit').then(([code, signal]) => {
    isGone = true;
    process.off('exit', end);
    return { code, signal };
  });
  return {
    pid: child.pid ?? 0,
    gone,
    get isGone() {
      return isGone;
    },
    get said() {
      return said.slice(-4_000);
    },
    kill: (signal) => void child.kill(signal),
  };
}
