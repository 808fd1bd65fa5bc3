import { dirname } from 'node:path';
import type { ContractRow } from '../../claude/contract/replay.ts';
import { type Effective, type EffectiveSetting, effectiveSettings } from '../../config/effective.ts';
import { commandEnvironment } from '../../config/environment.ts';
import { loadConfig } from '../../config/load.ts';
import type { SettingName } from '../../config/settings.ts';
import type { Config, LoadOptions } from '../../config/types.ts';
import { ConfigurationError } from '../../errors.ts';
import { createScrubber } from '../../secrets/scrubber.ts';
import { mapStrings } from '../../secrets/strings.ts';
import { type Survey, surveyProject } from '../../workspace/survey.ts';
import { channelChecks } from './channels.ts';
import { type Check, type Examined, examine } from './check.ts';
import { claudeCheck, contractCheck, loginCheck, serviceCheck, wallsCheck } from './claude.ts';
import { commitsCheck } from './commits.ts';
import { foldersCheck, privacyCheck } from './folders.ts';
import { type Given, ServiceTimes, type Surroundings } from './given.ts';
import { clockCheck, diskCheck, gitCheck, nodeCheck, watchesCheck } from './machine.ts';
import { baselineCheck, hooksCheck, ignoredCheck, projectCheck, readOnlyCheck, runnerCheck } from './project.ts';
import { agentCheck, stateCheck } from './running.ts';
import { spaceCheck } from './space.ts';
import { count } from './words.ts';

export type { ContractRow } from '../../claude/contract/replay.ts';
export type { Examined } from './check.ts';

export interface DoctorOptions extends LoadOptions {
  /** One small call of Claude, which costs a little. */
  readonly live: boolean;
  readonly fix: boolean;
  readonly signal: AbortSignal;
}

export interface Report {
  readonly checks: readonly Examined[];
  readonly configuration: readonly EffectiveSetting[];
  /** Row by row, in the order in which they ended. */
  readonly contract?: readonly ContractRow[];
}

/** Looks at everything that the agent will need. Changes nothing, unless told to mend; never rejects for what is wrong. */
export async function examineAll(options: DoctorOptions): Promise<Report> {
  const effective = effectiveSettings(options);
  const { signal, live, fix } = options;
  const surroundings: Surroundings = { launch: options.env, effective, times: new ServiceTimes() };
  const { config, finding } = readConfiguration(options);
  const isUsed = config?.autoFixEnabled ?? true;
  const ofClaude = [
    claudeCheck(surroundings, isUsed),
    ...(isUsed ? [loginCheck(surroundings, live), serviceCheck(surroundings)] : []),
  ];
  const ofProject =
    config === undefined ? [] : projectChecks({ ...surroundings, config, survey: once(config, options) });
  // The clock comes last: by then every service that can tell the time is being asked.
  const checks = [nodeCheck(), gitCheck(surroundings), ...ofClaude, ...ofProject, clockCheck(surroundings)];
  const examined = await examine(checks, { fix, signal });
  return withoutSecrets(effective, {
    checks: [finding, ...examined],
    configuration: effective.settings.map((setting) => resolved(setting, config)),
  });
}

/** Plays what is relied on against the installed Claude Code; needs neither a project nor a login. */
export async function examineContract(
  options: LoadOptions & { readonly signal: AbortSignal; readonly onRow: (row: ContractRow) => void },
): Promise<Report> {
  const effective = effectiveSettings(options);
  const surroundings = { launch: options.env, effective, times: new ServiceTimes() };
  const rows: ContractRow[] = [];
  const check = contractCheck(surroundings, (row) => {
    rows.push(row);
    options.onRow(row);
  });
  const checks = await examine([check], { fix: false, signal: options.signal });
  return withoutSecrets(effective, { checks, configuration: [], contract: rows });
}

function projectChecks(given: Given): readonly Check[] {
  return [
    projectCheck(given),
    ignoredCheck(given),
    runnerCheck(given),
    baselineCheck(given),
    wallsCheck(given),
    readOnlyCheck(given),
    foldersCheck(given),
    stateCheck(given),
    agentCheck(given),
    privacyCheck(given),
    commitsCheck(given),
    diskCheck(given),
    spaceCheck(given),
    watchesCheck(given),
    hooksCheck(given),
    ...channelChecks(given),
  ];
}

function readConfiguration(options: LoadOptions): { readonly config: Config | undefined; readonly finding: Examined } {
  const name = 'configuration';
  try {
    const config = loadConfig(options);
    return { config, finding: { name, state: 'ok', detail: 'every setting has a value that works' } };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const { problems, remedy } = error;
    const lines = problems.map(
      (problem) =>
        `${problem.name}${problem.value === undefined ? ' is not set' : `=${problem.value}`}: expected ${problem.expected}`,
    );
    const detail = `${count(problems.length, 'problem')}; what depends on it was not looked at`;
    return {
      config: undefined,
      finding: { name, state: 'failed', detail, lines, ...(remedy === undefined ? {} : { remedy }) },
    };
  }
}

function once(config: Config, { env, signal }: DoctorOptions): () => Promise<Survey> {
  let survey: Promise<Survey> | undefined;
  const { projectRoot: root, cacheFolder, stateFile, logFile, settingsFile } = config;
  return () => {
    survey ??= surveyProject({
      root,
      cacheFolder,
      env: commandEnvironment(env, config),
      agentFolders: [dirname(stateFile), logFile, `${logFile}.1`, settingsFile],
      signal,
    });
    return survey;
  };
}

/** Where a path depends on other settings, the one that holds. */
function resolved(setting: EffectiveSetting, config: Config | undefined): EffectiveSetting {
  const paths: Partial<Record<SettingName, string>> =
    config === undefined
      ? {}
      : {
          PROJECT_ROOT: config.projectRoot,
          STATE_FILE: config.stateFile,
          LOCK_FILE: config.lockFile,
          LOG_FILE: config.logFile,
          CACHE_DIR: dirname(config.cacheFolder),
        };
  const path = paths[setting.name];
  if (path === undefined) return setting;
  return { name: setting.name, value: path, origin: setting.origin === 'not set' ? 'default' : setting.origin };
}

function withoutSecrets({ secrets }: Effective, report: Report): Report {
  return mapStrings(report, createScrubber(secrets).scrub);
}
