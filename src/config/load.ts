import { basename, dirname, join } from 'node:path';
import { ConfigurationError, type ConfigurationProblem } from '../errors.ts';
import { claudeOwnVariables } from './environment.ts';
import { checkExecutor, executorConfig } from './executor.ts';
import { hooksConfig } from './hooks.ts';
import { type Complain, findPlaces, type Places, realOrSame } from './places.ts';
import { secretValues } from './secrets.ts';
import { daySeconds } from './setting.ts';
import { type SettingName, type SettingValues, settingList, settings } from './settings.ts';
import { readSources, type Sources } from './sources.ts';
import { checkChecks, checkCommand, checkTests, testCommand, wantedChecks, wantedRunners } from './tests.ts';
import type { Config, LoadOptions } from './types.ts';

const megabyte = 1_000_000;

/**
 * Reads and checks all settings. Nothing is created or changed.
 *
 * @throws ConfigurationError with every problem at once
 */
export function loadConfig(options: LoadOptions): Config {
  const sources = readSources(options);
  const problems: ConfigurationProblem[] = [...sources.problems];
  const complain: Complain = (name, expected) => {
    // The first sentence about a setting is enough, unless several entries of its list are wrong.
    if (name !== 'WATCH_PATHS' && problems.some((known) => known.name === name)) return;
    problems.push(describeProblem(name, expected, sources));
  };
  const values = parseValues(sources, complain);
  const places = findPlaces(options, sources, values.WATCH_PATHS ?? ['.'], complain);
  checkExecutor(values, complain);
  checkTests(values, complain);
  checkChecks(values, complain);
  checkMoney(values, sources, complain);
  if (problems.length > 0) throw new ConfigurationError(problems, remedyFor(problems, sources, options.packageRoot));
  return deepFreeze(toConfig(options, sources, values as SettingValues, places));
}

/** A wrong value is complained of and left out. */
function parseValues(sources: Sources, complain: Complain): Partial<SettingValues> {
  const values: Partial<Record<SettingName, unknown>> = {};
  for (const [name, setting] of settingList) {
    const text = sources.texts.get(name)?.text ?? setting.default;
    if (text === undefined) continue;
    const parsed = setting.schema.safeParse(text);
    if (parsed.success) values[name] = parsed.data;
    else complain(name, parsed.error.issues[0]?.message ?? 'another value');
  }
  return values as Partial<SettingValues>;
}

/** Only where both are said: a small limit of the day alone binds each task of itself. */
function checkMoney(values: Partial<SettingValues>, { texts }: Sources, complain: Complain): void {
  const { MAX_COST_PER_TASK_USD: task = 0, MAX_COST_PER_DAY_USD: day = task } = values;
  if (task <= day || !texts.has('MAX_COST_PER_TASK_USD') || !texts.has('MAX_COST_PER_DAY_USD')) return;
  complain('MAX_COST_PER_TASK_USD', `no more than MAX_COST_PER_DAY_USD, which is ${day}`);
}

function toConfig(options: LoadOptions, sources: Sources, values: SettingValues, places: Places): Config {
  const { projectRoot = '', watchPaths, stateFile, lockFile, logFile, cacheFolder, claudeCommand } = places;
  return {
    packageRoot: options.packageRoot,
    installed: sources.installed,
    settingsFile: join(realOrSame(dirname(sources.settingsFile)), basename(sources.settingsFile)),
    projectRoot,
    watchPaths,
    stateFile,
    lockFile,
    runsFolder: join(dirname(stateFile), 'runs'),
    baselineFile: join(dirname(stateFile), 'baseline.json'),
    cacheFolder,
    maxCacheBytes: values.MAX_CACHE_MB * megabyte,
    maxRunsBytes: values.MAX_RUNS_MB * megabyte,
    keepRunsMs: values.KEEP_RUNS_DAYS * daySeconds * 1_000,
    logFile,
    logLevel: values.LOG_LEVEL,
    apiKey: values.ANTHROPIC_API_KEY,
    claudeModel: values.CLAUDE_MODEL,
    claudeCommand,
    claudeTools: values.CLAUDE_TOOLS,
    claudeTimeoutMs: values.CLAUDE_TIMEOUT_SECONDS,
    claudeIdleMs: values.CLAUDE_IDLE_SECONDS,
    claudeVariables: claudeOwnVariables(sources.fileVariables),
    autoFixEnabled: values.AUTO_FIX_ENABLED,
    maxRetries: values.MAX_RETRIES,
    maxCrashes: values.MAX_CRASHES,
    maxConcurrentTasks: values.MAX_CONCURRENT_TASKS,
    retryDelayMs: values.RETRY_DELAY_SECONDS,
    maxCostPerTaskUsd: values.MAX_COST_PER_TASK_USD,
    maxCostPerDayUsd: values.MAX_COST_PER_DAY_USD,
    onDayLimit: values.ON_DAY_LIMIT,
    breakerThreshold: values.CIRCUIT_BREAKER_THRESHOLD,
    breakerWindowMs: values.CIRCUIT_BREAKER_WINDOW,
    fixScope: values.FIX_SCOPE,
    verifyScope: values.VERIFY_SCOPE,
    verifyFullMs: values.VERIFY_FULL_SECONDS,
    land: values.LAND,
    landReverts: values.LAND_REVERTS,
    protectedPaths: values.PROTECTED_PATHS ?? [],
    laneLinks: values.LANE_LINKS ?? [],
    projectReadOnly: values.PROJECT_READ_ONLY,
    githubToken: values.GITHUB_TOKEN,
    githubRepo: values.GITHUB_REPO,
    githubApiUrl: values.GITHUB_API_URL,
    slackWebhookUrl: values.SLACK_WEBHOOK_URL,
    emailWebhookUrl: values.EMAIL_WEBHOOK_URL,
    emailWebhookSecret: values.EMAIL_WEBHOOK_SECRET,
    wantedRunners: wantedRunners(values),
    testCommand: testCommand(values),
    checks: wantedChecks(values),
    checkCommand: checkCommand(values),
    testTimeoutMs: values.TEST_TIMEOUT_SECONDS,
    debounceMs: values.FILE_WATCH_DEBOUNCE_SECONDS,
    watchPollMs: values.WATCH_POLL_SECONDS,
    heartbeatMs: values.HEARTBEAT_SECONDS,
    healthCheckMs: values.HEALTH_CHECK_SECONDS,
    shutdownGraceMs: values.SHUTDOWN_GRACE_SECONDS,
    nice: values.NICE,
    pauseOnBattery: values.PAUSE_ON_BATTERY,
    notify: values.NOTIFY,
    executor: executorConfig(values, places),
    hooks: hooksConfig(values, places, sources.installed, options.packageRoot),
    secrets: secretValues({ ...sources.fileVariables, ...options.env, ...options.overrides }),
  };
}

/** Adds the value, hidden where it is a secret, and where it stands, since a variable may hide what the file says. */
function describeProblem(name: SettingName, expected: string, { texts }: Sources): ConfigurationProblem {
  const given = texts.get(name);
  if (given === undefined) return { name, value: undefined, expected };
  const value = 'secret' in settings[name] ? `[hidden, ${given.text.length} characters]` : shorten(given.text);
  return { name, value, expected: `${expected} (set in ${given.source})` };
}

function shorten(text: string): string {
  const oneLine = text.replace(/\s+/g, ' ');
  return oneLine.length > 200 ? `${oneLine.slice(0, 200)}…` : oneLine;
}

function remedyFor(
  problems: readonly ConfigurationProblem[],
  { settingsFile, settingsFileExists, texts }: Sources,
  packageRoot: string,
): string {
  const example = join(packageRoot, '.env.example');
  const sourceOf = ({ name }: ConfigurationProblem): string | undefined => texts.get(name as SettingName)?.source;
  if (!settingsFileExists && problems.every((problem) => sourceOf(problem) === 'the environment')) {
    return `Correct this in the environment and start again. ${example} explains every setting.`;
  }
  return settingsFileExists
    ? `Correct this in ${settingsFile} or in the environment and start again. ${example} explains every setting.`
    : `Set this in ${settingsFile}, which does not exist yet (\`mendwatch init\` makes it; ${example} explains every setting), or in the environment, and start again.`;
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null) deepFreeze(part);
  }
  return Object.freeze(value);
}
