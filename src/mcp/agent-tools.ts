import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import { openCommands } from '../agent/commands.ts';
import type { AgentCommands } from '../agent/control.ts';
import { allTasks, findOne, latestPatch, queueSizes, stateOnFile } from '../agent/known-tasks.ts';
import type { Task } from '../domain/task.ts';
import { answer, answering } from './answers.ts';
import type { McpParts } from './parts.ts';

const looks = { readOnlyHint: true, openWorldHint: false };
const listedTasks = 200;
const patchCharacters = 100_000;

const taskId = z
  .string()
  .regex(/^(task_)?[0-9a-f]{1,8}$/, 'expected the id of a task, as task_1a2b3c4d')
  .describe('May be shortened');
const oneTask = z.strictObject({ id: taskId });
const nothing = z.strictObject({});

export function addAgentTools(server: McpServer, parts: McpParts): void {
  addLooks(server, parts);
  addHolds(server, parts);
  addMoves(server, parts);
}

function addLooks(server: McpServer, parts: McpParts): void {
  const { config } = parts;
  server.registerTool(
    'agent_status',
    {
      title: 'Status of the agent',
      description: 'What the agent that watches this project is doing: its process, health, queues and money.',
      inputSchema: nothing,
      annotations: looks,
    },
    () =>
      answering(parts, async () => {
        const state = await stateOnFile(config);
        const { processes, health, statistics, gates, circuit_breakers, budget } = state;
        const shown = { processes, health, statistics, queues: queueSizes(state), gates, circuit_breakers, budget };
        return answer(parts, { project: config.projectRoot, ...shown });
      }),
  );
  server.registerTool(
    'agent_tasks',
    {
      title: 'Tasks of the agent',
      description: 'The changes that the agent has looked at and what became of them, newest last.',
      inputSchema: z.strictObject({ status: z.enum(['pending', 'in_progress', 'completed', 'failed']).optional() }),
      annotations: looks,
    },
    ({ status }) =>
      answering(parts, async () => {
        const tasks = allTasks(await stateOnFile(config)).filter(
          (task) => status === undefined || task.status === status,
        );
        return answer(parts, { count: tasks.length, tasks: tasks.slice(-listedTasks).map(inShort) });
      }),
  );
  server.registerTool(
    'agent_show',
    {
      title: 'One task of the agent',
      description: 'A task with its red tests, its attempts, why they were refused, and the latest patch.',
      inputSchema: oneTask,
      annotations: looks,
    },
    ({ id }) =>
      answering(parts, async () => {
        const task = findOne(await stateOnFile(config), id);
        const patch = await latestPatch(config, task);
        return answer(parts, { task, latest_patch: patch?.slice(0, patchCharacters) ?? null });
      }),
  );
}

function addHolds(server: McpServer, parts: McpParts): void {
  const holds = { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false };
  const hold = (name: 'pause' | 'resume', title: string, description: string) =>
    server.registerTool(`agent_${name}`, { title, description, inputSchema: nothing, annotations: holds }, () =>
      answering(parts, async () => {
        await stateOnFile(parts.config);
        return answer(parts, { ...(await (await commands(parts))[name]()) });
      }),
    );
  hold(
    'pause',
    'Pause the agent',
    'No task is taken up until it is resumed, also over restarts; what is under way ends.',
  );
  hold('resume', 'Resume the agent', 'Ends a pause or a snooze.');
}

function addMoves(server: McpServer, parts: McpParts): void {
  const moves = { readOnlyHint: false, idempotentHint: false, openWorldHint: false };
  const move = (name: 'retry' | 'apply' | 'undo', destructiveHint: boolean, title: string, description: string) =>
    server.registerTool(
      `agent_${name}`,
      { title, description, inputSchema: oneTask, annotations: { ...moves, destructiveHint } },
      ({ id }) =>
        answering(parts, async () => {
          const task = findOne(await stateOnFile(parts.config), id);
          const came = await (await commands(parts))[name](task.id);
          const isConflict = 'kind' in came && came.kind === 'conflict';
          return answer(parts, { ...('kind' in came ? { task: task.id, ...came } : inShort(came)) }, isConflict);
        }),
    );
  move('retry', false, 'Retry a task', 'Tries a task again that failed, was parked or waits.');
  move('apply', true, 'Apply a parked fix', "Puts a parked fix into the person's working tree.");
  move('undo', true, 'Undo a fix', 'Takes a landed fix back; its tests are then left alone.');
}

function commands({ config, launch }: McpParts): Promise<AgentCommands> {
  return openCommands(config, launch);
}

function inShort({ id, file_path, status, outcome, phase, created_at, failure_reason, regression, attempts }: Task) {
  return {
    ...{ id, file_path, status, outcome: outcome ?? null, phase: phase ?? null, created_at },
    ...{ failure_reason: failure_reason ?? null, red_tests: regression?.count ?? 0, attempts: attempts.length },
  };
}
