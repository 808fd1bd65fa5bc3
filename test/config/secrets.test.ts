import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createScrubber, isSecretName, secretValues } from '../../src/config/secrets.ts';

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

test('values: declared ones from 6 characters, guessed ones from 12, no paths, passwords in addresses', () => {
  const values = secretValues({
    ANTHROPIC_API_KEY: 'sk-123',
    SHORT_TOKEN: 'production',
    LONG_TOKEN: 'abcdefghijkl',
    GOOGLE_APPLICATION_CREDENTIALS: '/home/me/very/long/path.json',
    DATABASE_URL: 'postgres://shop:s3cr3t-pw@db/shop',
    CLAUDE_MODEL: 'claude-sonnet-4-5-20250929',
    NOT_SET: undefined,
  });
  expect(values).toEqual(['sk-123', 'abcdefghijkl', 's3cr3t-pw']);
});

test('RUN-9: for any secret, no text holds it afterwards, plain, in JSON or in an address', () => {
  const secret = fc
    .string({ minLength: 6, maxLength: 40, unit: 'grapheme' })
    .filter((text) => !'[secret]'.includes(text));
  fc.assert(
    fc.property(
      fc.uniqueArray(secret, { minLength: 1, maxLength: 4 }),
      fc.string(),
      fc.string(),
      (secrets, before, after) => {
        const scrub = createScrubber(secrets);
        for (const text of secrets) {
          const shapes = [text, JSON.stringify({ text }), encodeURIComponent(text)];
          for (const shape of shapes) {
            const result = scrub(before + shape + after);
            expect(result).not.toContain(shape === shapes[1] ? JSON.stringify(text).slice(1, -1) : shape);
            expect(result).toContain('[secret]');
          }
        }
      },
    ),
  );
});

test('the longer secret goes first, and without secrets nothing changes', () => {
  expect(createScrubber(['abcdef', 'abcdef-long'])('<abcdef-long> <abcdef>')).toBe('<[secret]> <[secret]>');
  expect(createScrubber([])('abcdef')).toBe('abcdef');
  expect(createScrubber(['short'])('short')).toBe('short');
});
