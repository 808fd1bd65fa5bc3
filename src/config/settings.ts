import type { z } from 'zod';
import { backgroundSettings } from './background-settings.ts';
import { escalationSettings } from './escalation-settings.ts';
import { executorSettings } from './executor-settings.ts';
import { daySeconds, type Setting } from './setting.ts';
import { spaceSettings } from './space-settings.ts';
import { testSettings } from './test-settings.ts';
import {
  flag,
  list,
  names,
  number,
  oneOf,
  path,
  pathList,
  patternList,
  seconds,
  secret,
  wholeNumber,
  word,
} from './values.ts';

/** Every setting that is read, in the order in which people meet them. */
export const settings = {
  ANTHROPIC_API_KEY: {
    schema: secret(),
    otherwise: "Claude's own login",
    description: 'Key for Claude.',
    example: 'sk-ant-api03-...',
    secret: true,
  },
  PROJECT_ROOT: {
    schema: path('a folder that exists'),
    otherwise: 'required in a clone; installed in a project: that project',
    description: 'The project to watch.',
    example: '/home/me/projects/shop',
  },
  WATCH_PATHS: {
    schema: list(),
    default: '.',
    description: 'Files and folders to watch, relative to PROJECT_ROOT, with commas between.',
    example: 'src,test',
  },
  STATE_FILE: {
    schema: path('a path for a file'),
    otherwise: 'automation/state/app_state.json in a clone; installed: below $XDG_STATE_HOME/mendwatch',
    description: 'Where tasks and statistics are kept; the runs are kept beside it.',
    example: 'automation/state/app_state.json',
  },
  LOCK_FILE: {
    schema: path('a path for a file'),
    otherwise: 'STATE_FILE with .lock',
    description: 'Lock for writers of the state file; it must be STATE_FILE with .lock.',
    example: 'automation/state/app_state.lock',
  },
  CLAUDE_MODEL: {
    schema: word('the name of a model, for example claude-sonnet-4-5-20250929'),
    otherwise: "Claude's own choice",
    description: 'The model that plans and fixes.',
    example: 'claude-sonnet-4-5-20250929',
  },
  MAX_RETRIES: {
    schema: wholeNumber('attempts', { min: 1, max: 20 }),
    default: '5',
    description: 'Attempts at a fix before people are told.',
    example: '3',
  },
  MAX_CRASHES: {
    schema: wholeNumber('crashes', { min: 1, max: 1_000 }),
    default: '2',
    description: 'Crashes of the agent in the same task before the task is set aside and people are told.',
    example: '3',
  },
  MAX_CONCURRENT_TASKS: {
    schema: wholeNumber('tasks', { min: 1, max: 8 }),
    default: '1',
    description: 'Regressions that are worked on at the same time, never two of them on the same files.',
    example: '3',
  },
  AUTO_FIX_ENABLED: {
    schema: flag(),
    default: 'true',
    description: 'With false, regressions are reported and no model is called.',
    example: 'false',
  },
  FILE_WATCH_DEBOUNCE_SECONDS: {
    schema: seconds({ min: 0, max: 300 }),
    default: '2',
    description: 'Quiet time after the last change before it is looked at.',
    example: '0.5',
  },
  WATCH_POLL_SECONDS: {
    schema: seconds({ min: 1, max: 3600 }),
    default: '15',
    description: 'How often the files are compared while some folders cannot be watched.',
    example: '60',
  },
  CLAUDE_COMMAND: {
    schema: path('a command or the path of one'),
    otherwise: '`claude` on PATH if new enough, else the packaged one',
    description: 'The Claude Code command.',
    example: '/usr/local/bin/claude',
  },
  CLAUDE_TOOLS: {
    schema: names(
      ['Read', 'Edit', 'Write', 'Grep', 'Glob', 'NotebookEdit', 'Bash'],
      ['Edit', 'Write', 'NotebookEdit', 'Bash'],
    ),
    default: 'Read,Edit,Write,Grep,Glob',
    description: 'Tools of the Claude that fixes; with Bash it gets a walled shell (Linux only).',
    example: 'Read,Edit,Write,Grep,Glob,Bash',
  },
  ...testSettings,
  FIX_SCOPE: {
    schema: oneOf(['regressions', 'failing']),
    default: 'regressions',
    description: 'What is worth a fix: regressions (was green, is red) or failing (every red test).',
    example: 'failing',
  },
  VERIFY_SCOPE: {
    schema: oneOf(['auto', 'related', 'full']),
    default: 'auto',
    description:
      'Tests that judge a fix: related, full, or auto (full where the whole suite was quick at first start).',
    example: 'full',
  },
  VERIFY_FULL_SECONDS: {
    schema: seconds({ min: 0, max: daySeconds }),
    default: '30',
    description: 'With VERIFY_SCOPE=auto: all tests judge a fix where they took no longer than this at first start.',
    example: '120',
  },
  LAND: {
    schema: oneOf(['apply', 'park']),
    default: 'apply',
    description: 'A proven fix is put into the working tree (apply) or kept as a patch (park).',
    example: 'park',
  },
  LAND_REVERTS: {
    schema: oneOf(['apply', 'park']),
    default: 'apply',
    description:
      'A proven fix that mainly takes your change back is treated like any other (apply) or kept as a patch (park).',
    example: 'park',
  },
  PROTECTED_PATHS: {
    schema: patternList('patterns relative to PROJECT_ROOT, with commas between'),
    otherwise: 'only what is always protected: tests, their settings, lockfiles, CI',
    description: 'More paths and patterns that a fix may not touch, with commas between.',
    example: 'migrations/**,src/generated/**',
  },
  LANE_LINKS: {
    schema: pathList('paths below PROJECT_ROOT and outside .git, relative to it, with commas between'),
    otherwise: 'none',
    description: 'Ignored files and folders that the tests need, with commas between.',
    example: 'dist,.env.test',
  },
  PROJECT_READ_ONLY: {
    schema: oneOf(['auto', 'off']),
    default: 'auto',
    description:
      'Test runs cannot write into the project itself, with its installed packages, where the system can do that (auto).',
    example: 'off',
  },
  CACHE_DIR: {
    schema: path('a path for a folder'),
    otherwise: '$XDG_CACHE_HOME/mendwatch, else ~/.cache/mendwatch',
    description: 'Where private copies of the project are kept; outside the project.',
    example: '/var/tmp/mendwatch',
  },
  ...spaceSettings,
  MAX_COST_PER_TASK_USD: {
    schema: number('dollars', { min: 0.01, max: 1000 }),
    default: '1',
    description: 'The most that one task may cost, in US dollars.',
    example: '0.50',
  },
  ...escalationSettings,
  MAX_COST_PER_DAY_USD: {
    schema: number('dollars', { min: 0.01, max: 100_000 }),
    default: '10',
    description: 'The most that one day may cost, in US dollars; it ends at local midnight.',
    example: '2.50',
  },
  ON_DAY_LIMIT: {
    schema: oneOf(['wait', 'report']),
    default: 'wait',
    description: 'When a day has cost that much: tasks wait for the next one (wait) or end with a report (report).',
    example: 'report',
  },
  CIRCUIT_BREAKER_THRESHOLD: {
    schema: wholeNumber('failures', { min: 1, max: 20 }),
    default: '3',
    description: 'Failed tasks of one file after which its breaker opens: reported at once, no model is asked.',
    example: '5',
  },
  CIRCUIT_BREAKER_WINDOW: {
    schema: seconds({ min: 1, max: 30 * daySeconds }),
    default: '3600',
    description: 'In so many seconds those failures must come, and for so long the breaker stays open.',
    example: '7200',
  },
  CLAUDE_TIMEOUT_SECONDS: {
    schema: seconds({ min: 1, max: daySeconds }),
    default: '900',
    description: 'The longest that one question to Claude may take.',
    example: '1800',
  },
  CLAUDE_IDLE_SECONDS: {
    schema: seconds({ min: 1, max: daySeconds }),
    default: '600',
    description: 'How long a Claude that waits for questions is kept.',
    example: '120',
  },
  RETRY_DELAY_SECONDS: {
    schema: seconds({ min: 0, max: 3600 }),
    default: '5',
    description: 'Wait before the second attempt; it grows with each further one.',
    example: '30',
  },
  HEARTBEAT_SECONDS: {
    schema: seconds({ min: 0.05, max: 3600 }),
    default: '30',
    description: 'How often a sign of life is written to the state file.',
    example: '10',
  },
  HEALTH_CHECK_SECONDS: {
    schema: seconds({ min: 0.05, max: daySeconds }),
    default: '300',
    description: 'How often state, watcher, test runner and Claude are checked.',
    example: '60',
  },
  SHUTDOWN_GRACE_SECONDS: {
    schema: seconds({ min: 0, max: 3600 }),
    default: '30',
    description: 'Time for the current task to finish when told to stop.',
    example: '5',
  },
  ...backgroundSettings,
  ...executorSettings,
  NOTIFY: {
    schema: oneOf(['off', 'bell', 'desktop']),
    default: 'off',
    description: 'A sign when a fix has landed or was parked, or a task has failed: bell (of the terminal) or desktop.',
    example: 'desktop',
  },
  LOG_LEVEL: {
    schema: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    default: 'info',
    description: 'How much is logged: fatal, error, warn, info, debug, trace, silent.',
    example: 'debug',
  },
  LOG_FILE: {
    schema: path('a path for a file'),
    otherwise: 'automation/logs/automation.log in a clone; installed: beside the state file',
    description: 'Where the log is written, one JSON object a line.',
    example: '/var/log/mendwatch.log',
  },
} satisfies Record<string, Setting<unknown>>;

export type SettingName = keyof typeof settings;

export const settingNames = Object.keys(settings) as SettingName[];

/** The settings by their general shape, for whoever goes through all of them. */
export const settingList: ReadonlyArray<readonly [SettingName, Setting<unknown>]> = settingNames.map((name) => [
  name,
  settings[name],
]);

type WithDefault = {
  [Name in SettingName]: (typeof settings)[Name] extends { default: string } ? Name : never;
}[SettingName];

/** What the parser hands out: a value where there is a default, perhaps none where there is not. */
export type SettingValues = { readonly [Name in WithDefault]: z.output<(typeof settings)[Name]['schema']> } & {
  readonly [Name in Exclude<SettingName, WithDefault>]?: z.output<(typeof settings)[Name]['schema']>;
};
