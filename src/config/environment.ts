import { delimiter, dirname, join, resolve, sep } from 'node:path';
import { settingNames } from './settings.ts';
import type { Config } from './types.ts';

type Variables = Readonly<Record<string, string | undefined>>;

const fallbackPath = ['/usr/local/bin', '/usr/bin', '/bin'].join(delimiter);

/** Ours by name, and what the package manager, a git hook and the shell left behind for another folder. */
const neverForCommands = [
  /^npm_/i,
  /^(?:INIT_CWD|PWD|OLDPWD|_)$/,
  /^VITEST/,
  /^MENDWATCH_/,
  /^ANTHROPIC_/,
  /^CLAUDE/,
  // What systemd listens to belongs to the agent: a test could say in its name that all is well, or that it ends.
  /^(?:NOTIFY_SOCKET|WATCHDOG_(?:PID|USEC)|LISTEN_(?:PID|FDS|FDNAMES))$/,
  // Inside a git hook these name the person's repository, and tests in a lane would write there.
  /^GIT_(?:DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|COMMON_DIR|NAMESPACE|PREFIX)$/,
];

/** Vitest sets these in its workers; they come along only when the agent itself is started by a test. */
const setByVitest = ['TEST', 'DEV', 'PROD', 'SSR', 'MODE', 'BASE_URL', 'JEST_WORKER_ID'];

/**
 * The environment of the project's own commands: as at launch, without npm's variables, our tools on PATH, our
 * settings and keys. The project's own tools come first.
 */
export function commandEnvironment(
  launch: Variables,
  places: { readonly projectRoot: string; readonly packageRoot: string },
): Record<string, string> {
  const ours = new Set<string>([...settingNames, ...leftBehind(launch)]);
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(launch)) {
    if (value === undefined || ours.has(name) || neverForCommands.some((pattern) => pattern.test(name))) continue;
    kept[name] = value;
  }
  const own = join(places.projectRoot, 'node_modules', '.bin');
  const others = cleanPath(launch, places.packageRoot).filter((entry) => entry !== own);
  return { ...kept, PATH: [own, ...others].join(delimiter) };
}

/** What Claude needs of the machine: a list of what is allowed, since a model with a Read tool can see all of it. */
const machineVariables = [/^(?:HOME|USER|LOGNAME|SHELL|TERM|TZ|LANG|LANGUAGE|TMPDIR|TMP|TEMP)$/, /^LC_/, /^XDG_/];

const claudeVariables = [
  /^ANTHROPIC_/,
  /^CLAUDE_CODE_/,
  /^CLAUDE_CONFIG_DIR$/,
  /^(?:DISABLE_(?:AUTOUPDATER|TELEMETRY|ERROR_REPORTING|PROMPT_CACHING\w*|COST_WARNINGS)|API_TIMEOUT_MS|MAX_THINKING_TOKENS)$/,
  /^(?:HTTPS?|NO|ALL)_PROXY$/i,
  /^(?:SSL_CERT_FILE|SSL_CERT_DIR|NODE_EXTRA_CA_CERTS)$/,
  // Bedrock, Vertex and Foundry
  /^(?:AWS|GOOGLE|GCLOUD|VERTEX|AZURE)_/,
  /^CLOUD_ML_/,
];

/** Set by a Claude that we were started from; they would tie ours to that session. */
const ofAnOuterClaude = /^CLAUDE_CODE_(?:ENTRYPOINT|EXECPATH|SESSION_ID|SSE_PORT|CHILD_SESSION)$/;

/** Those of the variables that are Claude's own: its key and address, proxies, cloud credentials. */
export function claudeOwnVariables(variables: Variables): Record<string, string> {
  return pick(
    variables,
    (name) => claudeVariables.some((pattern) => pattern.test(name)) && !ofAnOuterClaude.test(name),
  );
}

/** The environment that Claude is run with. The project's own tools are not on its PATH: they are not trusted. */
export function claudeEnvironment(
  launch: Variables,
  config: Pick<Config, 'packageRoot' | 'apiKey' | 'claudeVariables'>,
): Record<string, string> {
  return {
    CLAUDE_CODE_MAX_RETRIES: '2',
    ...pick(launch, (name) => machineVariables.some((pattern) => pattern.test(name))),
    ...config.claudeVariables,
    ...claudeOwnVariables(launch),
    ...(config.apiKey === undefined ? {} : { ANTHROPIC_API_KEY: config.apiKey }),
    PATH: cleanPath(launch, config.packageRoot).join(delimiter),
    DISABLE_AUTOUPDATER: '1',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  };
}

function pick(variables: Variables, wanted: (name: string) => boolean): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    if (value !== undefined && value !== '' && wanted(name)) picked[name] = value;
  }
  return picked;
}

/** Variables with common names that npm or vitest, and not the person, has set. */
function leftBehind(launch: Variables): string[] {
  const names: string[] = [];
  if (launch.npm_execpath !== undefined) {
    names.push('COLOR');
    if (launch.NODE === launch.npm_node_execpath) names.push('NODE');
  }
  if (launch.VITEST !== undefined) {
    names.push(...setByVitest);
    if (launch.NODE_ENV === 'test') names.push('NODE_ENV');
  }
  return names;
}

/** PATH without our tools and npm's, and without blank entries, which would mean the current folder. */
export function cleanPath(launch: Variables, packageRoot: string): string[] {
  const npmBins = new Set<string>();
  for (let folder = packageRoot; launch.npm_execpath !== undefined; folder = dirname(folder)) {
    npmBins.add(join(folder, 'node_modules', '.bin'));
    if (folder === dirname(folder)) break;
  }
  return (launch.PATH || fallbackPath).split(delimiter).filter((entry) => {
    if (entry === '') return false;
    const folder = resolve(entry);
    if (folder === packageRoot || folder.startsWith(packageRoot + sep)) return false;
    return !npmBins.has(folder) && !folder.endsWith(`${sep}node-gyp-bin`);
  });
}
