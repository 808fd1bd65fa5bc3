import { expect, test } from 'vitest';
import { secretValues } from '../../src/config/secrets.ts';

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
