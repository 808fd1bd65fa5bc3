import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Attempt } from '../../src/domain/task.ts';
import { keepMove } from '../../src/land/kept.ts';
import { openStateStore } from '../../src/state/store.ts';
import { blobId } from '../../src/workspace/objects.ts';
import { compiled } from '../rig/compiled.ts';
import { scratch } from '../rig/scratch.ts';
import { taskOf } from '../state/samples.ts';

const attempt: Omit<Attempt, 'patch'> = {
  number: 1,
  strategy: 'mend a',
  verdict: 'parked',
  reasons: [],
  cost_usd: 0,
  duration: 1,
};

export const entry = join(import.meta.dirname, '../../automation/mendwatch.ts');

export interface Place {
  readonly folder: string;
  readonly stateFile: string;
  readonly env: Record<string, string>;
}

/** A project with a failed task and a parked fix that an agent has left behind. */
export async function place(settings: Record<string, string> = {}): Promise<Place> {
  const folder = await scratch('mcp');
  const stateFile = join(folder, 'state', 'app_state.json');
  await mkdir(join(folder, 'home'));
  const state = await openStateStore({ file: stateFile, lockFile: `${stateFile}.lock`, clock: systemClock });
  await state.update((draft) => {
    const ended = { created_at: '2026-01-01T00:00:00.000Z', finished_at: '2026-01-01T00:01:00.000Z' };
    draft.queues.failed.push({ ...taskOf(1), ...ended, status: 'failed', failure_reason: 'no attempts left' });
    draft.queues.completed.push({
      ...{ ...taskOf(2), ...ended, status: 'completed', outcome: 'parked' },
      attempts: [{ ...attempt, patch: `${taskOf(2).id}/parked.patch` }],
    });
  });
  await state.close();
  const runs = join(dirname(stateFile), 'runs', taskOf(2).id);
  await writeFile(join(folder, 'a.txt'), 'broken\n');
  const oldBlob = blobId(Buffer.from('broken\n'));
  const change = { path: 'a.txt', oldBlob, newBytes: Buffer.from('mended\n'), newMode: 0o644 };
  await keepMove(folder, join(runs, 'parked'), [change]);
  await writeFile(join(runs, 'parked.patch'), '-broken\n+mended\n');
  return {
    folder,
    stateFile,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: join(folder, 'home'),
      TMPDIR: process.env.TMPDIR ?? '/tmp',
      PROJECT_ROOT: folder,
      STATE_FILE: stateFile,
      LOG_FILE: join(folder, 'logs', 'automation.log'),
      CACHE_DIR: `${folder}-cache`,
      ...compiled,
      ...settings,
    },
  };
}

/** The official client, connected to `mendwatch mcp` over stdio; gone with the test. */
export async function overStdio({ folder, env }: Place): Promise<Client> {
  return connected(new StdioClientTransport({ command: process.execPath, args: [entry, 'mcp'], env, cwd: folder }));
}

export function overHttp(port: number, token: string): Promise<Client> {
  const headers = { authorization: `Bearer ${token}` };
  const url = new URL(`http://127.0.0.1:${port}/mcp`);
  return connected(new StreamableHTTPClientTransport(url, { requestInit: { headers } }) as Transport);
}

async function connected(transport: Transport): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' });
  onTestFinished(() => client.close());
  await client.connect(transport);
  return client;
}

export interface Called {
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever was answered
  readonly value: any;
  readonly text: string;
  readonly isError: boolean;
}

type CallOptions = Parameters<Client['callTool']>[2];

export async function call(client: Client, name: string, args: object = {}, options?: CallOptions): Promise<Called> {
  const { content, structuredContent, isError } = await client.callTool(
    { name, arguments: args as Record<string, unknown> },
    undefined,
    options,
  );
  const [first] = content as { text: string }[];
  return { value: structuredContent, text: first?.text ?? '', isError: isError === true };
}
