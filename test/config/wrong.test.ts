import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import type { SettingName } from '../../src/config/settings.ts';
import { machine, refusal } from './rig.ts';

/** `<folder>` stands for the scratch folder, which holds `home/`, `clone/`, `work/shop/src/` and `file`. */
const wrong: ReadonlyArray<readonly [name: SettingName, value: string, expected: string]> = [
  ['PROJECT_ROOT', '<folder>/nowhere', 'a folder that exists; <folder>/nowhere does not'],
  ['PROJECT_ROOT', '<folder>/file', 'a folder; <folder>/file is a file'],
  ['PROJECT_ROOT', '/', "a project's own folder"],
  ['WATCH_PATHS', 'src,lib', 'exist in PROJECT_ROOT; <folder>/work/shop/lib does not'],
  ['WATCH_PATHS', '../../home', 'inside PROJECT_ROOT; <folder>/home is outside'],
  ['WATCH_PATHS', 'src,services/*', 'names of files and folders; services/* is a pattern'],
  ['WATCH_PATHS', ',', 'at least one path'],
  ['STATE_FILE', '<folder>/home', 'a path for a file; <folder>/home is a folder'],
  ['STATE_FILE', '<folder>/file/state.json', 'a place below folders; <folder>/file is a file'],
  ['STATE_FILE', '<folder>/state.lock', 'a name that does not end in .lock'],
  [
    'LOCK_FILE',
    '<folder>/other.lock',
    'STATE_FILE with .lock, which is <folder>/clone/automation/state/app_state.lock',
  ],
  ['LOG_FILE', '<folder>/home', 'a path for a file'],
  ['LOG_FILE', '<folder>/clone/automation/state/app_state.json', 'another file than the state'],
  ['CACHE_DIR', '<folder>/work/shop/.cache', 'outside PROJECT_ROOT'],
  ['CACHE_DIR', '<folder>/file', 'a path for a folder'],
  ['CLAUDE_COMMAND', '<folder>/bin/claude', 'a command that exists'],
  ['CLAUDE_COMMAND', '<folder>/file', 'a file that can be run'],
  ['CLAUDE_TOOLS', 'Read,Edit,WebFetch', 'names out of Read, Edit, Write, Grep, Glob, NotebookEdit, Bash'],
  ['CLAUDE_TOOLS', 'Read,Grep', 'at least one of Edit, Write, NotebookEdit, Bash'],
  ['CLAUDE_MODEL', '--dangerous', 'the name of a model'],
  ['CLAUDE_MODEL', 'claude sonnet', 'the name of a model'],
  ['MAX_RETRIES', 'many', 'a whole number of attempts from 1 to 20'],
  ['MAX_RETRIES', '2.5', 'a whole number of attempts'],
  ['MAX_RETRIES', '0', 'a whole number of attempts from 1'],
  ['MAX_RETRIES', '-1', 'a whole number of attempts'],
  ['MAX_RETRIES', '1e3', 'a whole number of attempts'],
  ['EXECUTOR_PORT', 'http', 'a port from 0 to 65535'],
  ['EXECUTOR_ORIGINS', 'http://localhost:3000, localhost', 'origins of pages, as http://localhost:3000'],
  ['EXECUTOR_ORIGINS', 'http://localhost:3000/', 'origins of pages, as http://localhost:3000'],
  ['AUTO_FIX_ENABLED', 'maybe', 'true or false'],
  ['FILE_WATCH_DEBOUNCE_SECONDS', '2s', 'a number of seconds from 0 to 300'],
  ['FILE_WATCH_DEBOUNCE_SECONDS', '0x10', 'a number of seconds'],
  ['TEST_TIMEOUT_SECONDS', '86401', 'a number of seconds from 1 to 86400'],
  ['HEARTBEAT_SECONDS', '0', 'a number of seconds from 0.05'],
  ['MAX_COST_PER_TASK_USD', '$1', 'a number of dollars from 0.01 to 1000'],
  ['TEST_RUNNER', 'jest, jasmin', 'one or more of auto, vitest, jest, node-test, mocha'],
  ['TEST_REPORTS', '../*.xml', 'patterns relative to PROJECT_ROOT'],
  ['CHECKS', 'tsc, flow', 'one or more of none, auto, tsc, eslint'],
  ['CHECKS', 'none,tsc', 'none alone, or names without none'],
  ['CHECK_PATTERN', '(?<file>a', 'a regular expression with the named groups file and message'],
  ['CHECK_PATTERN', '^([^:]+):(.+)$', 'as in (?<file>[^:]+)'],
  ['CHECK_SARIF', '/tmp/log.sarif', 'patterns relative to PROJECT_ROOT, with commas between, or stdout'],
  ['FIX_SCOPE', 'all', 'one of regressions, failing'],
  ['VERIFY_SCOPE', 'some', 'one of auto, related, full'],
  ['LAND', 'moon', 'one of apply, park'],
  ['LOG_LEVEL', 'loud', 'one of fatal, error, warn, info, debug, trace, silent'],
  ['GITHUB_REPO', 'https://github.com/me/shop', 'owner/name of a repository'],
  ['GITHUB_REPO', 'me/..', 'owner/name of a repository'],
  ['GITHUB_API_URL', 'api.github.com', 'an address that begins with https://'],
  ['GITHUB_API_URL', 'http://github.test/api/v3', 'http:// only on localhost'],
  ['PROTECTED_PATHS', 'docs/**,../secrets', 'patterns relative to PROJECT_ROOT'],
  ['PROTECTED_PATHS', '/etc/**', 'patterns relative to PROJECT_ROOT'],
  ['PROJECT_READ_ONLY', 'always', 'one of auto, off'],
  ['LANE_LINKS', 'dist,~/keys', 'paths below PROJECT_ROOT'],
  ['LANE_LINKS', './.git/hooks', 'outside .git'],
  ['LANE_LINKS', 'dist/..', 'paths below PROJECT_ROOT'],
];

test.each(wrong)('%s=%s is refused: expected %s', async (name, value, expected) => {
  const { folder, load, write } = await machine();
  await write('file', 'text');
  const fill = (text: string): string => text.replaceAll('<folder>', folder);
  const { problems, exitCode } = refusal(() => load({ [name]: fill(value) }));
  expect(problems.map((problem) => problem.name)).toEqual([name]);
  expect(problems[0]?.value).toBe(fill(value));
  expect(problems[0]?.expected).toContain(fill(expected));
  expect(problems[0]?.expected).toMatch(/\(set in the environment\)$/);
  expect(exitCode).toBe(2);
});

test('all problems are told at once, each with name, value, what was expected and where it stands', async () => {
  const { write, load, clone, folder } = await machine();
  const file = await write('clone/.env', 'MAX_RETRIES=lots\nLAND=moon\nWATCH_PATHS=nope,src,../..\n');
  const error = refusal(() => load({ AUTO_FIX_ENABLED: 'perhaps', LAND: '', PROJECT_ROOT: '' }));
  expect(error.problems.map(({ name, value }) => [name, value])).toEqual([
    ['MAX_RETRIES', 'lots'],
    ['AUTO_FIX_ENABLED', 'perhaps'],
    ['LAND', 'moon'],
    ['PROJECT_ROOT', undefined],
  ]);
  expect(error.message).toContain('4 problems');
  expect(error.message).toContain(`LAND=moon: expected one of apply, park (set in ${file})`);
  expect(error.message).toContain('PROJECT_ROOT is not set: expected the folder of the project to watch');
  expect(error.remedy).toContain(`Correct this in ${file}`);
  expect(error.remedy).toContain(join(clone, '.env.example'));

  const paths = refusal(() => load({}));
  expect(paths.problems.filter(({ name }) => name === 'WATCH_PATHS')).toHaveLength(2);
  expect(paths.message).toContain(`${folder} is outside`);
});

test('without a settings file the remedy says how to make one', async () => {
  const { load, clone } = await machine();
  const { remedy } = refusal(() => load({ PROJECT_ROOT: undefined }));
  expect(remedy).toContain(
    `${join(clone, '.env')}, which does not exist yet (\`mendwatch init\` makes it; ${join(clone, '.env.example')}`,
  );
});

test('without a settings file, what is wrong in the environment is to be corrected there', async () => {
  const { load } = await machine();
  expect(refusal(() => load({ LAND: 'moon' })).remedy).toMatch(/^Correct this in the environment and start again\./);
});

test('RUN-9: a wrong secret is never printed', async () => {
  const { load } = await machine();
  for (const key of ['sk-ant-secret with-blank', 'sk-ant-secret\n', '   ']) {
    const error = refusal(() => load({ ANTHROPIC_API_KEY: key }));
    expect(error.problems).toEqual([
      {
        name: 'ANTHROPIC_API_KEY',
        value: `[hidden, ${key.length} characters]`,
        expected: 'a key without blanks, line breaks or quotes around it (set in the environment)',
      },
    ]);
    expect(error.message).not.toContain('sk-ant');
  }
});

test('a settings file that is a folder is a problem, not a crash', async () => {
  const { write, options, clone } = await machine();
  await write('clone/.env/oops', '');
  const { problems } = refusal(() => loadConfig(options()));
  expect(problems).toEqual([
    { name: join(clone, '.env'), value: 'EISDIR', expected: 'a text file in UTF-8 that this user can read' },
  ]);
});

test.each([
  [{ TEST_RUNNER: 'command' }, 'TEST_COMMAND', 'the command to run, since TEST_RUNNER is command'],
  [{ TEST_RUNNER: 'junit', TEST_COMMAND: 'make' }, 'TEST_REPORTS', 'since TEST_RUNNER is junit'],
  [{ TEST_RUNNER: 'vitest', TEST_COMMAND: 'make' }, 'TEST_RUNNER', 'junit or command, since TEST_COMMAND is set'],
  [{ TEST_REPORTS: 'out/*.xml' }, 'TEST_COMMAND', 'the command that writes what TEST_REPORTS names'],
  [{ CHECKS: 'tsc,command' }, 'CHECK_COMMAND', 'the command to run, since CHECKS names command'],
  [{ CHECK_PATTERN: '(?<file>a)(?<message>b)' }, 'CHECK_COMMAND', 'the command whose problems CHECK_PATTERN finds'],
  [{ CHECK_SARIF: 'stdout' }, 'CHECK_COMMAND', 'the command that writes what CHECK_SARIF names'],
  [{ CHECK_COMMAND: 'make lint', CHECK_SARIF: 'stdout' }, 'CHECKS', 'command among the names'],
  [{ CHECKS: 'command', CHECK_COMMAND: 'make lint' }, 'CHECK_PATTERN', 'or set CHECK_SARIF'],
])('%j: %s is refused', async (env, name, expected) => {
  const { load } = await machine();
  const { problems } = refusal(() => load(env));
  expect(problems).toMatchObject([{ name, expected: expect.stringContaining(expected) }]);
});
