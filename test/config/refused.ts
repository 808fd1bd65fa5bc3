/**
 * Wrong configurations as people write them: in the environment of the command, in the settings file of a clone, or
 * both. `<folder>` stands for the scratch folder, which holds `home/`, `clone/`, `shop/` and `file`.
 */
export interface Refused {
  readonly what: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly file?: string | Uint8Array | 'a folder';
  /** Parts of what is printed. */
  readonly said: readonly string[];
  /** What must not be printed. */
  readonly hidden?: string;
}

const manyProblems = {
  MAX_RETRIES: 'many',
  MAX_CRASHES: '-3',
  MAX_COST_PER_DAY_USD: '1e400',
  MAX_COST_PER_TASK_USD: 'NaN',
  CIRCUIT_BREAKER_WINDOW: 'Infinity',
  CIRCUIT_BREAKER_THRESHOLD: '2.5',
  MAX_SESSIONS: '99999999999999999999',
  AUTO_FIX_ENABLED: 'maybe',
  HOOKS_ENABLED: '2',
  FILE_WATCH_DEBOUNCE_SECONDS: '2s',
  TEST_TIMEOUT_SECONDS: '0',
  CLAUDE_TIMEOUT_SECONDS: '15 minutes',
  LAND: 'aply',
  FIX_SCOPE: 'everything',
  LOG_LEVEL: 'verbose',
  CLAUDE_TOOLS: 'Read,WebFetch',
  CLAUDE_MODEL: '--help',
  GITHUB_REPO: 'https://github.com/me/shop',
  SLACK_WEBHOOK_URL: 'http://hooks.slack.test/services/T000/B000/hidden-part',
  EXECUTOR_PORT: '65536',
};

export const refused: readonly Refused[] = [
  {
    what: 'twenty wrong values are told at once',
    env: manyProblems,
    said: [
      'The configuration has 20 problems:',
      ...Object.keys(manyProblems),
      'LAND=aply: expected one of apply, park (set in the environment)',
      'MAX_RETRIES=many: expected a whole number of attempts from 1 to 20',
      'SLACK_WEBHOOK_URL=[hidden, 54 characters]: expected an address that begins with https://',
    ],
    hidden: 'hidden-part',
  },
  {
    what: 'a project that is a file',
    env: { PROJECT_ROOT: '<folder>/file' },
    said: ['a folder; <folder>/file is a file'],
  },
  { what: 'a project that is not there', env: { PROJECT_ROOT: '<folder>/shpo' }, said: ['<folder>/shpo does not'] },
  { what: 'no project', env: { PROJECT_ROOT: '' }, said: ['PROJECT_ROOT is not set: expected', 'mendwatch init'] },
  { what: 'the whole disk', env: { PROJECT_ROOT: '/' }, said: ["a project's own folder"] },
  { what: 'watching outside of the project', env: { WATCH_PATHS: '../home' }, said: ['<folder>/home is outside'] },
  { what: 'watching what is not there', env: { WATCH_PATHS: 'scr' }, said: ['<folder>/shop/scr does not'] },
  { what: 'a state file that is a folder', env: { STATE_FILE: '<folder>/home' }, said: ['<folder>/home is a folder'] },
  { what: 'a state file below a file', env: { STATE_FILE: '<folder>/file/s.json' }, said: ['a place below folders'] },
  {
    what: 'a state file in the project itself',
    env: { STATE_FILE: '<folder>/shop/s.json' },
    said: ['a folder of its own'],
  },
  { what: 'another lock file', env: { LOCK_FILE: '<folder>/my.lock' }, said: ['LOCK_FILE', 'leave it out'] },
  { what: 'a cache in the project', env: { CACHE_DIR: '<folder>/shop/.cache' }, said: ['outside PROJECT_ROOT'] },
  { what: 'a Claude that is not there', env: { CLAUDE_COMMAND: './claude' }, said: ['CLAUDE_COMMAND', 'does not'] },
  {
    what: 'a key with a line break',
    env: { ANTHROPIC_API_KEY: 'sk-ant-hidden\n' },
    said: ['without blanks'],
    hidden: 'sk-ant',
  },
  {
    what: 'a key with a blank',
    env: { GITHUB_TOKEN: 'ghp_hidden 1' },
    said: ['[hidden, 12 characters]'],
    hidden: 'ghp_',
  },
  { what: 'a key in quotes', env: { GITHUB_TOKEN: '"ghp_hidden"' }, said: ['or quotes around it'], hidden: 'ghp_' },
  {
    what: 'an executor without a token beyond this machine',
    env: { EXECUTOR_AUTH: 'none', EXECUTOR_HOST: '0.0.0.0', ALLOWED_COMMANDS: 'git' },
    said: ['EXECUTOR_AUTH=none: expected token, since EXECUTOR_HOST is beyond this machine'],
  },
  {
    what: 'a task that may cost more than a day',
    env: { MAX_COST_PER_TASK_USD: '5', MAX_COST_PER_DAY_USD: '2' },
    said: ['MAX_COST_PER_TASK_USD=5: expected no more than MAX_COST_PER_DAY_USD, which is 2'],
  },
  {
    what: 'a name with a slip of the pen',
    file: 'MAX_RETRYS=3\nGITHUB_TOKN=ghp_hidden\n',
    said: ['did you mean MAX_RETRIES? (line 1 of', 'GITHUB_TOKN=[hidden, 10 characters]', 'did you mean GITHUB_TOKEN?'],
    hidden: 'ghp_',
  },
  { what: 'a setting twice', file: 'LAND=park\n\nLAND=apply\n', said: ['LAND=park and apply', 'lines 1 and 3 of'] },
  {
    what: 'a key twice',
    file: 'GITHUB_TOKEN=ghp_1\nGITHUB_TOKEN=ghp_2\n',
    said: ['GITHUB_TOKEN=[hidden, 2 values]'],
    hidden: 'ghp_',
  },
  {
    what: 'a line that sets nothing',
    file: 'LAND=park\nMAX_RETRIES: 3\n',
    said: ['.env, line 2: expected NAME=value'],
  },
  { what: 'a quote that is never closed', file: 'LOG_FILE="/tmp/a\n', said: ['.env, line 1: expected a closing "'] },
  { what: 'UTF-16', file: Buffer.from('\uFEFFLAND=park\n', 'utf16le'), said: ['a text file in UTF-8'] },
  { what: 'a settings file that is a folder', file: 'a folder', said: ['.env, EISDIR: expected a text file'] },
  {
    what: 'a wrong value between a byte order mark and the line ends of Windows',
    file: '\uFEFFLAND=moon\r\nMAX_RETRIES=3\r\n',
    said: ['The configuration has a problem:', 'LAND=moon: expected one of apply, park (set in <folder>/clone/.env)'],
  },
  {
    what: 'some in the file, some in the environment',
    file: 'LAND=moon\nHEARTBEAT_SECONDS=-1\n',
    env: { HEARTBEAT_SECONDS: '0', VERIFY_SCOPE: 'some' },
    said: ['3 problems', 'HEARTBEAT_SECONDS=0: expected', 'VERIFY_SCOPE=some', 'LAND=moon'],
  },
];
