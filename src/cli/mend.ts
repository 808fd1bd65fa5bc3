import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openCommands } from '../agent/commands.ts';
import { findOne } from '../agent/known-tasks.ts';
import { launchEnvironment } from '../config/process-environment.ts';
import { ExitCode, MendwatchError } from '../errors.ts';
import { loadState, print, printJson } from './look.ts';

interface Options {
  readonly json?: boolean;
}

/** `undo ID`: the exact bytes from before the fix, or merged where the person has gone on. */
export function runUndo(id: string, options: Options): Promise<number> {
  return move(id, 'undo', options);
}

/** `apply ID`: a parked fix into the working tree. */
export function runApply(id: string, options: Options): Promise<number> {
  return move(id, 'apply', options);
}

async function move(id: string, direction: 'undo' | 'apply', { json }: Options): Promise<number> {
  const { config, state } = await loadState();
  const task = findOne(state, id);
  const restored = await (await openCommands(config, launchEnvironment()))[direction](task.id);
  if (json) printJson({ task: task.id, ...restored });
  if (restored.kind === 'conflict') {
    if (json) return ExitCode.failed;
    const landed = state.landings.findLast(({ task_id, status }) => task_id === task.id && status === 'landed');
    const place = direction === 'apply' ? `${task.id}/parked.patch` : (landed?.folder ?? `${task.id}/landing`);
    const isThere = (path: string): boolean => existsSync(join(config.projectRoot, path));
    const changed = restored.paths.filter(isThere);
    const gone = restored.paths.filter((path) => !isThere(path));
    const reasons = [
      ...(changed.length === 0 ? [] : [`you have changed the same lines since, in ${changed.join(', ')}`]),
      ...(gone.length === 0 ? [] : [`you have removed or renamed ${gone.join(', ')} since`]),
    ];
    throw new MendwatchError(`Nothing was changed: ${reasons.join('; ')}.`, {
      remedy: `Do it by hand; what it would have done is in ${join(config.runsFolder, place)}.`,
    });
  }
  if (json) return ExitCode.done;
  const did = direction === 'undo' ? 'Undone' : 'Applied';
  const { files, merged } = restored;
  const lines = [
    files.length === 0 ? 'Everything is already as it should be.' : `${did} in ${files.join(', ')}.`,
    ...(merged.length === 0 ? [] : [`Merged with your own changes in ${merged.join(', ')}: look at the result.`]),
    ...(direction === 'undo' ? ['Its tests are left alone until they were green again.'] : []),
  ];
  return print(lines.join('\n'));
}
