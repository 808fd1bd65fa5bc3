import { existsSync } from 'node:fs';
import { readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import { commandEnvironment } from '../../config/environment.ts';
import { homeFolder } from '../../config/sources.ts';
import type { Config } from '../../config/types.ts';
import { codeOf, messageOf } from '../../errors.ts';
import { askRepository } from '../../workspace/ask-repository.ts';
import { removeTree } from '../../workspace/folders.ts';
import type { Service } from '../service/service.ts';
import { look, namesIn } from './measure.ts';

export interface Uninstalling {
  readonly config: Config;
  readonly launch: Readonly<Record<string, string>>;
  /** Also the settings file and the lines that keep it out of git. */
  readonly withSettings: boolean;
  readonly signal: AbortSignal;
}

/** What an installation has beside state and cache. */
export interface Beside {
  readonly service: Service | undefined;
  readonly settingsFile: string | undefined;
  /** Of the person, and left alone. */
  readonly hooks: string | undefined;
}

export interface Uninstalled {
  readonly removed: readonly string[];
  readonly failed: ReadonlyArray<{ readonly path: string; readonly why: string }>;
  /** What a person has still to do. */
  readonly advice: readonly string[];
}

export async function findBeside({ config, launch, withSettings, signal }: Uninstalling): Promise<Beside> {
  const { settingsFile, hooks } = config;
  return {
    service: await installedService(config, launch, signal),
    settingsFile: withSettings && (await look(settingsFile))?.isFile() === true ? settingsFile : undefined,
    hooks: config.installed && (await namesIn(hooks.folder)).length > 0 ? hooks.folder : undefined,
  };
}

async function installedService(
  config: Config,
  launch: Uninstalling['launch'],
  signal: AbortSignal,
): Promise<Service | undefined> {
  const { platform } = process;
  if (platform !== 'linux' && platform !== 'darwin') return undefined;
  const { openService } = await import('../service/service.ts');
  const machine = { platform, launch, uid: process.getuid?.() ?? 0, signal };
  const service = await openService({ machine, config, cwd: process.cwd(), variables: [] });
  return existsSync(service.file) ? service : undefined;
}

/** After everything else: the service, the settings, what all projects share where this was the last, and empty folders. */
export async function removeBeside({ config, launch }: Uninstalling, beside: Beside): Promise<Uninstalled> {
  const removed: string[] = [];
  const failed: Uninstalled['failed'][number][] = [];
  let advice: readonly string[] = [];
  const attempt = async (path: string, act: () => Promise<boolean>): Promise<void> => {
    try {
      if (await act()) removed.push(path);
    } catch (error) {
      failed.push({ path, why: messageOf(error) });
    }
  };
  const { service, settingsFile } = beside;
  if (service !== undefined) {
    await attempt(service.file, async () => {
      advice = await service.uninstall();
      return true;
    });
  }
  if (settingsFile !== undefined) {
    const ignoreFiles = await ignoreFilesOf(config, launch);
    await attempt(settingsFile, () => rm(settingsFile, { force: true }).then(() => true));
    for (const each of ignoreFiles) await attempt(`a line in ${each.file}`, () => removeLine(each, settingsFile));
  }
  const compiled = await compiledOfNobody(config, launch);
  if (compiled !== undefined) await attempt(compiled, () => removeTree(compiled).then(() => true));
  for (const folder of emptiedFolders(config, launch))
    await removeEmpty(folder, [config.projectRoot, homeFolder(launch)]);
  return { removed, failed, advice };
}

interface IgnoreFile {
  readonly file: string;
  /** What its rules are relative to. */
  readonly folder: string;
}

/** A clone of ours ignores its settings file by a rule of its own. */
async function ignoreFilesOf(config: Config, launch: Uninstalling['launch']): Promise<readonly IgnoreFile[]> {
  if (!config.installed) return [];
  const { projectRoot } = config;
  const repository = await askRepository(projectRoot, commandEnvironment(launch, config)).catch(() => undefined);
  const folders = new Set([projectRoot, repository?.topLevel ?? projectRoot]);
  const shared = [...folders].map((folder) => ({ file: join(folder, '.gitignore'), folder }));
  if (repository === undefined) return shared;
  return [...shared, { file: repository.excludeFile, folder: repository.topLevel }];
}

/** The line that `init` or `doctor --fix` has added. Gives whether there was one. */
async function removeLine({ file, folder }: IgnoreFile, settingsFile: string): Promise<boolean> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const ours = [basename(settingsFile), `/${relative(folder, settingsFile)}`];
  const lines = text.split(/(?<=\n)/);
  const left = lines.filter((line) => !ours.includes(line.trim()));
  if (left.length === lines.length) return false;
  await writeFile(file, left.join(''));
  return true;
}

/** What Node made of our sources is every project's; undefined where there is another one, or none was made. */
async function compiledOfNobody({ cacheFolder, stateFile }: Config, launch: Uninstalling['launch']) {
  const cache = ownFolder(launch, 'XDG_CACHE_HOME', '.cache');
  const state = ownFolder(launch, 'XDG_STATE_HOME', join('.local', 'state'));
  const others = [
    ...(await namesIn(cache)).map((name) => join(cache, name)),
    ...(await namesIn(state)).map((name) => join(state, name)),
  ].filter((path) => ![join(cache, 'compiled'), cacheFolder, dirname(stateFile)].includes(path));
  const compiled = join(cache, 'compiled');
  return others.length === 0 && (await look(compiled))?.isDirectory() === true ? compiled : undefined;
}

function ownFolder(launch: Uninstalling['launch'], variable: string, otherwise: string): string {
  const xdg = launch[variable] ?? '';
  return join(isAbsolute(xdg) ? xdg : join(homeFolder(launch), otherwise), 'mendwatch');
}

/** Innermost first. */
function emptiedFolders(
  { cacheFolder, stateFile, logFile, runsFolder, executor }: Config,
  launch: Uninstalling['launch'],
) {
  const [state, cache] = [dirname(stateFile), dirname(cacheFolder)];
  const above = dirname(state);
  return [
    ...[executor.folder, runsFolder, dirname(logFile), dirname(executor.logFile), state],
    ...(basename(above) === 'mendwatch' ? [above] : []),
    ...[cacheFolder, cache, ownFolder(launch, 'XDG_CACHE_HOME', '.cache')],
  ];
}

async function removeEmpty(folder: string, never: readonly string[]): Promise<void> {
  if (never.includes(folder)) return;
  try {
    await rmdir(folder);
  } catch (error) {
    // In use by others, or not there.
    if (codeOf(error) === undefined) throw error;
  }
}
