import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type RunningProcess, start } from '../../src/process/process.ts';
import { compiled } from '../rig/compiled.ts';
import { scratch } from '../rig/scratch.ts';

const entry = join(import.meta.dirname, '../../automation/mendwatch.ts');

export interface Apart {
  readonly folder: string;
  readonly server: RunningProcess;
  /** Its port, once it listens. */
  readonly listening: Promise<number>;
  /** What it has printed. */
  said(): string;
}

/** `mendwatch serve` in a process of its own, ended with the test. */
export async function serveApart(settings: Record<string, string> = {}): Promise<Apart> {
  const folder = await scratch('serve');
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    TMPDIR: process.env.TMPDIR ?? '/tmp',
    PROJECT_ROOT: folder,
    STATE_FILE: join(folder, 'state', 'app_state.json'),
    LOG_FILE: join(folder, 'logs', 'automation.log'),
    CACHE_DIR: `${folder}-cache`,
    EXECUTOR_PORT: '0',
    ...compiled,
    ...settings,
  };
  const spec = {
    command: process.execPath,
    args: [entry, 'serve'],
    cwd: folder,
    env,
    stdout: { kind: 'stream' },
  } as const;
  const server = start(spec);
  onTestFinished(async () => void (await server.cancel('the test is over')));
  let said = '';
  const listening = new Promise<number>((resolve, reject) => {
    server.stdout?.on('data', (chunk) => {
      said += chunk;
      const port = /ws:\/\/127\.0\.0\.1:(\d+)\//.exec(said)?.[1];
      if (port !== undefined && said.includes('Ctrl-C')) resolve(Number(port));
    });
    void server.result.then(({ stderr }) => reject(new Error(`It ended: ${stderr}`)));
  });
  listening.catch(() => undefined);
  return { folder, server, listening, said: () => said };
}

export interface Footprint {
  readonly memoryMb: number;
  readonly descriptors: number;
  readonly children: number;
}

/** What a process takes from the machine (Linux). */
export function footprintOf(pid: number): Footprint {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return {
    memoryMb: Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1_024,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    children: children.length,
  };
}
