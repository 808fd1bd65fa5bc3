import { dirname, join, resolve } from 'node:path';
import { claudeEnvironment } from '../config/environment.ts';
import { loadConfig } from '../config/load.ts';
import { findPackageRoot } from '../config/package-root.ts';
import { launchEnvironment } from '../config/process-environment.ts';
import type { Config } from '../config/types.ts';
import type { ListEvent, ListResult, ListTask, TaskChoice, TaskEvent, TaskResult } from '../domain/claude-task.ts';
import type { HookWarning } from '../domain/hooks.ts';
import { ExitCode, MendwatchError } from '../errors.ts';
import { ClaudeTasks } from '../executor/claude-task.ts';
import { choiceOf, runList } from '../executor/task-list.ts';
import { Transcripts } from '../executor/transcripts.ts';
import { createLogger } from '../log.ts';
import { ownerElement, reapOrphans } from '../process/owner.ts';
import { createScrubber } from '../secrets/scrubber.ts';
import { checkWalls, findClaude } from './find-claude.ts';
import { openHooks } from './open-hooks.ts';
import { taskWalls } from './walls.ts';

interface Shared extends TaskChoice {
  /** Where Claude works; by default `PROJECT_ROOT`, else the current folder. */
  readonly cwd?: string;
  readonly signal?: AbortSignal;
  /** In place of the environment of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface ExecuteOptions extends Shared {
  readonly onEvent?: (event: TaskEvent) => void;
}

export interface ExecuteListOptions extends Shared {
  readonly onEvent?: (event: ListEvent) => void;
  /** By it the progress is found again; by default the tasks themselves. */
  readonly name?: string;
  /** Go on where an earlier run of this list stopped. */
  readonly resume?: boolean;
  /** Go on after a task that was not completed. */
  readonly keepGoing?: boolean;
}

/**
 * Gives one task to a fresh headless Claude and waits for its end. Needs no server.
 *
 * @throws MendwatchError when it cannot even begin: a wrong setting, no Claude
 */
export async function execute(task: string, options: ExecuteOptions = {}): Promise<TaskResult> {
  if (task.trim() === '') throw new MendwatchError('The task is empty.', { exitCode: ExitCode.configuration });
  const onEvent = options.onEvent ?? (() => undefined);
  return withTasks(options, [options], async ({ tasksFor, unfit }) => {
    for (const warning of unfit) onEvent({ type: 'hook-warning', executionId: '', ...warning });
    const context = { signal: options.signal ?? never(), onEvent, readable: [], part: {} };
    return tasksFor(`task-${process.pid}`).run(task, choiceOf(options), context);
  });
}

/**
 * Gives tasks to Claude one after another, each in a fresh context; what came out is handed on as files.
 *
 * @throws MendwatchError when it cannot even begin: a wrong list, a wrong setting, no Claude
 */
export async function executeList(
  tasks: readonly (string | ListTask)[],
  options: ExecuteListOptions = {},
): Promise<ListResult> {
  const list = tasks.map((task): ListTask => (typeof task === 'string' ? { task } : task));
  const onEvent = options.onEvent ?? (() => undefined);
  return withTasks(options, [options, ...list], async ({ config, tasksFor, unfit }) => {
    for (const warning of unfit) onEvent({ type: 'hook-warning', executionId: '', taskId: '', ...warning });
    const { resume = false, keepGoing = false, signal = never() } = options;
    const name = JSON.stringify([config.projectRoot, options.name ?? list]);
    const folder = join(config.executor.folder, 'lists');
    return runList(list, { name, folder, resume, keepGoing, signal, onEvent }, (marker) =>
      tasksFor(marker, choiceOf(options)),
    );
  });
}

interface Opened {
  readonly config: Config;
  /** Every process carries the marker. */
  tasksFor(marker: string, choice?: TaskChoice): ClaudeTasks;
  /** Hooks that are not run. */
  readonly unfit: readonly HookWarning[];
}

async function withTasks<T>(
  options: Shared,
  choices: readonly TaskChoice[],
  use: (opened: Opened) => Promise<T>,
): Promise<T> {
  const launch = options.env ?? launchEnvironment();
  const config = configOf(launch, options.cwd);
  const { executor, logLevel, secrets } = config;
  for (const { tools = [] } of choices) checkTools(tools);
  const claude = await findClaude(config, launch);
  const claudeEnv = claudeEnvironment(launch, config);
  const tools = [config.claudeTools, ...choices.map((choice) => choice.tools ?? [])].flat();
  if (tools.includes('Bash')) await checkWalls(claudeEnv, 'The list of tools');
  const scrubber = createScrubber(secrets);
  const log = createLogger({ logFile: executor.logFile, logLevel }, scrubber.scrub);
  const owner = await ownerElement();
  const marked = (marker: string): string => [owner, marker].filter(Boolean).join(':');
  const hooks = openHooks(config, launch, { scrub: scrubber.scrub, marker: marked(`hooks-${process.pid}`) });
  try {
    await reapOrphans();
    return await use({
      config,
      unfit: hooks.unfit,
      tasksFor: (marker, choice = {}) =>
        new ClaudeTasks({
          command: claude.command,
          cwd: config.projectRoot,
          env: { ...claudeEnv, MENDWATCH_MARKER: marked(marker) },
          defaults: { ...defaultsOf(config), ...choice },
          walls: (readable) => taskWalls(config, launch.HOME, readable),
          ownFolders: [dirname(config.stateFile), dirname(config.logFile)],
          hooks,
          transcripts: new Transcripts(join(executor.folder, 'executions'), scrubber.clean),
          logger: log.logger,
          clean: scrubber.clean,
          scrub: scrubber.scrub,
        }),
    });
  } finally {
    log.close();
  }
}

/** The settings as they hold for tasks and what they have left behind. */
export function configOf(launch: Readonly<Record<string, string | undefined>>, cwd?: string): Config {
  const here = process.cwd();
  const overrides = cwd === undefined ? {} : { overrides: { PROJECT_ROOT: resolve(here, cwd) } };
  return loadConfig({ env: launch, cwd: here, packageRoot: findPackageRoot(), fallbackProject: here, ...overrides });
}

function defaultsOf({ claudeModel, claudeTimeoutMs, claudeTools, maxCostPerTaskUsd }: Config) {
  return {
    timeoutMs: claudeTimeoutMs,
    tools: claudeTools,
    maxCostUsd: maxCostPerTaskUsd,
    ...(claudeModel === undefined ? {} : { model: claudeModel }),
  };
}

/** Those whose use needs no question that nobody could answer. */
const knownTools = ['Read', 'Edit', 'Write', 'Grep', 'Glob', 'NotebookEdit', 'Bash'];

function checkTools(tools: readonly string[]): void {
  const unknown = tools.filter((tool) => !knownTools.includes(tool));
  if (unknown.length === 0) return;
  throw new MendwatchError(`There is no tool ${unknown.join(', ')}; expected some of ${knownTools.join(', ')}.`, {
    exitCode: ExitCode.configuration,
  });
}

function never(): AbortSignal {
  return new AbortController().signal;
}
