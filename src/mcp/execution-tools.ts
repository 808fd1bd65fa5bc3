import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import type { ControlType } from '../domain/execution.ts';
import { executionIdPattern } from '../domain/execution-id.ts';
import { ExitCode, MendwatchError } from '../errors.ts';
import { answer, answering } from './answers.ts';
import { executionShape, recordOf, summaryOf } from './execution-record.ts';
import type { ExecutionWish, McpExecution } from './executions.ts';
import type { McpParts } from './parts.ts';
import { listWish, taskWish } from './task-program.ts';
import { type ToolCall, withProgress } from './tool-call.ts';

/** They run what they are told with the person's rights, Claude's own tools included. */
const runs = { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true };
const controls = { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false };

const timeout = z
  .number()
  .positive()
  .max(86_400)
  .optional()
  .describe('Seconds of active time after which it is ended with all its processes');
const wait = z
  .boolean()
  .default(true)
  .describe('false: answer when it has started; `executions` tells how it goes on, `cancel_execution` ends it');
const text = z.string().trim().min(1).max(100_000);
/** One word of a command line: no system takes more, and none takes a zero byte. */
const word = text.refine(
  (given) => Buffer.byteLength(given) <= 120_000 && !given.includes('\0'),
  'expected at most 120,000 bytes, and none of them zero',
);
const choice = {
  timeout_seconds: timeout,
  tools: z
    .array(z.enum(['Read', 'Edit', 'Write', 'Grep', 'Glob', 'NotebookEdit', 'Bash']))
    .min(1)
    .optional()
    .describe('What Claude may use; by default what CLAUDE_TOOLS says'),
  model: z.string().min(1).max(100).optional(),
  max_cost_usd: z.number().positive().max(1_000).optional(),
};
const taskName = z.string().regex(/^[\w.-]{1,60}$/);
const listed = z.strictObject({
  task: text,
  id: taskName.optional(),
  after: z.array(taskName).max(100).optional(),
  ...choice,
});
/** As in the file of a list. */
const tasks = z
  .array(z.union([text, listed], 'expected a text, or an object with a task'))
  .min(1)
  .max(500);
const executionId = z.string().regex(executionIdPattern, 'expected exec_ and 16 hexadecimal digits');

export function addExecutionTools(server: McpServer, parts: McpParts): void {
  addTasks(server, parts);
  addCommands(server, parts);
  addControl(server, parts, 'PAUSE', 'pause_execution', 'Stops every process of an execution until it is resumed.');
  addControl(server, parts, 'RESUME', 'resume_execution', 'Lets a paused execution go on.');
  addControl(server, parts, 'CANCEL', 'cancel_execution', 'Ends every process of an execution.');
}

function addTasks(server: McpServer, parts: McpParts): void {
  server.registerTool(
    'execute_task',
    {
      title: 'Execute a task',
      description:
        'Gives a task to a fresh headless Claude in the project and waits for its end. Its context is empty: say everything that it has to know.',
      inputSchema: z.strictObject({ task: word, ...choice, wait }),
      outputSchema: executionShape,
      annotations: runs,
    },
    ({ task, wait: isWaiting, ...chosen }, call) => execute(parts, taskWish(parts, task, chosen), isWaiting, call),
  );
  server.registerTool(
    'execute_list',
    {
      title: 'Execute a list of tasks',
      description:
        'Runs tasks one after another, each in a fresh Claude; results are handed on through files. A list with the same name can be resumed where it stopped.',
      inputSchema: z.strictObject({
        tasks,
        name: taskName.describe('Finds the progress again'),
        resume: z.boolean().default(false),
        keep_going: z.boolean().default(false).describe('Go on after a task that failed'),
        timeout_seconds: timeout,
        wait,
      }),
      outputSchema: executionShape,
      annotations: runs,
    },
    ({ wait: isWaiting, ...list }, call) => execute(parts, listWish(parts, list), isWaiting, call),
  );
}

function addCommands(server: McpServer, parts: McpParts): void {
  server.registerTool(
    'execute_command',
    {
      title: 'Execute a command',
      description:
        'Runs a command in the project and waits for its end. In a shell, unless ALLOWED_COMMANDS says what may be run.',
      inputSchema: z.strictObject({ command: word, timeout_seconds: timeout, wait }),
      outputSchema: executionShape,
      annotations: runs,
    },
    ({ command, timeout_seconds: seconds, wait: isWaiting }, call) => {
      const timeoutMs = seconds === undefined ? undefined : seconds * 1_000;
      return execute(parts, { kind: 'command', command, program: undefined, timeoutMs }, isWaiting, call);
    },
  );
  server.registerTool(
    'executions',
    {
      title: 'Executions',
      description: 'What was executed by these tools, newest first; with an id one of them with its output.',
      inputSchema: z.strictObject({ execution_id: executionId.optional() }),
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    ({ execution_id: id }) =>
      answering(parts, async () => {
        if (id !== undefined) return answer(parts, recordOf(known(parts, id)));
        return answer(parts, { executions: parts.executions.all.map(summaryOf) });
      }),
  );
}

function addControl(server: McpServer, parts: McpParts, type: ControlType, name: string, description: string): void {
  server.registerTool(
    name,
    {
      title: name.charAt(0).toUpperCase() + name.slice(1).replace('_', ' an '),
      description,
      inputSchema: z.strictObject({ execution_id: executionId }),
      outputSchema: { execution_id: z.string(), reached: z.int(), survivors: z.array(z.int()) },
      annotations: type === 'CANCEL' ? { ...controls, destructiveHint: true } : controls,
    },
    ({ execution_id: id }) =>
      answering(parts, async () => answer(parts, { execution_id: id, ...(await known(parts, id).control(type)) })),
  );
}

function execute(parts: McpParts, wish: ExecutionWish, isWaiting: boolean, call: ToolCall) {
  return answering(parts, async () => {
    const execution = await parts.executions.start(wish, parts.client);
    if (!isWaiting) return answer(parts, recordOf(execution));
    const cancel = (): void => {
      // It may have ended in the same moment.
      execution.control('CANCEL').catch(() => undefined);
    };
    call.signal.addEventListener('abort', cancel, { once: true });
    if (call.signal.aborted) cancel();
    try {
      await withProgress(call, parts, execution);
    } finally {
      call.signal.removeEventListener('abort', cancel);
    }
    return answer(parts, recordOf(execution), execution.end?.cause !== 'exited');
  });
}

function known({ executions }: McpParts, id: string): McpExecution {
  const found = executions.find(id);
  if (found !== undefined) return found;
  throw new MendwatchError(`There is no execution ${id}.`, {
    remedy: 'The tool `executions` lists them.',
    exitCode: ExitCode.configuration,
  });
}
