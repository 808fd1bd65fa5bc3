import { expect, test } from 'vitest';
import { isSecretName, isTellingName } from '../../src/secrets/names.ts';

test.each([
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_AUTH_TOKEN',
  'CLAUDE_CODE_OAUTH_TOKEN',
  'GITHUB_TOKEN',
  'AWS_SECRET_ACCESS_KEY',
  'SLACK_WEBHOOK_URL',
  'DB_PASSWORD',
  'x-api-key',
  'authorization',
  'Cookie',
  'apiKey',
  'accessToken',
  'clientSecret',
  'token',
])('%s names a secret', (name) => {
  expect(isSecretName(name)).toBe(true);
});

test.each([
  'contextTokens',
  'inputTokens',
  'tokens',
  'key',
  'TOKENIZER',
  'AWS_ACCESS_KEY_ID',
  'secretary',
  'path',
  'monkey',
])('%s does not', (name) => {
  expect(isSecretName(name)).toBe(false);
});

test.each([
  ['SHOP_SECRET_THING', true],
  ['STRIPE_KEY', true],
  ['DB_PASS', true],
  ['SENTRY_DSN', true],
  ['NODE_ENV', false],
  ['MONKEY', false],
  ['KEYBOARD_LAYOUT', false],
  ['PASSENGERS', false],
])('in a file of variables, %s tells of a secret: %s', (name, tells) => {
  expect(isTellingName(name)).toBe(tells);
});
