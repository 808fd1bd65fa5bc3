import { extname, join } from 'node:path';
import type { GivenProgram } from '../domain/execution.ts';
import type { ExecutionWish } from './executions.ts';
import type { McpParts } from './parts.ts';

interface Choice {
  readonly timeout_seconds?: number | undefined;
  readonly tools?: readonly string[] | undefined;
  readonly model?: string | undefined;
  readonly max_cost_usd?: number | undefined;
}

interface List {
  readonly name: string;
  readonly tasks: readonly (string | (Choice & { readonly task: string }))[];
  readonly resume: boolean;
  readonly keep_going: boolean;
  readonly timeout_seconds?: number | undefined;
}

/** More than any task takes: the limit that ends it is the executor's. */
const longestSeconds = 86_400;

/**
 * A task is run by `mendwatch execute` as a command of the executor: so pause, resume and cancel reach all its
 * processes. The executor counts its time, so that its end says what any command's says that ran into its limit.
 */
export function taskWish(
  parts: McpParts,
  task: string,
  { timeout_seconds: seconds, ...choice }: Choice,
): ExecutionWish {
  const { tools, model, max_cost_usd: maxCost } = choice;
  const options = [
    ...['--timeout', String(longestSeconds)],
    ...(tools === undefined ? [] : ['--tools', tools.join(',')]),
    ...(model === undefined ? [] : [`--model=${model}`]),
    ...(maxCost === undefined ? [] : ['--max-cost', String(maxCost)]),
  ];
  const timeoutMs = seconds === undefined ? parts.config.claudeTimeoutMs : seconds * 1_000;
  return wishOf(parts, 'task', [...options, '--', task], timeoutMs);
}

/** The list becomes a file of this name, by which its progress is found again. */
export function listWish(parts: McpParts, list: List): ExecutionWish {
  const { name, tasks, resume, keep_going: keepGoing, timeout_seconds: seconds } = list;
  const file = join(parts.config.executor.folder, 'mcp-lists', `${name}.json`);
  const options = [...(resume ? ['--resume'] : []), ...(keepGoing ? ['--keep-going'] : [])];
  const timeoutMs = seconds === undefined ? tasks.length * parts.config.claudeTimeoutMs : seconds * 1_000;
  const input = { file, text: `${JSON.stringify(tasks, null, 2)}\n` };
  return { ...wishOf(parts, 'list', [...options, '--list', file], timeoutMs), input };
}

function wishOf(parts: McpParts, kind: 'task' | 'list', args: readonly string[], timeoutMs: number): ExecutionWish {
  const words = ['mendwatch', 'execute', ...args];
  return { kind, command: words.join(' '), program: mendwatch(parts, ['execute', ...args]), timeoutMs };
}

function mendwatch({ config, launch }: McpParts, args: readonly string[]): GivenProgram {
  const { packageRoot, projectRoot, stateFile, logFile } = config;
  // From the sources or from what was built of them, as this file.
  const built = extname(import.meta.filename) === '.js' ? ['dist'] : [];
  const entry = join(packageRoot, ...built, 'automation', `mendwatch${extname(import.meta.filename)}`);
  return {
    command: process.execPath,
    args: [entry, ...args],
    env: { ...launch, PROJECT_ROOT: projectRoot, STATE_FILE: stateFile, LOG_FILE: logFile },
    allowedAs: 'claude',
  };
}
