import { accessSync, constants, readdirSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { type HookPoint, hookPoints } from '../domain/hooks.ts';
import { codeOf, messageOf } from '../errors.ts';

export interface FoundHook {
  readonly name: string;
  readonly point: HookPoint;
  readonly file: string;
  /** Why it must not be run. */
  readonly problem: string | undefined;
}

/** Left out without a word: what editors and git leave behind, and pages to read. */
const notHooks = /^\.|~$|\.(?:md|txt|bak|orig|swp)$/i;
const mostHooks = 50;
const worldWritable = 0o002;

/** The programs in `<folder>/<point>.d`, in the order in which they are run: by name. */
export function findHooks(folder: string): readonly FoundHook[] {
  return hookPoints.flatMap((point) => {
    const place = join(folder, `${point}.d`);
    const names = namesIn(place);
    const shared = names.length === 0 ? undefined : (fitness(folder, 'folder') ?? fitness(place, 'folder'));
    return names.map((name) => {
      const file = join(place, name);
      return { name: `${point}.d/${name}`, point, file, problem: shared ?? hookProblem(file) };
    });
  });
}

/** Why this file must not be run now, or undefined. */
export function hookProblem(file: string): string | undefined {
  return fitness(file, 'file');
}

function namesIn(folder: string): readonly string[] {
  try {
    const names = readdirSync(folder).filter((name) => !notHooks.test(name));
    return names.sort().slice(0, mostHooks);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) return [];
    throw error;
  }
}

/** Links are followed: what counts is who may change what is run in the end. */
function fitness(path: string, kind: 'file' | 'folder'): string | undefined {
  let found: Stats;
  try {
    found = statSync(path);
  } catch (error) {
    return `${path} cannot be read: ${messageOf(error)}`;
  }
  if (kind === 'file' ? !found.isFile() : !found.isDirectory()) return `${path} is not a ${kind}`;
  const owner = process.getuid?.();
  if (owner !== undefined && found.uid !== owner && found.uid !== 0) return `${path} belongs to another user`;
  if ((found.mode & worldWritable) !== 0 && process.platform !== 'win32') {
    return `${path} can be changed by everybody: chmod o-w`;
  }
  if (kind === 'file' && !isExecutable(path)) return `${path} cannot be run: chmod +x`;
  return undefined;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
