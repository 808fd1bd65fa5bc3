import { join } from 'node:path';
import type { ClaudeSpec } from '../claude/types.ts';
import type { Config } from '../config/types.ts';
import type { Lane } from '../workspace/types.ts';
import { commandSocketOf } from './command-place.ts';

/**
 * Keys in a home that a shell has no use for. Not those of the clouds, through which Claude itself may log in. No such
 * list is complete: what the person can read elsewhere, a shell can read, too.
 */
const KEYS_AT_HOME = [
  ...['.ssh', '.gnupg', '.netrc', '.git-credentials', '.config/git/credentials', '.config/gh', '.config/hub'],
  ...['.npmrc', '.pypirc', '.docker', '.kube', '.password-store', '.local/share/keyrings'],
];

/**
 * The walls of a fixer with a shell: it sees its lane in place of the project, of which only what the lane's links lead
 * to is left, so that neither `.git` nor an ignored secret is there. Nor may it tell the agent anything.
 */
export function fixerWalls(
  {
    projectRoot,
    settingsFile,
    runsFolder,
    stateFile,
  }: Pick<Config, 'projectRoot' | 'settingsFile' | 'runsFolder' | 'stateFile'>,
  lane: Pick<Lane, 'linkedFrom'>,
  home: string | undefined,
  socket = commandSocketOf(stateFile),
): NonNullable<ClaudeSpec['walls']> {
  return {
    hidden: [projectRoot, settingsFile, runsFolder, socket, ...keysAt(home)],
    shown: lane.linkedFrom,
  };
}

/** The walls of a task with a shell in the project itself, which may read these folders beside. */
export function taskWalls(
  { settingsFile, runsFolder, stateFile, executor }: Config,
  home: string | undefined,
  readable: readonly string[],
): NonNullable<ClaudeSpec['walls']> {
  return {
    hidden: [settingsFile, runsFolder, executor.folder, commandSocketOf(stateFile), ...keysAt(home)],
    shown: readable,
  };
}

function keysAt(home: string | undefined): readonly string[] {
  return home === undefined ? [] : KEYS_AT_HOME.map((name) => join(home, name));
}
