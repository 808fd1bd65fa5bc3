import { delimiter, isAbsolute } from 'node:path';
import { ExitCode, MendwatchError } from '../errors.ts';
import { isSecretName } from '../secrets/names.ts';
import { claudeOwnVariables, cleanPath } from './environment.ts';
import { secretValues } from './secrets.ts';
import { type SettingName, settingNames, settings } from './settings.ts';
import { absolutePath, homeFolder, readSources } from './sources.ts';
import type { Config, LoadOptions } from './types.ts';

/** What a service has to be given of the environment that the person has now: it is started without any of it. */
export interface ServiceEnvironment {
  readonly variables: Readonly<Record<string, string>>;
  /** What is set here and will not be there, each with the reason. */
  readonly leftOut: ReadonlyArray<{ readonly name: string; readonly why: string }>;
}

const paths: readonly SettingName[] = ['STATE_FILE', 'LOCK_FILE', 'LOG_FILE', 'CACHE_DIR'];

/** Where the machine's tools are, and how they speak: tests that run here shall run there. */
const kept = [
  /^(?:LANG|LANGUAGE|TZ|SHELL|LC_\w+|XDG_(?:STATE|CACHE|CONFIG|DATA)_HOME)$/,
  /^(?:JAVA|GO|CARGO|RUSTUP|MAVEN|GRADLE_USER|ANDROID|DOTNET|PNPM|COREPACK|BUN|DENO|UV)_?(?:HOME|ROOT|PATH|INSTALL(?:_DIR)?|DIR)$/,
  /^(?:VIRTUAL_ENV|CONDA_PREFIX|(?:NVM|VOLTA|FNM|ASDF|ASDF_DATA|MISE_DATA|SDKMAN|DENO)_(?:DIR|HOME)|(?:PYENV|RBENV|NODENV)_(?:ROOT|VERSION))$/,
  /^(?:PLAYWRIGHT_BROWSERS_PATH|DOCKER_HOST|CHROME_BIN)$/,
];

/**
 * The settings of this environment, Claude's own variables and what tools need; no secrets, which belong into the
 * settings file.
 *
 * @param more names of variables to keep as well
 * @throws MendwatchError (exit code 2) when one of them is not set
 */
export function serviceEnvironment(options: LoadOptions, config: Config, more: readonly string[]): ServiceEnvironment {
  const { env, packageRoot } = options;
  const absent = more.filter((name) => (env[name] ?? '') === '');
  if (absent.length > 0) {
    throw new MendwatchError(`--env: ${absent.join(', ')}: expected names of variables that are set here.`, {
      exitCode: ExitCode.configuration,
    });
  }
  const wanted: Record<string, string> = { ...claudeOwnVariables(env) };
  for (const [name, value] of Object.entries(env)) {
    const isKept = more.includes(name) || kept.some((pattern) => pattern.test(name));
    if (isKept && value !== undefined && value !== '') wanted[name] = value;
  }
  Object.assign(wanted, settingsOf(options), { PROJECT_ROOT: config.projectRoot });
  const path = [...new Set(cleanPath(env, packageRoot).filter((entry) => isAbsolute(entry)))].join(delimiter);
  return { ...sorted({ ...wanted, PATH: path }, readSources(options).fileVariables) };
}

/** As they are set in the environment; a service is started in another folder, so that paths must be whole. */
function settingsOf(options: LoadOptions): Record<string, string> {
  const { env, cwd } = options;
  const found: Record<string, string> = {};
  for (const name of settingNames) {
    const text = env[name]?.trim() ?? '';
    if (text === '') continue;
    const isPath = paths.includes(name) || (name === 'CLAUDE_COMMAND' && text.includes('/'));
    found[name] = isPath ? absolutePath({ text, source: '', folder: cwd }, homeFolder(env)) : text;
  }
  return found;
}

function sorted(
  wanted: Readonly<Record<string, string>>,
  inFile: Readonly<Record<string, string>>,
): ServiceEnvironment {
  const variables: Record<string, string> = {};
  const leftOut: { name: string; why: string }[] = [];
  for (const [name, value] of Object.entries(wanted).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const why = unfit(name, value);
    if (why === undefined) variables[name] = value;
    else if (inFile[name] !== value) leftOut.push({ name, why });
  }
  return { variables, leftOut };
}

function unfit(name: string, value: string): string | undefined {
  if (!/^[A-Za-z_]\w*$/.test(name)) return 'its name is none that a service may have';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (/[\u0000-\u0008\u000b-\u001f\u007f\ufffd]/.test(value)) return 'it holds control characters';
  const setting = settings[name as SettingName];
  const isSecret = (setting !== undefined && 'secret' in setting) || isSecretName(name);
  return isSecret || secretValues({ [name]: value }).length > 0 ? 'it is a secret' : undefined;
}
