import { dirname, join } from 'node:path';
import { isLoopback } from './loopback.ts';
import type { Complain, Places } from './places.ts';
import type { SettingValues } from './settings.ts';
import type { ExecutorConfig } from './types.ts';

const shortestToken = 16;

/** What only together is wrong: an executor that runs anything for anybody. */
export function checkExecutor(values: Partial<SettingValues>, complain: Complain): void {
  const { EXECUTOR_HOST: host, EXECUTOR_AUTH: auth, ALLOWED_COMMANDS: allowed = [], EXECUTOR_TOKEN: token } = values;
  const isBeyond = host !== undefined && !isLoopback(host);
  if (isBeyond && auth === 'none') complain('EXECUTOR_AUTH', `token, since EXECUTOR_HOST is beyond this machine`);
  if (allowed.length === 0 && auth === 'none') {
    complain('ALLOWED_COMMANDS', 'the programs that may be run, since EXECUTOR_AUTH=none lets everybody here run them');
  } else if (allowed.length === 0 && isBeyond) {
    complain('ALLOWED_COMMANDS', 'the programs that may be run, since EXECUTOR_HOST is beyond this machine');
  }
  if (token !== undefined && token.length < shortestToken) {
    complain('EXECUTOR_TOKEN', `at least ${shortestToken} characters`);
  }
}

export function executorConfig(values: SettingValues, places: Places): ExecutorConfig {
  return {
    host: values.EXECUTOR_HOST,
    port: values.EXECUTOR_PORT,
    token: values.EXECUTOR_TOKEN,
    auth: values.EXECUTOR_AUTH,
    origins: values.EXECUTOR_ORIGINS ?? [],
    compression: values.EXECUTOR_COMPRESSION,
    allowedCommands: values.ALLOWED_COMMANDS ?? [],
    maxSessions: values.MAX_SESSIONS,
    sessionTimeoutMs: values.SESSION_TIMEOUT,
    streamTimeoutMs: values.STREAM_TIMEOUT,
    maxOutputBytes: values.MAX_OUTPUT_BYTES,
    folder: join(dirname(places.stateFile), 'executor'),
    logFile: join(dirname(places.logFile), 'executor.log'),
  };
}
