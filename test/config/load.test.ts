import { execFileSync } from 'node:child_process';
import { mkdir, readdir, realpath, symlink } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { projectFolderName } from '../../src/config/places.ts';
import { machine, refusal } from './rig.ts';

test('in a clone everything has its documented default', async () => {
  const { load, clone, home, project } = await machine();
  expect(load()).toEqual({
    packageRoot: clone,
    installed: false,
    settingsFile: join(clone, '.env'),
    projectRoot: project,
    watchPaths: ['.'],
    stateFile: join(clone, 'automation/state/app_state.json'),
    lockFile: join(clone, 'automation/state/app_state.lock'),
    runsFolder: join(clone, 'automation/state/runs'),
    baselineFile: join(clone, 'automation/state/baseline.json'),
    logFile: join(clone, 'automation/logs/automation.log'),
    cacheFolder: join(home, '.cache/mendwatch', projectFolderName(project)),
    maxCacheBytes: 5_000_000_000,
    maxRunsBytes: 500_000_000,
    keepRunsMs: 30 * 86_400_000,
    logLevel: 'info',
    apiKey: undefined,
    claudeModel: undefined,
    claudeCommand: undefined,
    claudeTools: ['Read', 'Edit', 'Write', 'Grep', 'Glob'],
    claudeTimeoutMs: 900_000,
    claudeIdleMs: 600_000,
    claudeVariables: {},
    autoFixEnabled: true,
    maxRetries: 5,
    retryDelayMs: 5000,
    maxCostPerTaskUsd: 1,
    maxCostPerDayUsd: 10,
    maxCrashes: 2,
    maxConcurrentTasks: 1,
    onDayLimit: 'wait',
    breakerThreshold: 3,
    breakerWindowMs: 3_600_000,
    fixScope: 'regressions',
    verifyScope: 'auto',
    verifyFullMs: 30_000,
    land: 'apply',
    landReverts: 'apply',
    protectedPaths: [],
    laneLinks: [],
    projectReadOnly: 'auto',
    githubToken: undefined,
    githubRepo: undefined,
    githubApiUrl: 'https://api.github.com',
    slackWebhookUrl: undefined,
    emailWebhookUrl: undefined,
    emailWebhookSecret: undefined,
    wantedRunners: undefined,
    testCommand: undefined,
    checks: [],
    checkCommand: undefined,
    testTimeoutMs: 600_000,
    debounceMs: 2000,
    watchPollMs: 15_000,
    heartbeatMs: 30_000,
    healthCheckMs: 300_000,
    shutdownGraceMs: 30_000,
    nice: 10,
    pauseOnBattery: false,
    notify: 'off',
    executor: expect.any(Object),
    hooks: { folder: join(clone, 'automation', 'hooks'), whyOff: undefined, timeoutMs: 10_000 },
    secrets: [],
  });
});

test('the result is frozen to the bottom', async () => {
  const config = (await machine()).load({ WATCH_PATHS: 'src' });
  expect([config, config.watchPaths, config.claudeVariables].every(Object.isFrozen)).toBe(true);
});

test('the command line wins over the environment, the environment over .env, and an empty text is not set', async () => {
  const { write, options } = await machine();
  await write('clone/.env', 'MAX_RETRIES=2\nLAND=park\nHEARTBEAT_SECONDS=7\nLOG_LEVEL=\n');
  const env = options({ MAX_RETRIES: '3', LAND: 'apply', HEARTBEAT_SECONDS: ' ', LOG_LEVEL: '' });
  const config = loadConfig({ ...env, overrides: { MAX_RETRIES: '4' } });
  expect(config).toMatchObject({ maxRetries: 4, land: 'apply', heartbeatMs: 7000, logLevel: 'info' });
});

test('relative paths in .env start at .env, those of the environment at the current folder, ~/ at home', async () => {
  const { write, options, clone, home, folder } = await machine();
  await write('clone/.env', 'STATE_FILE=automation/state/mine.json\nLOG_FILE=~/mend.log\n');
  const config = loadConfig({ ...options({ CACHE_DIR: 'cache' }), cwd: folder });
  expect(config.stateFile).toBe(join(clone, 'automation/state/mine.json'));
  expect(config.lockFile).toBe(join(clone, 'automation/state/mine.lock'));
  expect(config.logFile).toBe(join(home, 'mend.log'));
  expect(config.cacheFolder).toMatch(join(folder, 'cache/shop-'));
});

test.each(['true', 'TRUE', '1', 'yes', 'On'])('AUTO_FIX_ENABLED=%s is on', async (text) => {
  expect((await machine()).load({ AUTO_FIX_ENABLED: text }).autoFixEnabled).toBe(true);
});

test.each(['false', 'False', '0', 'no', 'OFF'])('AUTO_FIX_ENABLED=%s is off', async (text) => {
  expect((await machine()).load({ AUTO_FIX_ENABLED: text }).autoFixEnabled).toBe(false);
});

test('WATCH-2: the quiet period is set in seconds, 2 by default', async () => {
  const { load } = await machine();
  expect([load().debounceMs, load({ FILE_WATCH_DEBOUNCE_SECONDS: '0.25' }).debounceMs]).toEqual([2000, 250]);
});

test('lists are split at commas but not inside braces, and come out clean', async () => {
  const { load, project, write } = await machine();
  await write('work/shop/lib/a.ts', '');
  await symlink(join(project, 'lib'), join(project, 'linked'));
  const config = load({
    WATCH_PATHS: `src , ${project}/lib/,linked,`,
    PROTECTED_PATHS: 'db/{old,new}/**, docs/**',
    LANE_LINKS: './dist/,.env.test',
  });
  expect(config.watchPaths).toEqual(['src', 'lib']);
  expect(config.protectedPaths).toEqual(['db/{old,new}/**', 'docs/**']);
  expect(config.laneLinks).toEqual(['dist', '.env.test']);
});

test('the project root is a real path, and two projects of one name have different folders in the cache', async () => {
  const { load, folder, project } = await machine();
  await symlink(project, join(folder, 'shortcut'));
  await mkdir(join(folder, 'other/shop'), { recursive: true });
  const byLink = load({ PROJECT_ROOT: join(folder, 'shortcut') });
  const other = load({ PROJECT_ROOT: join(folder, 'other/shop') });
  expect(byLink.projectRoot).toBe(await realpath(project));
  expect(byLink.cacheFolder).toBe(load().cacheFolder);
  expect(other.cacheFolder).toMatch(/\/shop-[0-9a-f]{8}$/);
  expect(other.cacheFolder).not.toBe(byLink.cacheFolder);
});

test('installed in a project: settings in .env.mendwatch, state outside the tree, the project .env is left alone', async () => {
  const { write, project, home, folder } = await machine();
  await write('work/shop/.env', 'MAX_RETRIES=1\n');
  await write('work/shop/.env.mendwatch', 'MAX_RETRIES=2\n');
  const packageRoot = join(project, 'node_modules/mendwatch');
  const config = loadConfig({ env: { HOME: home }, cwd: join(project, 'src'), packageRoot });
  const own = join(home, '.local/state/mendwatch', projectFolderName(project));
  expect(config).toMatchObject({
    installed: true,
    projectRoot: project,
    settingsFile: join(project, '.env.mendwatch'),
    maxRetries: 2,
    stateFile: join(own, 'app_state.json'),
    logFile: join(own, 'automation.log'),
    hooks: { folder: join(own, 'hooks'), whyOff: undefined },
  });
  const xdg = loadConfig({
    env: { HOME: home, XDG_STATE_HOME: join(folder, 'st'), XDG_CACHE_HOME: 'relative/is/ignored' },
    cwd: project,
    packageRoot,
  });
  expect(xdg.stateFile).toBe(join(folder, 'st/mendwatch', projectFolderName(project), 'app_state.json'));
  expect(xdg.cacheFolder).toBe(config.cacheFolder);
});

test('installed without a settings file the nearest package is the project; without any it must be said', async () => {
  const { write, project, home, folder } = await machine();
  await write('work/shop/package.json', '{}');
  const packageRoot = join(folder, 'lib/node_modules/mendwatch');
  const inside = loadConfig({ env: { HOME: home }, cwd: join(project, 'src'), packageRoot });
  expect(inside.projectRoot).toBe(project);
  const outside = refusal(() => loadConfig({ env: { HOME: home }, cwd: home, packageRoot }));
  expect(outside.problems).toEqual([
    { name: 'PROJECT_ROOT', value: undefined, expected: 'the folder of the project to watch' },
  ]);
});

test('variables of Claude in the settings file are handed on, others are not, and secrets of both are known', async () => {
  const { write, options } = await machine();
  await write('clone/.env', 'ANTHROPIC_API_KEY=sk-from-file\nANTHROPIC_BASE_URL=http://x.test\nMY_APP=1\n');
  const config = loadConfig(
    options({ GITHUB_TOKEN: 'ghp_0123456789abcdef', HTTPS_PROXY: 'http://me:hunter2!@proxy:8080' }),
  );
  expect(config.apiKey).toBe('sk-from-file');
  expect(config.claudeVariables).toEqual({
    ANTHROPIC_API_KEY: 'sk-from-file',
    ANTHROPIC_BASE_URL: 'http://x.test',
  });
  expect([...config.secrets].sort()).toEqual(['ghp_0123456789abcdef', 'hunter2!', 'sk-from-file']);
});

test('nothing is created, neither by a good configuration nor by a wrong one', async () => {
  const { load, folder } = await machine();
  const before = await readdir(folder, { recursive: true });
  load({ STATE_FILE: join(folder, 'a/b/state.json'), LOG_FILE: join(folder, 'c/d.log'), CACHE_DIR: join(folder, 'e') });
  refusal(() => load({ LAND: 'moon', STATE_FILE: join(folder, 'a/b/state.json') }));
  expect(await readdir(folder, { recursive: true })).toEqual(before);
});

test('checks of the project, and one of the person', async () => {
  const { load } = await machine();
  expect(load({ CHECKS: 'TSC, eslint' }).checks).toEqual(['tsc', 'eslint']);
  const own = { CHECKS: 'auto', CHECK_COMMAND: 'make lint' };
  const source = '^(?<file>[^:]+): (?<message>.+)$';
  expect(load({ ...own, CHECK_PATTERN: source })).toMatchObject({
    checks: ['auto'],
    checkCommand: { line: 'make lint', problems: { kind: 'pattern', source } },
  });
  expect(load({ ...own, CHECK_SARIF: 'stdout' }).checkCommand?.problems).toEqual({ kind: 'sarif', files: [] });
  expect(load({ ...own, CHECK_SARIF: 'a.sarif,b/*.sarif' }).checkCommand?.problems).toEqual({
    kind: 'sarif',
    files: ['a.sarif', 'b/*.sarif'],
  });
});

test('a pipe in the place of the settings file, the state or the log is told, and nobody waits for its other end', async () => {
  const { load, clone, folder } = await machine();
  const pipe = join(folder, 'pipe');
  for (const made of [pipe, join(clone, '.env')]) execFileSync('mkfifo', [made]);
  const { message } = refusal(() => load({ LOG_FILE: pipe, STATE_FILE: pipe }));
  expect(message).toContain(`${join(clone, '.env')}, a pipe: expected a text file`);
  expect(message).toContain(`LOG_FILE=${pipe}: expected a path for a file; ${pipe} is a pipe`);
  expect(message).toContain(`STATE_FILE=${pipe}: expected a path for a file; ${pipe} is a pipe`);
});

test.each(['', 'relative', ' '])('with HOME=%j the system says where the home folder is', async (home) => {
  const { load } = await machine();
  vi.stubEnv('HOME', home);
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(load({ HOME: home }).cacheFolder).toContain(join(userInfo().homedir, '.cache/mendwatch/'));
});
