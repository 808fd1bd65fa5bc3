import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/types.ts';
import type { Task } from '../domain/task.ts';
import { codeOf, ExitCode, MendwatchError } from '../errors.ts';
import { readState } from '../state/read.ts';
import type { StateDocument } from '../state/schema.ts';
import { foreignTo } from './own-project.ts';

/**
 * The state as it stands in the file; nothing is locked or changed.
 *
 * @throws MendwatchError when there is none, it cannot be read, or it is that of another project
 */
export async function stateOnFile(config: Pick<Config, 'stateFile' | 'projectRoot'>): Promise<StateDocument> {
  const { stateFile } = config;
  const read = await readState(stateFile);
  switch (read.kind) {
    case 'state': {
      const foreign = foreignTo(config, read.document);
      if (foreign !== undefined) throw foreign;
      return read.document;
    }
    case 'missing':
      throw new MendwatchError(`There is no state file at ${stateFile}: no agent has run for this project yet.`, {
        remedy: 'Start one with `mendwatch start`, or set STATE_FILE to where the agent keeps it.',
        exitCode: ExitCode.notRunning,
      });
    case 'damaged':
      throw new MendwatchError(`The state file ${stateFile} is damaged: ${read.reason}.`, {
        remedy: 'The agent sets it aside at its next start and goes on with the last good copy.',
      });
  }
}

/** Oldest first. */
export function allTasks({ queues }: Pick<StateDocument, 'queues'>): readonly Task[] {
  return Object.values(queues)
    .flat()
    .sort((a, b) => a.created_at.localeCompare(b.created_at));
}

const maxCandidates = 10;

/** The one task whose id this is or begins with it; the `task_` may be left out. */
export function findOne(state: Pick<StateDocument, 'queues'>, id: string): Task {
  const matches = tasksLike(state, id);
  const [task] = matches;
  // An empty variable of a shell is no beginning of an id, even where there is but one.
  if (task !== undefined && matches.length === 1 && beginningOf(id) !== '') return task;
  if (task !== undefined) throw ambiguous(id, matches);
  throw new MendwatchError(`There is no task ${id === '' ? 'without an id' : id}.`, {
    remedy: '`mendwatch tasks` lists them.',
    exitCode: ExitCode.configuration,
  });
}

/** Oldest first. The whole id fits one task alone. */
export function tasksLike(state: Pick<StateDocument, 'queues'>, id: string): readonly Task[] {
  return allTasks(state).filter((task) => task.id.startsWith(`task_${beginningOf(id)}`));
}

function beginningOf(id: string): string {
  return id.toLowerCase().replace(/^task_/, '');
}

export function ambiguous(id: string, matches: readonly Task[]): MendwatchError {
  const more = matches.length - maxCandidates;
  const lines = matches
    .slice(-maxCandidates)
    .map((task) => `  ${task.id}  ${task.outcome ?? task.status}  ${task.file_path}`);
  return new MendwatchError(
    [
      `${id === '' ? 'An empty id' : id} fits ${matches.length === 1 ? 'any task' : `${matches.length} tasks`}:`,
      ...(more > 0 ? [`  ${more} older, and`] : []),
      ...lines,
    ].join('\n'),
    { remedy: 'Say more of the id.', exitCode: ExitCode.configuration },
  );
}

/** How many tasks are in each queue. */
export function queueSizes({ queues }: StateDocument): Record<string, number> {
  return Object.fromEntries(Object.entries(queues).map(([name, tasks]) => [name, tasks.length]));
}

/** Of the latest attempt that made one. Undefined where there is none, or none any more. */
export async function latestPatch({ runsFolder }: Pick<Config, 'runsFolder'>, { attempts }: Task) {
  const patch = attempts.findLast((attempt) => attempt.patch !== null)?.patch;
  if (patch === undefined || patch === null) return undefined;
  try {
    return (await readFile(join(runsFolder, patch), 'utf8')).trimEnd();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
