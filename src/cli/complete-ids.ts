import { join } from 'node:path';
import { executionIds } from '../agent/known-executions.ts';
import { allTasks } from '../agent/known-tasks.ts';
import { foreignTo } from '../agent/own-project.ts';
import { loadConfig } from '../config/load.ts';
import { findPackageRoot } from '../config/package-root.ts';
import { launchEnvironment } from '../config/process-environment.ts';
import type { Task } from '../domain/task.ts';
import { ExitCode, MendwatchError } from '../errors.ts';
import { readState } from '../state/read.ts';
import type { StateDocument } from '../state/schema.ts';
import { inOneLine, printable } from './line.ts';

const mostIds = 100;

/** For completion in a shell: the ids that this command takes, newest first, each with what it is. Never an error. */
export async function runCompleteIds(command: string, word = ''): Promise<number> {
  const lines = await found(command, word).catch((error: unknown) => {
    // No settings, no state: nothing to offer. The command itself will say so.
    if (error instanceof MendwatchError) return [];
    throw error;
  });
  process.stdout.write(lines.map((line) => `${printable(line)}\n`).join(''));
  return ExitCode.done;
}

async function found(command: string, word: string): Promise<readonly string[]> {
  const cwd = process.cwd();
  const env = launchEnvironment();
  const config = loadConfig({ env, cwd, packageRoot: findPackageRoot(), fallbackProject: cwd });
  if (command === 'verify') {
    const ids = await executionIds(join(config.executor.folder, 'executions'));
    return ids.slice(0, mostIds).map((id) => asTyped(id, 'exec_', word));
  }
  const read = await readState(config.stateFile);
  if (read.kind !== 'state' || foreignTo(config, read.document) !== undefined) return [];
  const isFit = fits[command] ?? (() => true);
  return allTasks(read.document)
    .filter((task) => isFit(task, read.document))
    .reverse()
    .slice(0, mostIds)
    .map((task) => {
      const what = inOneLine(`${task.file_path}, ${task.outcome ?? task.status}`);
      return `${asTyped(task.id, 'task_', word)}\t${what}`;
    });
}

/** Who has begun to type an id without the word before it goes on so. */
function asTyped(id: string, prefix: string, word: string): string {
  const isWhole = prefix.startsWith(word) || word.startsWith(prefix);
  return isWhole ? id : id.slice(prefix.length);
}

/** What a command can do nothing with is not offered. */
const fits: Readonly<Record<string, (task: Task, state: StateDocument) => boolean>> = {
  undo: ({ id }, { landings }) => landings.findLast(({ task_id }) => task_id === id)?.status === 'landed',
  apply: ({ outcome }) => outcome === 'parked',
  retry: ({ status, outcome }) => status !== 'in_progress' && outcome !== 'clean' && outcome !== 'fixed',
  cancel: ({ status }) => status === 'pending' || status === 'in_progress',
};
