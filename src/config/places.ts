import { createHash } from 'node:crypto';
import { accessSync, constants, lstatSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, extname, isAbsolute, join, relative, sep } from 'node:path';
import type { SettingName } from './settings.ts';
import { absolutePath, homeFolder, type Sources } from './sources.ts';
import type { LoadOptions, SettingText } from './types.ts';

/** Where everything is. Undefined where a setting is wrong: it has then been told to `complain`. */
export interface Places {
  readonly projectRoot: string | undefined;
  readonly watchPaths: readonly string[];
  readonly stateFile: string;
  readonly lockFile: string;
  readonly logFile: string;
  readonly cacheFolder: string;
  readonly claudeCommand: string | undefined;
}

/** Tells one problem; `expected` says what was expected and, where it is not plain, what to do. */
export type Complain = (name: SettingName, expected: string) => void;

/** Resolves and checks all paths. Only looks: nothing is created. */
export function findPlaces(
  options: LoadOptions,
  sources: Sources,
  watchEntries: readonly string[],
  complain: Complain,
): Places {
  const home = homeFolder(options.env);
  const given = (name: SettingName): string | undefined => {
    const text = sources.texts.get(name);
    return text && absolutePath(text, home);
  };
  const projectRoot = findProjectRoot(given('PROJECT_ROOT') ?? sources.ownProject ?? options.fallbackProject, complain);
  const project = projectFolderName(projectRoot ?? 'unknown');

  const xdgState = baseFolder(options.env.XDG_STATE_HOME, join(home, '.local', 'state'));
  const automation = join(options.packageRoot, 'automation');
  const own = join(xdgState, 'mendwatch', project);
  const stateFile = given('STATE_FILE') ?? join(sources.installed ? own : join(automation, 'state'), 'app_state.json');
  const logFile =
    given('LOG_FILE') ?? join(sources.installed ? dirname(stateFile) : join(automation, 'logs'), 'automation.log');
  const lockFile = withLockExtension(stateFile);

  checkFile('STATE_FILE', stateFile, complain);
  if (dirname(stateFile) === projectRoot) {
    complain('STATE_FILE', 'a file in a folder of its own, since its copies and the runs are kept beside it');
  }
  if (extname(stateFile) === '.lock') complain('STATE_FILE', 'a name that does not end in .lock');
  if ((given('LOCK_FILE') ?? lockFile) !== lockFile) {
    complain('LOCK_FILE', `STATE_FILE with .lock, which is ${lockFile}; leave it out to get just that`);
  }
  checkFile('LOG_FILE', logFile, complain);
  if (logFile === stateFile || logFile === lockFile) complain('LOG_FILE', 'another file than the state and its lock');

  const xdgCache = baseFolder(options.env.XDG_CACHE_HOME, join(home, '.cache'));
  const cache = given('CACHE_DIR') ?? join(xdgCache, 'mendwatch');
  checkCache(cache, projectRoot, complain);

  return {
    projectRoot,
    watchPaths: projectRoot === undefined ? [] : findWatchPaths(watchEntries, projectRoot, complain),
    stateFile,
    lockFile,
    logFile,
    cacheFolder: join(cache, project),
    claudeCommand: findClaudeCommand(sources.texts.get('CLAUDE_COMMAND'), home, complain),
  };
}

/** `<name>-<8 hex>`: two projects of the same name stay apart. */
export function projectFolderName(projectRoot: string): string {
  const name = basename(projectRoot).replace(/[^A-Za-z0-9._-]/g, '_') || 'project';
  return `${name}-${createHash('sha256').update(projectRoot).digest('hex').slice(0, 8)}`;
}

/** `app_state.json` → `app_state.lock`. */
function withLockExtension(stateFile: string): string {
  return join(dirname(stateFile), `${basename(stateFile, extname(stateFile))}.lock`);
}

function findProjectRoot(path: string | undefined, complain: Complain): string | undefined {
  if (path === undefined) {
    complain('PROJECT_ROOT', 'the folder of the project to watch');
    return undefined;
  }
  const found = look(path);
  if (found === undefined) complain('PROJECT_ROOT', `a folder that exists; ${path} does not`);
  else if (!found.isDirectory()) complain('PROJECT_ROOT', `a folder; ${path} is a file`);
  else if (dirname(realpathSync(path)) === realpathSync(path)) {
    complain('PROJECT_ROOT', "a project's own folder, not the root of the disk");
  } else if (!mayEnter(path)) complain('PROJECT_ROOT', 'a folder that this user may read');
  else return realpathSync(path);
  return undefined;
}

function findWatchPaths(entries: readonly string[], projectRoot: string, complain: Complain): string[] {
  const found: string[] = [];
  for (const entry of entries) {
    const path = isAbsolute(entry) ? entry : join(projectRoot, entry);
    if (look(path) === undefined && /[*?{}[\]]/.test(entry)) {
      complain('WATCH_PATHS', `names of files and folders; ${entry} is a pattern`);
    } else if (look(path) === undefined) {
      complain('WATCH_PATHS', `files and folders that exist in PROJECT_ROOT; ${path} does not`);
    } else if (!isInside(realpathSync(path), projectRoot)) {
      complain('WATCH_PATHS', `files and folders inside PROJECT_ROOT; ${path} is outside`);
    } else {
      found.push(relative(projectRoot, realpathSync(path)).split(sep).join('/') || '.');
    }
  }
  if (entries.length === 0) complain('WATCH_PATHS', 'at least one path; leave it out to watch the whole project');
  return [...new Set(found)];
}

/** A bare name is looked up on PATH later; a path must be there and be something that can be run. */
function findClaudeCommand(text: SettingText | undefined, home: string, complain: Complain): string | undefined {
  if (text === undefined || !/[\\/]/.test(text.text)) return text?.text;
  const path = absolutePath(text, home);
  const found = look(path);
  if (found === undefined) complain('CLAUDE_COMMAND', `a command that exists; ${path} does not`);
  else if (!found.isFile() || !isExecutable(path)) complain('CLAUDE_COMMAND', `a file that can be run; ${path} cannot`);
  return path;
}

function checkFile(name: SettingName, path: string, complain: Complain): void {
  if (look(path)?.isDirectory()) complain(name, `a path for a file; ${path} is a folder`);
  // Who opens one waits for the other end. `/dev/stdout`, a link, has one.
  else if (isPipe(path)) complain(name, `a path for a file; ${path} is a pipe`);
  else checkAbove(name, dirname(path), complain);
}

function checkCache(cache: string, projectRoot: string | undefined, complain: Complain): void {
  if (look(cache)?.isFile()) complain('CACHE_DIR', `a path for a folder; ${cache} is a file`);
  else checkAbove('CACHE_DIR', cache, complain);
  if (projectRoot === undefined) return;
  if (isInside(realOrSame(cache), projectRoot)) {
    complain('CACHE_DIR', `a folder outside PROJECT_ROOT; ${cache} is inside ${projectRoot}`);
  }
}

/** What does not exist yet is created later, which works only where everything above it is a folder. */
function checkAbove(name: SettingName, folder: string, complain: Complain): void {
  const existing = nearestExisting(folder);
  if (look(existing)?.isDirectory() === false) complain(name, `a place below folders; ${existing} is a file`);
}

function nearestExisting(path: string): string {
  let existing = path;
  while (look(existing) === undefined && existing !== dirname(existing)) existing = dirname(existing);
  return existing;
}

/** The real path as far as it exists, with the rest behind it. */
export function realOrSame(path: string): string {
  const existing = nearestExisting(path);
  return join(realpathSync(existing), relative(existing, path));
}

export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** The XDG rule: a relative path in such a variable is to be ignored. */
function baseFolder(variable: string | undefined, fallback: string): string {
  return variable !== undefined && isAbsolute(variable) ? variable : fallback;
}

/** What is there, links followed; undefined where nothing is or nothing can be seen. */
function look(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function isPipe(path: string): boolean {
  try {
    return lstatSync(path).isFIFO();
  } catch {
    return false;
  }
}

function mayEnter(folder: string): boolean {
  return may(folder, constants.R_OK | constants.X_OK);
}

function isExecutable(file: string): boolean {
  return may(file, constants.X_OK);
}

function may(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
