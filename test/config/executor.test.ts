import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { machine, refusal } from './rig.ts';

test.each([
  ['ALLOWED_COMMANDS', { EXECUTOR_AUTH: 'none' }],
  ['ALLOWED_COMMANDS', { EXECUTOR_HOST: '0.0.0.0' }],
  ['EXECUTOR_AUTH', { EXECUTOR_HOST: '0.0.0.0', EXECUTOR_AUTH: 'none', ALLOWED_COMMANDS: 'echo' }],
  ['EXECUTOR_TOKEN', { EXECUTOR_TOKEN: 'too-short' }],
  ['EXECUTOR_PORT', { EXECUTOR_PORT: '70000' }],
])('EXEC-6: an executor that runs anything for anybody does not start: %s, %j', async (name, settings) => {
  const { load } = await machine();
  expect(refusal(() => load(settings)).problems.map((problem) => problem.name)).toEqual([name]);
});

test('the executor has its own folder beside the state, and limits where nothing is set', async () => {
  const { load, clone } = await machine();
  expect(load().executor).toEqual({
    host: '127.0.0.1',
    port: 8003,
    token: undefined,
    auth: 'token',
    origins: [],
    compression: false,
    allowedCommands: [],
    maxSessions: 100,
    sessionTimeoutMs: 3_600_000,
    streamTimeoutMs: 600_000,
    maxOutputBytes: 4_294_967_296,
    folder: join(clone, 'automation/state/executor'),
    logFile: join(clone, 'automation/logs/executor.log'),
  });
});

test('beyond this machine it needs a token and a list', async () => {
  const { load } = await machine();
  const { executor } = load({ EXECUTOR_HOST: '0.0.0.0', ALLOWED_COMMANDS: 'claude, git' });
  expect(executor).toMatchObject({ host: '0.0.0.0', allowedCommands: ['claude', 'git'], auth: 'token' });
});

test('without PROJECT_ROOT the executor takes the folder that it was started in', async () => {
  const { options, project, home } = await machine();
  const given = { ...options(), env: { HOME: home }, fallbackProject: project };
  expect(loadConfig(given).projectRoot).toBe(project);
});
