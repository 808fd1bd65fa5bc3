import type { CheckCommand, CheckName, RunnerName, TestCommand } from '../domain/runner-names.ts';
import type { SettingName } from './settings.ts';

/** What the program works with: checked, with absolute real paths and times in milliseconds. Deeply frozen. */
export interface Config {
  readonly packageRoot: string;
  /** Installed in a project or for the whole machine, rather than cloned. */
  readonly installed: boolean;
  /** The file that settings are read from, whether it exists or not. */
  readonly settingsFile: string;

  /** Real path. */
  readonly projectRoot: string;
  /** Relative to the root with `/`, as they are on disk (links followed); `.` is the whole project. */
  readonly watchPaths: readonly string[];
  readonly stateFile: string;
  readonly lockFile: string;
  /** `runs/` beside the state file: a folder for each task. */
  readonly runsFolder: string;
  readonly baselineFile: string;
  /** This project's own folder in the cache. */
  readonly cacheFolder: string;
  readonly maxCacheBytes: number;
  readonly maxRunsBytes: number;
  /** How long the run of a task that has ended is kept. */
  readonly keepRunsMs: number;
  readonly logFile: string;
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

  readonly apiKey: string | undefined;
  readonly claudeModel: string | undefined;
  /** A path, or a name to be looked up on PATH. */
  readonly claudeCommand: string | undefined;
  /** Of the Claude that fixes; the one that plans only reads. */
  readonly claudeTools: readonly string[];
  readonly claudeTimeoutMs: number;
  readonly claudeIdleMs: number;
  /** Claude's own variables that stand in the settings file. */
  readonly claudeVariables: Readonly<Record<string, string>>;

  readonly autoFixEnabled: boolean;
  readonly maxRetries: number;
  readonly maxCrashes: number;
  readonly maxConcurrentTasks: number;
  readonly retryDelayMs: number;
  readonly maxCostPerTaskUsd: number;
  readonly maxCostPerDayUsd: number;
  readonly onDayLimit: 'wait' | 'report';
  readonly breakerThreshold: number;
  readonly breakerWindowMs: number;
  readonly fixScope: 'regressions' | 'failing';
  readonly verifyScope: 'auto' | 'related' | 'full';
  readonly verifyFullMs: number;
  readonly land: 'apply' | 'park';
  readonly landReverts: 'apply' | 'park';
  /** Patterns relative to the root, beside what is always protected. */
  readonly protectedPaths: readonly string[];
  /** Relative to the root; they need not exist. */
  readonly laneLinks: readonly string[];
  /** Whether what tests see of the project itself is read-only, where the system can do that. */
  readonly projectReadOnly: 'auto' | 'off';

  readonly githubToken: string | undefined;
  /** `owner/name`; without it the project's origin says. */
  readonly githubRepo: string | undefined;
  readonly githubApiUrl: string;
  readonly slackWebhookUrl: string | undefined;
  readonly emailWebhookUrl: string | undefined;
  readonly emailWebhookSecret: string | undefined;

  /** Undefined: those that are found. */
  readonly wantedRunners: readonly RunnerName[] | undefined;
  readonly testCommand: TestCommand | undefined;
  /** Checks that count like tests; `auto` takes those that are set up in the project. */
  readonly checks: readonly (CheckName | 'auto')[];
  readonly checkCommand: CheckCommand | undefined;
  readonly testTimeoutMs: number;

  readonly debounceMs: number;
  readonly watchPollMs: number;
  readonly heartbeatMs: number;
  readonly healthCheckMs: number;
  readonly shutdownGraceMs: number;

  /** Of the project's tests: 0 to 19. */
  readonly nice: number;
  readonly pauseOnBattery: boolean;

  /** How the person is told at once that something has ended. */
  readonly notify: 'off' | 'bell' | 'desktop';

  readonly executor: ExecutorConfig;
  readonly hooks: HooksConfig;

  /** Literal texts that must never leave; for the scrubber. */
  readonly secrets: readonly string[];
}

export interface ExecutorConfig {
  readonly host: string;
  readonly port: number;
  /** Undefined: the one that is kept in `folder`. */
  readonly token: string | undefined;
  readonly auth: 'token' | 'none';
  readonly origins: readonly string[];
  readonly compression: boolean;
  readonly allowedCommands: readonly string[];
  readonly maxSessions: number;
  readonly sessionTimeoutMs: number;
  readonly streamTimeoutMs: number;
  readonly maxOutputBytes: number;
  /** Token, history and transcripts. */
  readonly folder: string;
  readonly logFile: string;
}

export interface HooksConfig {
  readonly folder: string;
  /** Why none is run. */
  readonly whyOff: string | undefined;
  /** The same where nobody has asked for it. */
  readonly untrusted?: string | undefined;
  readonly timeoutMs: number;
}

export interface LoadOptions {
  /** The environment of the launch. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly packageRoot: string;
  /** Settings given on the command line: they win over everything. */
  readonly overrides?: Readonly<Partial<Record<SettingName, string>>>;
  /** The project where PROJECT_ROOT is not set. */
  readonly fallbackProject?: string;
}

/** The text of one setting and where it came from. */
export interface SettingText {
  readonly text: string;
  /** For people: `the environment`, `the command line` or the path of the file. */
  readonly source: string;
  /** What a relative path in it is relative to. */
  readonly folder: string;
}
