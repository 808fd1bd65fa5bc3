import { userInfo } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { type ConfigurationProblem, ExitCode, MendwatchError } from '../errors.ts';
import { findProject } from './find-project.ts';
import { isInstalled } from './package-root.ts';
import { type SettingName, settingNames, settings } from './settings.ts';
import { readSettingsFile } from './settings-file.ts';
import type { LoadOptions, SettingText } from './types.ts';

export interface Sources {
  readonly installed: boolean;
  readonly settingsFile: string;
  readonly settingsFileExists: boolean;
  /** Everything that stands in the settings file, known or not. */
  readonly fileVariables: Readonly<Record<string, string>>;
  /** The settings that are set, by name. An empty text means not set. */
  readonly texts: ReadonlyMap<SettingName, SettingText>;
  /** The project that an installed package belongs to, where PROJECT_ROOT does not say. */
  readonly ownProject: string | undefined;
  readonly problems: readonly ConfigurationProblem[];
}

/** Collects the texts of all settings: the command line before the environment before the settings file. */
export function readSources(options: LoadOptions): Sources {
  const { packageRoot, cwd, env, overrides = {} } = options;
  const installed = isInstalled(packageRoot);
  const ownProject = installed ? projectOf(options) : undefined;
  const settingsFile = installed ? join(ownProject ?? cwd, '.env.mendwatch') : join(packageRoot, '.env');
  const file = readSettingsFile(settingsFile);
  const texts = new Map<SettingName, SettingText>();
  for (const name of settingNames) {
    const candidates = [
      { text: overrides[name], source: 'the command line', folder: cwd },
      { text: env[name], source: 'the environment', folder: cwd },
      { text: file.variables[name], source: settingsFile, folder: dirname(settingsFile) },
    ];
    for (const { text = '', source, folder } of candidates) {
      // A secret of blanks is a mistake to be told; of anything else they mean nothing.
      const kept = 'secret' in settings[name] ? text : text.trim();
      if (kept === '') continue;
      texts.set(name, { text: kept, source, folder });
      break;
    }
  }
  return {
    installed,
    settingsFile,
    settingsFileExists: file.exists,
    fileVariables: file.variables,
    texts,
    ownProject,
    problems: file.problems,
  };
}

/**
 * The person's home folder, by the environment that was handed in; else by the system, which `homedir()` does not ask
 * where HOME is blank or relative.
 *
 * @throws MendwatchError (exit code 2) where neither knows one
 */
export function homeFolder({ HOME: home = '' }: LoadOptions['env']): string {
  if (isAbsolute(home)) return home;
  try {
    return userInfo().homedir;
  } catch {
    throw new MendwatchError(
      `HOME is ${home === '' ? 'not set' : home}: expected the absolute path of your home folder.`,
      {
        exitCode: ExitCode.configuration,
      },
    );
  }
}

/** An absolute path from a setting: `~/` is the home folder, anything relative starts where the setting stands. */
export function absolutePath({ text, folder }: SettingText, home: string): string {
  if (text === '~' || text.startsWith('~/')) return join(home, text.slice(1));
  return resolve(folder, text);
}

/** PROJECT_ROOT if it is given beside the file, else where we are. */
function projectOf({ env, cwd, overrides = {} }: LoadOptions): string | undefined {
  const home = homeFolder(env);
  const given = overrides.PROJECT_ROOT?.trim() || env.PROJECT_ROOT?.trim();
  return given ? absolutePath({ text: given, source: '', folder: cwd }, home) : findProject(cwd, home);
}
