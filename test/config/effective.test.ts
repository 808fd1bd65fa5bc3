import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { effectiveSettings } from '../../src/config/effective.ts';
import { settingNames } from '../../src/config/settings.ts';
import { scratch } from '../rig/scratch.ts';

async function effective(env: Readonly<Record<string, string>>, file: string) {
  const cwd = await scratch('effective');
  const packageRoot = join(cwd, 'node_modules', 'mendwatch');
  await mkdir(packageRoot, { recursive: true });
  const settingsFile = join(cwd, '.env.mendwatch');
  await writeFile(join(cwd, 'package.json'), '{}');
  await writeFile(settingsFile, file);
  const found = effectiveSettings({ env: { HOME: cwd, ...env }, cwd, packageRoot });
  return { found, settingsFile, of: (wanted: string) => found.settings.find(({ name }) => name === wanted) };
}

test('of every setting what holds and where it comes from, also where it is wrong', async () => {
  const { found, settingsFile, of } = await effective(
    { MAX_RETRIES: 'many', GITHUB_REPO: 'me/other' },
    'GITHUB_REPO=me/shop\nLAND=park\n',
  );
  expect(found.settings.map(({ name }) => name)).toEqual(settingNames);
  expect(of('MAX_RETRIES')).toEqual({ name: 'MAX_RETRIES', value: 'many', origin: 'environment' });
  expect(of('GITHUB_REPO')).toEqual({ name: 'GITHUB_REPO', value: 'me/other', origin: 'environment' });
  expect(of('LAND')).toEqual({ name: 'LAND', value: 'park', origin: settingsFile });
  expect(of('FIX_SCOPE')).toEqual({ name: 'FIX_SCOPE', value: 'regressions', origin: 'default' });
  expect(of('GITHUB_TOKEN')).toMatchObject({ value: null, origin: 'not set', otherwise: 'no issues are opened' });
});

test('a secret is said to be there, and nothing of it', async () => {
  const secret = 'a-token-of-this-very-test';
  const { found, of } = await effective({ SLACK_WEBHOOK_URL: `https://x.test/${secret}` }, `GITHUB_TOKEN=${secret}\n`);
  expect(of('GITHUB_TOKEN')?.value).toBe(`set (${secret.length} characters)`);
  expect(JSON.stringify(found.settings)).not.toContain(secret);
  expect(found.secretsInFile).toEqual(['GITHUB_TOKEN']);
  expect(found.secrets).toContain(secret);
});
