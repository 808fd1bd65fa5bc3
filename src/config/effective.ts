import { claudeOwnVariables } from './environment.ts';
import { secretValues } from './secrets.ts';
import { type SettingName, settingList } from './settings.ts';
import { absolutePath, homeFolder, readSources } from './sources.ts';
import type { Config, LoadOptions } from './types.ts';

/** One setting as it holds, for people: a secret is only said to be there. */
export interface EffectiveSetting {
  readonly name: SettingName;
  /** Null where nothing is set and there is no fixed default: then `otherwise` says what holds. */
  readonly value: string | null;
  /** `default`, `environment`, `not set`, or the path of the file. */
  readonly origin: string;
  readonly otherwise?: string;
}

/** What can be said of the settings also where they are wrong. */
export interface Effective {
  readonly settings: readonly EffectiveSetting[];
  readonly settingsFile: string;
  readonly hasSettingsFile: boolean;
  /** Names of secrets that stand in the settings file. */
  readonly secretsInFile: readonly SettingName[];
  /** Literal texts that must never leave; for the scrubber. */
  readonly secrets: readonly string[];
  /** As much of a configuration as finding Claude needs. */
  readonly claude: Pick<Config, 'packageRoot' | 'apiKey' | 'claudeVariables' | 'claudeCommand' | 'claudeModel'>;
}

const longestValue = 200;

/** Reads the same sources as `loadConfig`, and judges nothing. */
export function effectiveSettings(options: LoadOptions): Effective {
  const { texts, settingsFile, settingsFileExists, fileVariables } = readSources(options);
  const settings = settingList.map(([name, setting]): EffectiveSetting => {
    const given = texts.get(name);
    if (given === undefined) {
      if (setting.default !== undefined) return { name, value: setting.default, origin: 'default' };
      return { name, value: null, origin: 'not set', otherwise: setting.otherwise ?? '' };
    }
    const value = setting.secret ? `set (${given.text.length} characters)` : inOneLine(given.text);
    return { name, value, origin: given.source.replace(/^the /, '') };
  });
  const command = texts.get('CLAUDE_COMMAND');
  const isPath = command !== undefined && /[\\/]/.test(command.text);
  return {
    settings,
    settingsFile,
    hasSettingsFile: settingsFileExists,
    secretsInFile: settingList
      .filter(([name, setting]) => setting.secret && (fileVariables[name] ?? '').trim() !== '')
      .map(([name]) => name),
    secrets: secretValues({ ...fileVariables, ...options.env, ...options.overrides }),
    claude: {
      packageRoot: options.packageRoot,
      apiKey: texts.get('ANTHROPIC_API_KEY')?.text,
      claudeVariables: claudeOwnVariables(fileVariables),
      claudeCommand: isPath ? absolutePath(command, homeFolder(options.env)) : command?.text,
      claudeModel: texts.get('CLAUDE_MODEL')?.text,
    },
  };
}

function inOneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > longestValue ? `${line.slice(0, longestValue)}…` : line;
}
