import type { z } from 'zod';
import {
  address,
  flag,
  list,
  names,
  number,
  oneOf,
  path,
  pathList,
  patternList,
  repositoryName,
  seconds,
  secret,
  type ValueSchema,
  wholeNumber,
  word,
} from './values.ts';

/** One setting as people write it: the parser, `.env.example` and the table of the README are made from this. */
export interface Setting<T> {
  readonly schema: ValueSchema<T>;
  /** The text that holds where nothing is set. */
  readonly default?: string;
  /** What happens where nothing is set and there is no fixed default. */
  readonly otherwise?: string;
  /** One line. */
  readonly description: string;
  readonly example: string;
  /** Never printed, logged or handed to the project's commands. */
  readonly secret?: true;
}

const day = 86_400;

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
  TEST_RUNNER: {
    schema: oneOf(['auto', 'vitest']),
    default: 'auto',
    description: 'The test runner: auto finds out, vitest insists.',
    example: 'vitest',
  },
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
    schema: seconds({ min: 0, max: day }),
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
  CACHE_DIR: {
    schema: path('a path for a folder'),
    otherwise: '$XDG_CACHE_HOME/mendwatch, else ~/.cache/mendwatch',
    description: 'Where private copies of the project are kept; outside the project.',
    example: '/var/tmp/mendwatch',
  },
  MAX_COST_PER_TASK_USD: {
    schema: number('dollars', { min: 0.01, max: 1000 }),
    default: '1',
    description: 'The most that one task may cost, in US dollars.',
    example: '0.50',
  },
  GITHUB_TOKEN: {
    schema: secret(),
    otherwise: 'no issues are opened',
    description: 'Token that may write issues; what cannot be mended becomes an issue.',
    example: 'github_pat_...',
    secret: true,
  },
  GITHUB_REPO: {
    schema: repositoryName(),
    otherwise: "the project's origin",
    description: 'The repository that gets the issues.',
    example: 'me/shop',
  },
  GITHUB_API_URL: {
    schema: address(),
    default: 'https://api.github.com',
    description: 'The API of GitHub; of GitHub Enterprise its address with /api/v3.',
    example: 'https://github.example.com/api/v3',
  },
  SLACK_WEBHOOK_URL: {
    schema: address(),
    otherwise: 'no messages are sent',
    description: 'Incoming webhook of Slack for what cannot be mended.',
    example: 'https://hooks.slack.com/services/T000/B000/XXXX',
    secret: true,
  },
  EMAIL_WEBHOOK_URL: {
    schema: address(),
    otherwise: 'no mail is sent',
    description: 'Webhook that sends e-mail; it gets the report as JSON.',
    example: 'https://mail.example.com/hooks/mendwatch',
    secret: true,
  },
  EMAIL_WEBHOOK_SECRET: {
    schema: secret(),
    otherwise: 'calls are not signed',
    description: 'Key that signs the calls of the e-mail webhook (HMAC-SHA256).',
    example: 'a-long-random-text',
    secret: true,
  },
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
    schema: seconds({ min: 1, max: 30 * day }),
    default: '3600',
    description: 'In so many seconds those failures must come, and for so long the breaker stays open.',
    example: '7200',
  },
  TEST_TIMEOUT_SECONDS: {
    schema: seconds({ min: 1, max: day }),
    default: '600',
    description: 'The longest that one run of the tests may take.',
    example: '1800',
  },
  CLAUDE_TIMEOUT_SECONDS: {
    schema: seconds({ min: 1, max: day }),
    default: '900',
    description: 'The longest that one question to Claude may take.',
    example: '1800',
  },
  CLAUDE_IDLE_SECONDS: {
    schema: seconds({ min: 1, max: day }),
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
    schema: seconds({ min: 0.05, max: day }),
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
  EXECUTOR_HOST: {
    schema: word('a host name or an address of this machine, for example 127.0.0.1'),
    default: '127.0.0.1',
    description: 'Where the executor listens; beyond this machine it needs a token and ALLOWED_COMMANDS.',
    example: '0.0.0.0',
  },
  EXECUTOR_PORT: {
    schema: wholeNumber('a port', { min: 0, max: 65_535 }),
    default: '8003',
    description: 'The port of the executor; 0 takes a free one.',
    example: '9003',
  },
  EXECUTOR_TOKEN: {
    schema: secret(),
    otherwise: 'made at first start, in executor/token beside the state file',
    description: 'What clients of the executor have to know, at least 16 characters.',
    example: 'a-long-random-text',
    secret: true,
  },
  EXECUTOR_AUTH: {
    schema: oneOf(['token', 'none']),
    default: 'token',
    description: 'With none any program on this machine may run ALLOWED_COMMANDS without a token.',
    example: 'none',
  },
  EXECUTOR_ORIGINS: {
    schema: list(),
    otherwise: 'none: browsers are refused',
    description: 'Web pages, by origin, that may speak to the executor, with commas between.',
    example: 'http://localhost:3000',
  },
  EXECUTOR_COMPRESSION: {
    schema: flag(),
    default: 'false',
    description: 'Compresses what the executor sends: for slow networks, at a price in processor time.',
    example: 'true',
  },
  ALLOWED_COMMANDS: {
    schema: list(),
    otherwise: 'any command, in a shell, for clients on this machine that know the token',
    description: 'Programs that the executor may run, without a shell, with commas between.',
    example: 'claude,git,/usr/bin/make',
  },
  MAX_SESSIONS: {
    schema: wholeNumber('sessions', { min: 1, max: 10_000 }),
    default: '100',
    description: 'Clients of the executor at once.',
    example: '20',
  },
  SESSION_TIMEOUT: {
    schema: seconds({ min: 1, max: 7 * day }),
    default: '3600',
    description: 'Seconds after which a session of the executor ends in which nothing happens.',
    example: '600',
  },
  STREAM_TIMEOUT: {
    schema: seconds({ min: 0.1, max: 7 * day }),
    default: '600',
    description: 'Seconds that a command may run where neither the call nor its history says more.',
    example: '1800',
  },
  MAX_OUTPUT_BYTES: {
    schema: wholeNumber('bytes', { min: 1, max: Number.MAX_SAFE_INTEGER }),
    default: '4294967296',
    description: 'What a command of the executor may print before it is ended.',
    example: '1073741824',
  },
  HOOKS_ENABLED: {
    schema: flag(),
    default: 'true',
    description: 'With false, none of your own programs in automation/hooks is asked or told.',
    example: 'false',
  },
  HOOK_TIMEOUT_SECONDS: {
    schema: seconds({ min: 0.1, max: 3600 }),
    default: '10',
    description: 'The longest that one run of a hook may take.',
    example: '30',
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
