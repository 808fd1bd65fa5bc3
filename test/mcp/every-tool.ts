import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { expect } from 'vitest';
import { taskOf } from '../state/samples.ts';
import { call, type Place } from './rig.ts';

export const allTools = [
  ...['agent_apply', 'agent_pause', 'agent_resume', 'agent_retry', 'agent_show', 'agent_status', 'agent_tasks'],
  ...['agent_undo', 'cancel_execution', 'execute_command', 'execute_list', 'execute_task', 'executions'],
  ...['pause_execution', 'resume_execution'],
];

/** Lists the tools and calls each but those that need a Claude. */
export async function useEveryTool(client: Client, { folder }: Pick<Place, 'folder'>): Promise<void> {
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name).sort()).toEqual(allTools);
  for (const { name, description, annotations, inputSchema } of tools) {
    expect(description, name).toMatch(/^[A-Z].*\.$/);
    expect(annotations?.readOnlyHint, name).toBeTypeOf('boolean');
    expect(inputSchema.type, name).toBe('object');
  }
  const titles = tools.filter(({ name }) => name.endsWith('_execution')).map(({ title }) => title);
  expect(titles).toEqual(['Pause an execution', 'Resume an execution', 'Cancel an execution']);
  await useExecutions(client);
  await useAgent(client);
  await moveFixes(client, folder);
}

async function useExecutions(client: Client): Promise<void> {
  const done = await call(client, 'execute_command', { command: 'echo out; echo err >&2; exit 3' });
  expect(done).toMatchObject({ isError: false, value: { kind: 'command', state: 'ended', ok: false, exit_code: 3 } });
  expect(done.value).toMatchObject({ stdout: { text: 'out\n', dropped_bytes: 0 }, stderr: { text: 'err\n' } });
  expect(JSON.parse(done.text)).toEqual(done.value);
  const { value } = await call(client, 'execute_command', { command: 'sleep 100', wait: false });
  const one = { execution_id: value.execution_id };
  expect(value).toMatchObject({ state: 'running', ok: null });
  expect((await call(client, 'pause_execution', one)).value).toMatchObject({ ...one, reached: expect.any(Number) });
  expect((await call(client, 'executions', one)).value.state).toBe('paused');
  await call(client, 'resume_execution', one);
  expect((await call(client, 'executions', one)).value.state).toBe('running');
  expect((await call(client, 'cancel_execution', one)).value).toMatchObject({ survivors: [] });
  await expect.poll(async () => (await call(client, 'executions', one)).value.canceled).toBe(true);
  const { executions } = (await call(client, 'executions')).value;
  expect(executions.map(({ ok }: { ok: boolean }) => ok)).toEqual([false, false]);
  expect(await call(client, 'cancel_execution', one)).toMatchObject({ isError: true, text: 'No process is running' });
}

async function useAgent(client: Client): Promise<void> {
  const failed = taskOf(1).id;
  expect((await call(client, 'agent_status')).value).toMatchObject({ queues: { failed: 1, completed: 1 } });
  expect((await call(client, 'agent_tasks', { status: 'failed' })).value).toMatchObject({
    count: 1,
    tasks: [{ id: failed, failure_reason: 'no attempts left' }],
  });
  const shown = await call(client, 'agent_show', { id: '00000001' });
  expect(shown.value).toMatchObject({ task: { id: failed }, latest_patch: null });
  expect((await call(client, 'agent_pause')).value.paused_at).toBeTypeOf('string');
  expect((await call(client, 'agent_resume')).value.paused_at).toBeUndefined();
  expect((await call(client, 'agent_retry', { id: failed })).value).toMatchObject({ id: failed, status: 'pending' });
  const none = await call(client, 'agent_apply', { id: failed });
  expect(none).toMatchObject({ isError: true, text: expect.stringContaining('has no parked fix') });
}

async function moveFixes(client: Client, folder: string): Promise<void> {
  const { id } = taskOf(2);
  const file = join(folder, 'a.txt');
  expect((await call(client, 'agent_show', { id })).value.latest_patch).toBe('-broken\n+mended');
  const { contents } = await client.readResource({ uri: `mendwatch://tasks/${id}/patch` });
  expect(contents).toMatchObject([{ mimeType: 'text/x-diff', text: '-broken\n+mended' }]);
  const applied = await call(client, 'agent_apply', { id });
  expect(applied.value).toMatchObject({ task: id, kind: 'restored', files: ['a.txt'] });
  expect(await readFile(file, 'utf8')).toBe('mended\n');
  await call(client, 'agent_undo', { id });
  expect(await readFile(file, 'utf8')).toBe('broken\n');
  const nothing = await call(client, 'agent_undo', { id });
  expect(nothing).toMatchObject({ isError: true, text: expect.stringContaining('nothing to undo') });
}
