import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commandSocketOf } from '../../src/agent/command-place.ts';
import { commandsOf, openCommands } from '../../src/agent/commands.ts';
import type { Config } from '../../src/config/types.ts';
import type { Task } from '../../src/domain/task.ts';
import { createEvents } from '../../src/events.ts';
import type { Parts } from '../../src/pipeline/parts.ts';
import type { Pipeline } from '../../src/pipeline/pipeline.ts';
import { freshState, type StateDocument } from '../../src/state/schema.ts';
import { openMemoryStore } from '../../src/state/store.ts';
import { scratch } from '../rig/scratch.ts';

const at = '2026-01-02T03:00:00.000Z';
const regression = { fingerprint: 'f'.repeat(16), tests: ['|a.test.ts|a|1'], count: 1 };

const taskOf = (number: number, more: Partial<Task>): Task => ({
  ...{ id: `task_0000000${number}`, type: 'file_change', file_path: `${number}.ts`, description: '', created_at: at },
  ...{ status: 'pending', retry_count: 0, priority: 0, attempts: [], regression },
  ...more,
});

/** A project on which no agent runs; `left` is what the last one has left. */
async function idle(left: readonly Task[]) {
  const folder = await scratch('commands');
  const stateFile = join(folder, 'state.json');
  const state = freshState(0);
  for (const task of left) state.queues[task.status].push(task);
  writeFileSync(stateFile, JSON.stringify(state));
  const config = { stateFile, lockFile: `${stateFile}.lock`, runsFolder: join(folder, 'runs'), projectRoot: folder };
  const read = (): StateDocument => JSON.parse(readFileSync(stateFile, 'utf8'));
  return { stateFile, commands: await openCommands(config as Config, {}), read };
}

test('without an agent, retry and cancel work on the state file, for what a dead one left in work as well', async () => {
  const { commands, read } = await idle([
    taskOf(1, { status: 'failed', failure_reason: 'x', finished_at: at }),
    taskOf(2, {}),
    taskOf(3, { status: 'in_progress', phase: 'fix', begun: 1 }),
  ]);
  expect(await commands.retry('task_00000001')).toMatchObject({ status: 'pending' });
  expect(await commands.cancel('task_00000002')).toMatchObject({ outcome: 'cancelled' });
  expect(await commands.cancel('task_00000003')).toMatchObject({ outcome: 'cancelled' });
  // It has ended: what became of it is the answer.
  expect(await commands.cancel('task_00000003')).toMatchObject({ outcome: 'cancelled' });
  const { pending, in_progress, completed, failed } = read().queues;
  expect(pending.map(({ file_path }) => file_path)).toEqual(['1.ts', '1.ts']);
  expect([in_progress.length, completed.length, failed.length]).toEqual([0, 2, 0]);
  // The next start tells the baseline.
  expect(completed.map(({ red_to_mark }) => red_to_mark)).toEqual([1, 1]);
});

test('without an agent, pause, snooze and resume are kept for the next start', async () => {
  const { commands, read } = await idle([]);
  await commands.pause();
  await commands.snooze(60_000);
  const held = { status: 'stopped', paused_at: expect.any(String), snoozed_until: expect.any(String) };
  expect(read().processes.orchestrator).toMatchObject(held);
  await commands.resume();
  expect(Object.keys(read().processes.orchestrator)).not.toEqual(expect.arrayContaining(['paused_at']));
});

test('a pause that is said twice is news once, and so is its end', async () => {
  const events = createEvents(Date.now, (text) => text);
  const told: (string | undefined)[] = [];
  events.on((event) => void (event.type === 'agent.held' && told.push(event.pausedAt)));
  const parts = { state: openMemoryStore(), events, config: {} } as unknown as Parts;
  const commands = commandsOf(parts, { wake: () => undefined } as Pipeline, {});
  for (const word of ['pause', 'pause', 'resume', 'resume'] as const) await commands[word]();
  expect(told).toEqual([expect.any(String), undefined]);
});

test('without an agent, a task that there is not, or that cannot be tried again, is refused with what to do', async () => {
  const { commands } = await idle([taskOf(1, { status: 'completed', outcome: 'clean', finished_at: at })]);
  for (const word of ['cancel', 'undo', 'apply'] as const) {
    await expect(commands[word]('task_0000000f')).rejects.toMatchObject({ exitCode: 2, remedy: expect.any(String) });
  }
  await expect(commands.retry('task_0000000f')).rejects.toThrow(/There is no task/);
  await expect(commands.retry('task_00000001')).rejects.toThrow(/has ended as clean/);
});

test('of twenty commands at once each counts once', async () => {
  const { commands, read } = await idle([taskOf(1, {}), taskOf(2, {})]);
  const ids = Array.from({ length: 20 }, (_, index) => `task_0000000${1 + (index % 2)}`);
  await Promise.all(ids.map((id) => commands.cancel(id)));
  expect(read().queues.completed).toHaveLength(2);
  expect(read().statistics.tasks_processed).toBe(2);
});

test('a socket that a dead agent has left is no agent', async () => {
  const { stateFile, read } = await idle([]);
  const place = commandSocketOf(stateFile);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ path: `${place}.first` }, resolve));
  renameSync(`${place}.first`, place);
  await new Promise((resolve) => server.close(resolve));
  expect(statSync(place).isSocket()).toBe(true);
  const commands = await openCommands({ stateFile, lockFile: `${stateFile}.lock` } as Config, {});
  await commands.pause();
  expect(read().processes.orchestrator.paused_at).toBeDefined();
});
