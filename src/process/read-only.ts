import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import type { ProcessSpec } from './types.ts';

/**
 * The environment variable that names folders (`readOnlyList`), which the process and its descendants see read-only. It
 * goes with the environment through whatever runs a tool, and is taken out of it before the tool begins.
 */
export const READ_ONLY = 'MENDWATCH_READ_ONLY';

/** One folder a line; a name may hold the end of a line itself. */
export function readOnlyList(folders: readonly string[]): string {
  return folders.map((folder) => folder.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')).join('\n');
}

function foldersIn(list: string): readonly string[] {
  return list.split('\n').map((line) => line.replaceAll(/\\(.)/g, (_, sign) => (sign === 'n' ? '\n' : sign)));
}

const unshares: readonly string[] = ['/usr/bin/unshare', '/bin/unshare', '/run/current-system/sw/bin/unshare'];

/**
 * Arguments: user id, group id (empty: stay root), folders, `--`, the command. Flags that a mount has are kept: in a user
 * namespace they are locked. The process id stays that of the command, since every step takes the place of the one before.
 * The system's programs come first here: the project has some of its own on the PATH.
 */
const script = `
set -eu
path=$PATH
PATH="/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin:$PATH"
uid=$1 gid=$2
shift 2
while [ "$1" != -- ]; do
  mount --rbind "$1" "$1"
  have=
  while read -r _ _ _ _ at flags _; do
    case $at in *\\\\*) at=$(printf '%b' "$at") ;; esac
    if [ "$at" = "$1" ]; then have=$flags; fi
  done </proc/self/mountinfo
  mount -o "remount,bind,ro\${have#r?}" none "$1"
  shift
done
shift
unshare=$(command -v unshare)
PATH=$path
if [ -z "$uid" ]; then exec "$@"; fi
exec "$unshare" --user --map-user="$uid" --map-group="$gid" -- "$@"
`;

/**
 * The same process, with what its environment names read-only: namespaces of Linux (mount_namespaces(7)), for everything
 * that it starts as well. What cannot be started is left as it is, so that the system says why.
 */
export function withReadOnly(spec: ProcessSpec): ProcessSpec {
  const { [READ_ONLY]: list, ...env } = spec.env;
  if (list === undefined) return spec;
  const folders = foldersIn(list).filter(isFolder);
  const unshare = findUnshare();
  if (unshare === undefined || folders.length === 0 || !isFolder(spec.cwd) || !canStart(spec)) return { ...spec, env };
  const { getuid = () => 0, getgid = () => 0 } = process;
  const isRoot = getuid() === 0;
  const spaces = isRoot ? ['--mount'] : ['--user', '--map-root-user', '--mount'];
  const ids = isRoot ? ['', ''] : [String(getuid()), String(getgid())];
  return {
    ...spec,
    env,
    command: unshare,
    args: [...spaces, '/bin/sh', '-c', script, 'mendwatch', ...ids, ...folders, '--', spec.command, ...spec.args],
  };
}

export function findUnshare(): string | undefined {
  return unshares.find((path) => isProgram(path));
}

function canStart({ command, cwd, env }: ProcessSpec): boolean {
  if (command.includes('/')) return isProgram(isAbsolute(command) ? command : join(cwd, command));
  return (env.PATH ?? '').split(delimiter).some((folder) => isProgram(join(folder, command)));
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
