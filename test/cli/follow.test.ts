import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openCommandSocket } from '../../src/agent/command-socket.ts';
import type { AgentControl } from '../../src/agent/control.ts';
import type { AgentEvent } from '../../src/events.ts';
import { type RunningProcess, start } from '../../src/process/process.ts';
import { compiled } from '../rig/compiled.ts';
import { scratch } from '../rig/scratch.ts';

const entry = join(import.meta.dirname, '../../automation/mendwatch.ts');

interface Followed {
  readonly command: RunningProcess;
  /** Settles when the agent has been asked for its events. */
  readonly asked: Promise<void>;
  tell(event: AgentEvent): void;
  /** What was printed, when it holds this. */
  said(text: string): Promise<string>;
  stopAgent(): Promise<void>;
}

/** `mendwatch events` on an agent that only tells. */
async function follow(words: readonly string[], reader?: string): Promise<Followed> {
  const folder = await scratch('follow');
  const stateFile = join(folder, 'state', 'app_state.json');
  await mkdir(join(folder, 'state'));
  const listeners = new Set<(event: AgentEvent) => void>();
  const asked = Promise.withResolvers<void>();
  const agent: Partial<AgentControl> = {
    onEvent: (listener) => {
      listeners.add(listener);
      asked.resolve();
      return () => listeners.delete(listener);
    },
  };
  const control = Promise.resolve(agent as AgentControl);
  const socket = await openCommandSocket({ stateFile, runtimeFolder: undefined, left: undefined, control });
  onTestFinished(() => socket.close());
  const env = { PATH: process.env.PATH ?? '', HOME: folder, PROJECT_ROOT: folder, STATE_FILE: stateFile };
  const more = {
    TMPDIR: process.env.TMPDIR ?? '/tmp',
    LOG_FILE: join(folder, 'a.log'),
    CACHE_DIR: `${folder}-cache`,
    ...compiled,
  };
  const plain = [process.execPath, entry, 'events', ...words];
  const piped = ['/bin/sh', '-c', `("$@"; echo "ended with $?" >&2) | ${reader}`, 'sh', ...plain];
  const [first = '', ...args] = reader === undefined ? plain : piped;
  const spec = { command: first, args, cwd: folder, env: { ...env, ...more }, stdout: { kind: 'stream' } };
  const command = start(spec as Parameters<typeof start>[0]);
  onTestFinished(async () => void (await command.cancel('the test is over')));
  let said = '';
  command.stdout?.on('data', (chunk) => {
    said += chunk;
  });
  return {
    command,
    asked: asked.promise,
    tell: (event) => {
      for (const listener of listeners) listener(event);
    },
    said: async (text) => {
      await expect.poll(() => said).toContain(text);
      return said;
    },
    stopAgent: () => socket.close(),
  };
}

const event = { type: 'baseline.started', at: 7 } as const;

test('events: one a line as JSON, and the end when the agent has ended', async () => {
  const { command, asked, tell, said, stopAgent } = await follow(['--json']);
  await asked;
  tell(event);
  tell({ ...event, at: 8 });
  const lines = (await said('8}\n')).trim().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual([event, { ...event, at: 8 }]);
  await stopAgent();
  expect((await command.result).end).toEqual({ kind: 'exited', code: 0 });
});

test('events: for people in words; Ctrl-C ends it', async () => {
  const { command, asked, tell, said } = await follow([]);
  await asked;
  tell({ type: 'agent.stopping', at: 7, reason: 'enough' } as AgentEvent);
  await said('stopping: enough');
  process.kill(command.pid ?? 0, 'SIGINT');
  expect((await command.result).end).toEqual({ kind: 'exited', code: 0 });
});

test('events: a reader that has gone ends it', async () => {
  const { command, asked, tell, said } = await follow(['--json'], 'head -n 1');
  await asked;
  const telling = setInterval(() => tell(event), 20);
  onTestFinished(() => clearInterval(telling));
  expect(await said('started')).toBe(`${JSON.stringify(event)}\n`);
  expect((await command.result).stderr).toBe('ended with 0\n');
});

test('events: without an agent it says so with exit code 4', async () => {
  const { command, stopAgent } = await follow(['--json']);
  await stopAgent();
  const { end, stderr } = await command.result;
  expect(end).toEqual({ kind: 'exited', code: 4 });
  expect(stderr).toContain('No agent is running');
});
