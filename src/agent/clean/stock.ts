import { readdir } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { isInside, projectFolderName, realOrSame } from '../../config/places.ts';
import type { Config } from '../../config/types.ts';
import { codeOf, messageOf } from '../../errors.ts';
import { commandSocketOf } from '../command-place.ts';
import { lastLookedOf } from '../last-looked.ts';
import { look, measure, namesIn } from './measure.ts';
import type { Need, Needs } from './needed-runs.ts';
import { spaceFileOf } from './space-record.ts';

export type Kind =
  | 'lanes'
  | 'repository'
  | 'other cache'
  | 'runs'
  | 'needed runs'
  | 'logs'
  | 'executions'
  | 'state'
  | 'token';

/** One thing of ours on the disk, which is removed as a whole or stays. */
export interface Thing {
  readonly kind: Kind;
  /** Absolute. Itself no link. */
  readonly path: string;
  readonly isFolder: boolean;
  readonly bytes: number;
  /** Of all in it; epoch ms. */
  readonly newestMs: number;
  readonly need?: Need | 'perhaps';
}

export interface Stock {
  readonly things: readonly Thing[];
  /** What lies where only ours should, and is left alone. `isFault`: nobody can say what it is. */
  readonly strange: readonly Strange[];
}

export interface Strange {
  readonly path: string;
  readonly why: string;
  readonly isFault?: true;
}

interface Form {
  readonly kind: Kind;
  readonly name: RegExp;
  readonly isFolder: boolean;
}

/** What was being removed when it was cut short is called so. */
export const goneSuffix = '.gone-';
const gone = '(\\.gone-\\d+)?';

const form = (kind: Kind, name: string, isFolder: boolean): Form => ({
  kind,
  name: new RegExp(`^(?:${name})${gone}$`),
  isFolder,
});

const taskForm = /^task_[0-9a-f]{8}$/;
const cacheForms = [
  form('lanes', 'lanes', true),
  form('repository', 'shadow\\.git(\\.new)?', true),
  form('other cache', 'index|home|reports|builds', true),
  form('other cache', 'project\\.json(\\.\\d+)?', false),
];
const runForms = [form('runs', 'task_[0-9a-f]{8}', true)];
const executorForms = [
  form('executions', 'executions|lists', true),
  form('executions', 'durations\\.json(\\.\\d+)?', false),
  form('token', 'token', false),
];

/** What there is of this project. Looks only. */
export async function takeStock(config: Config, needs: Needs, signal?: AbortSignal): Promise<Stock> {
  const { cacheFolder, runsFolder, executor, projectRoot } = config;
  const strange: Strange[] = [];
  const within = async (folder: string, forms: readonly Form[], isWhole: boolean): Promise<readonly Thing[]> => {
    const stats = await look(folder);
    if (stats === undefined) return [];
    if (!stats.isDirectory()) {
      strange.push({ path: folder, why: stats.isSymbolicLink() ? 'it is a link' : 'it is no folder' });
      return [];
    }
    const things: Thing[] = [];
    const names = await readdir(folder).catch((error: unknown) => {
      strange.push({
        path: folder,
        why: `this user may not look into it (${codeOf(error) ?? messageOf(error)})`,
        isFault: true,
      });
      return [];
    });
    for (const name of names.sort()) {
      const thing = await thingAt(join(folder, name), forms, signal);
      if (typeof thing === 'object') things.push(thing);
      else if (isWhole) strange.push({ path: join(folder, name), why: thing });
    }
    return things;
  };
  const isOwn = basename(cacheFolder) === projectFolderName(projectRoot) && !isAround(cacheFolder, config);
  if (!isOwn) strange.push({ path: cacheFolder, why: 'other things lie in it' });
  const cache = isOwn ? await within(cacheFolder, cacheForms, true) : [];
  const runs = await within(runsFolder, runForms, true);
  const executions = await within(executor.folder, executorForms, false);
  const files = await filesOf(config, signal);
  return { things: [...cache, ...runs.map((run) => needed(run, needs)), ...executions, ...files], strange };
}

/** Whether what is not to be removed with it lies in the folder. */
function isAround(folder: string, { projectRoot, stateFile, logFile, packageRoot }: Config): boolean {
  const real = realOrSame(folder);
  return [projectRoot, stateFile, logFile, packageRoot].some((path) => isInside(realOrSame(path), real));
}

/** Or why it is none of ours. */
async function thingAt(path: string, forms: readonly Form[], signal?: AbortSignal): Promise<Thing | string> {
  const found = forms.find(({ name }) => name.test(basename(path)));
  if (found === undefined) return 'Mendwatch makes nothing of this name';
  const stats = await look(path);
  if (stats === undefined) return 'it may not be looked at';
  if (stats.isSymbolicLink()) return 'it is a link';
  if (stats.isDirectory() !== found.isFolder) return found.isFolder ? 'it is no folder' : 'it is no file';
  return { kind: found.kind, path, isFolder: found.isFolder, ...(await measure(path, signal)) };
}

function needed(run: Thing, needs: Needs): Thing {
  const id = basename(run.path);
  if (!taskForm.test(id)) return run;
  const need = needs === 'all' ? 'perhaps' : needs.get(id);
  return need === undefined ? run : { ...run, kind: 'needed runs', need };
}

/** Single files, each by its full name; what else lies beside them is not ours. */
async function filesOf(config: Config, signal?: AbortSignal): Promise<readonly Thing[]> {
  const { stateFile, baselineFile, logFile, executor, lockFile } = config;
  const logs = [logFile, executor.logFile].flatMap((file) => [file, `${file}.1`]);
  const folder = dirname(stateFile);
  const own = [
    ...[stateFile, lockFile, commandSocketOf(stateFile), baselineFile],
    ...[lastLookedOf(config), spaceFileOf(config)],
    ...(await namesIn(folder))
      .filter((name) => [stateFile, baselineFile, spaceFileOf(config)].some((file) => isCopy(name, file)))
      .map(inside(folder)),
  ];
  const things: Thing[] = [];
  const add = async (kind: Kind, path: string): Promise<void> => {
    const stats = await look(path);
    // The lock is a folder while it is held.
    if (stats === undefined || stats.isSymbolicLink() || (stats.isDirectory() && path !== lockFile)) return;
    things.push({ kind, path, isFolder: stats.isDirectory(), ...(await measure(path, signal)) });
  };
  for (const path of new Set(logs)) await add('logs', path);
  for (const path of new Set(own)) await add('state', path);
  return things;
}

const inside = (folder: string) => (name: string) => `${folder}${sep}${name}`;

/** The last good copy, what was set aside, and what a writer that was killed has left. */
function isCopy(name: string, file: string): boolean {
  const stem = `${basename(file)}.`;
  return name.startsWith(stem) && /^(bak|bak-new|\d+|(damaged|kept|v\d+)-\d{4}-.+)$/.test(name.slice(stem.length));
}
