import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loginCheck } from '../../../src/agent/doctor/claude.ts';
import { ServiceTimes } from '../../../src/agent/doctor/given.ts';
import { effectiveSettings } from '../../../src/config/effective.ts';
import { scratch } from '../../rig/scratch.ts';

/** What is found with these variables and these files in `~/.claude`. */
async function look(variables: Readonly<Record<string, string>>, kept: Readonly<Record<string, unknown>> = {}) {
  const home = await scratch('home');
  await mkdir(join(home, '.claude'));
  for (const [name, content] of Object.entries(kept)) {
    await writeFile(join(home, '.claude', name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  const launch = { HOME: home, ...variables };
  const effective = effectiveSettings({ env: launch, cwd: home, packageRoot: join(home, 'node_modules', 'mendwatch') });
  return loginCheck({ launch, effective, times: new ServiceTimes() }, false).look(new AbortController().signal);
}

const hourMs = 3_600_000;
const token = (more: object) => ({ '.credentials.json': { claudeAiOauth: { accessToken: 'x', ...more } } });

test('what Claude would log in with is found without asking or paying anybody', async () => {
  const found = await Promise.all([
    look({ ANTHROPIC_API_KEY: 'sk-ant-x' }),
    look({ ANTHROPIC_AUTH_TOKEN: 'x' }),
    look({ CLAUDE_CODE_USE_BEDROCK: '1' }),
    look({}, { 'settings.json': { apiKeyHelper: '/bin/key' } }),
    look({}, { 'settings.json': { env: { CLAUDE_CODE_OAUTH_TOKEN: 'x' } } }),
    look({}, token({ expiresAt: Date.now() + hourMs })),
    look({}, token({ expiresAt: Date.now() - hourMs, refreshToken: 'x' })),
  ]);
  expect(found.map(({ state, detail }) => `${state}: ${detail.split(';')[0]}`)).toEqual([
    'ok: ANTHROPIC_API_KEY is set',
    'ok: ANTHROPIC_AUTH_TOKEN is set',
    'ok: by Amazon Bedrock',
    'ok: by the apiKeyHelper of your Claude settings',
    'ok: CLAUDE_CODE_OAUTH_TOKEN is set',
    'ok: you are logged in',
    'ok: you are logged in',
  ]);
});

test('no login, one that is over, and files that nobody can read', async () => {
  const found = await Promise.all([
    look({}),
    look({ CLAUDE_CODE_USE_BEDROCK: '0' }),
    look({}, token({ expiresAt: Date.now() - hourMs })),
    look({}, { '.credentials.json': 'not json', 'settings.json': '[' }),
  ]);
  for (const finding of found) {
    // A keychain cannot be looked into.
    const state = process.platform === 'darwin' ? 'warning' : 'failed';
    expect(finding).toMatchObject({ state, remedy: expect.stringContaining('Log in once') });
  }
});
