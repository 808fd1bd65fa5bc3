import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { claudeEnvironment } from './environment.ts';
import type { Config } from './types.ts';

/**
 * Tells settings apart that Claude's service or our limits depend on: address, key, model, command, money, and when the
 * login was last changed. A hash, from which no key can be read.
 */
export function claudeFingerprint(launch: Readonly<Record<string, string | undefined>>, config: Config): string {
  const env = claudeEnvironment(launch, config);
  const { claudeModel, claudeCommand, maxCostPerDayUsd, onDayLimit } = config;
  const known = [
    Object.entries(env).sort(),
    claudeModel,
    claudeCommand,
    maxCostPerDayUsd,
    onDayLimit,
    loginChangedAt(env),
  ];
  return createHash('sha256').update(JSON.stringify(known)).digest('hex').slice(0, 16);
}

/** Where the login is kept in a keychain there is no such file, and a command has to open the gate. */
function loginChangedAt({ CLAUDE_CONFIG_DIR, HOME = '' }: Readonly<Record<string, string>>): number | undefined {
  const file = join(CLAUDE_CONFIG_DIR ?? join(HOME, '.claude'), '.credentials.json');
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}
