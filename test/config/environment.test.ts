import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { claudeEnvironment, commandEnvironment } from '../../src/config/environment.ts';
import { findPackageRoot } from '../../src/config/package-root.ts';
import { launchEnvironment } from '../../src/config/process-environment.ts';
import { settingNames } from '../../src/config/settings.ts';
import { scratch } from '../rig/scratch.ts';

const places = { projectRoot: '/work/shop', packageRoot: '/opt/mendwatch' };
const config = { packageRoot: '/opt/mendwatch', apiKey: undefined, claudeVariables: {} };

const launch = {
  HOME: '/home/me',
  PATH: '/opt/mendwatch/node_modules/.bin:/opt/node_modules/.bin:/node_modules/.bin:/usr/lib/node_modules/npm/node_modules/@npmcli/run-script/lib/node-gyp-bin::/home/me/bin:/usr/bin',
  LANG: 'de_DE.UTF-8',
  DATABASE_URL: 'postgres://localhost/shop',
  NODE_ENV: 'development',
  NODE: '/usr/bin/node',
  COLOR: '0',
  INIT_CWD: '/opt/mendwatch',
  PWD: '/opt/mendwatch',
  npm_execpath: '/usr/lib/node_modules/npm/bin/npm-cli.js',
  npm_node_execpath: '/usr/bin/node',
  npm_lifecycle_event: 'automation:start',
  npm_config_cache: '/home/me/.npm',
  GIT_DIR: '/home/me/other/.git',
  PROJECT_ROOT: '/work/shop',
  LOG_LEVEL: 'debug',
  ANTHROPIC_API_KEY: 'sk-ant-key',
  ANTHROPIC_BASE_URL: 'http://127.0.0.1:9',
  CLAUDE_CODE_USE_BEDROCK: '1',
  CLAUDE_CODE_SESSION_ID: 'outer',
  CLAUDECODE: '1',
  AWS_REGION: 'eu-west-1',
  https_proxy: 'http://proxy:8080',
  MENDWATCH_MARKER: 'outer',
};

test("the project's commands get the launch environment without npm's, git's, our and Claude's variables", () => {
  expect(commandEnvironment(launch, places)).toEqual({
    HOME: '/home/me',
    PATH: '/work/shop/node_modules/.bin:/home/me/bin:/usr/bin',
    LANG: 'de_DE.UTF-8',
    DATABASE_URL: 'postgres://localhost/shop',
    NODE_ENV: 'development',
    AWS_REGION: 'eu-west-1',
    https_proxy: 'http://proxy:8080',
  });
});

test('F56: Claude gets what it and the machine need, and nothing else of the launch', () => {
  expect(claudeEnvironment(launch, config)).toEqual({
    HOME: '/home/me',
    PATH: '/home/me/bin:/usr/bin',
    LANG: 'de_DE.UTF-8',
    ANTHROPIC_API_KEY: 'sk-ant-key',
    ANTHROPIC_BASE_URL: 'http://127.0.0.1:9',
    CLAUDE_CODE_USE_BEDROCK: '1',
    AWS_REGION: 'eu-west-1',
    https_proxy: 'http://proxy:8080',
    CLAUDE_CODE_MAX_RETRIES: '2',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
  });
});

test('the key and the variables of the settings file reach Claude; the environment wins, also for its retries', () => {
  const fromFile = {
    ...config,
    apiKey: 'sk-file',
    claudeVariables: { ANTHROPIC_BASE_URL: 'http://file', ANTHROPIC_X: 'y' },
  };
  const env = claudeEnvironment({ ANTHROPIC_BASE_URL: 'http://env', CLAUDE_CODE_MAX_RETRIES: '0' }, fromFile);
  expect(env).toMatchObject({
    ANTHROPIC_API_KEY: 'sk-file',
    ANTHROPIC_BASE_URL: 'http://env',
    ANTHROPIC_X: 'y',
    CLAUDE_CODE_MAX_RETRIES: '0',
  });
});

test('started from a test, what vitest has set is taken away; without it the same names are the person’s', () => {
  const own = { NODE_ENV: 'test', MODE: 'strict', TEST: '1', PATH: '/usr/bin' };
  const inVitest = { ...own, VITEST: 'true', VITEST_POOL_ID: '1', VITEST_WORKER_ID: '1' };
  expect(Object.keys(commandEnvironment(inVitest, places))).toEqual(['PATH']);
  expect(commandEnvironment(own, places)).toMatchObject({ NODE_ENV: 'test', MODE: 'strict', TEST: '1' });
});

test('installed in the project, its own .bin comes first, once', () => {
  const env = commandEnvironment(
    { PATH: '/work/shop/node_modules/.bin:/usr/bin', npm_execpath: 'x' },
    { projectRoot: '/work/shop', packageRoot: '/work/shop/node_modules/mendwatch' },
  );
  expect(env.PATH).toBe('/work/shop/node_modules/.bin:/usr/bin');
});

test('a PATH that is not set or blank becomes the usual one', () => {
  for (const env of [{}, { PATH: '' }]) {
    expect(claudeEnvironment(env, config).PATH).toBe('/usr/local/bin:/usr/bin:/bin');
  }
});

test('for any launch: no setting, no key, no tool of ours comes through, and doing it twice changes nothing', () => {
  const name = fc.oneof(
    fc.constantFrom(
      ...settingNames,
      'ANTHROPIC_X',
      'CLAUDE_CODE_X',
      'npm_x',
      'NPM_CONFIG_X',
      'VITEST_X',
      'INIT_CWD',
      'APP',
    ),
    fc.stringMatching(/^[A-Za-z_]{1,12}$/),
  );
  const entry = fc.constantFrom('/usr/bin', '', '/opt/mendwatch', '/opt/mendwatch/x/bin', '/opt/mendwatch2/bin', 'rel');
  const path = fc.array(entry).map((entries) => entries.join(':'));
  fc.assert(
    fc.property(fc.dictionary(name, fc.string()), path, (variables, PATH) => {
      const env = commandEnvironment({ ...variables, PATH }, places);
      const names = Object.keys(env);
      expect(names.filter((known) => settingNames.some((setting) => setting === known))).toEqual([]);
      expect(names.filter((known) => /^(?:ANTHROPIC_|CLAUDE|npm_|VITEST|INIT_CWD)/i.test(known))).toEqual([]);
      const entries = (env.PATH ?? '').split(':');
      expect(entries[0]).toBe('/work/shop/node_modules/.bin');
      expect(entries.filter((folder) => folder === '' || /^\/opt\/mendwatch(\/|$)/.test(folder))).toEqual([]);
      expect(commandEnvironment(env, places)).toEqual(env);
    }),
  );
});

test('under a real npm run the command environment is the one from before npm', async () => {
  const folder = await scratch('npm');
  const script = 'process.stdout.write(JSON.stringify(process.env))';
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'x', scripts: { env: `node -e "${script}"` } }));
  // The tests may themselves run under npm, from here.
  const before = commandEnvironment(launchEnvironment(), { ...places, packageRoot: findPackageRoot() });
  const { stdout } = await promisify(execFile)('npm', ['run', '-s', 'env'], { cwd: folder, env: before });
  const under = commandEnvironment(JSON.parse(stdout), { projectRoot: places.projectRoot, packageRoot: folder });
  // npm names an editor where none is set; that is harmless.
  expect({ ...under, EDITOR: undefined }).toEqual({ ...before, EDITOR: undefined });
});
