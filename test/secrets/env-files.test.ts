import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { envFileSecrets, envSecrets } from '../../src/secrets/env-files.ts';
import { scratch } from '../rig/scratch.ts';

test('RUN-9: of the variables of a project those are secret that are named or look like it', () => {
  const secrets = {
    DB_PASSWORD: 'all in plain words',
    STRIPE_KEY: 'notrandom',
    SIGNING: 'Qm7Lx2Vt9Rb4',
    CALLBACK: 'https://hooks.example/T00/aB3dE5fG7hJ9kL1m',
    PEM: '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\n-----END PRIVATE KEY-----',
  };
  const plain = {
    NODE_ENV: 'development',
    PORT: '3000',
    HOST: 'localhost:5432',
    APP_NAME: 'my-shop-of-teapots',
    PUBLIC_URL: 'https://shop.example/en/start',
    MODEL: 'claude-sonnet-4-5-20250929',
    REGION: 'eu-central-1',
    KEY_FILE: '/etc/keys/shop.pem',
    USE_TOKEN: 'false',
    AUTH_PORT: '5432',
    SESSION_SECRET: '',
  };
  expect(envSecrets({ ...plain, ...secrets, DATABASE_URL: 'postgres://shop:s3cret!@db/shop' })).toEqual([
    ...Object.values(secrets),
    's3cret!',
  ]);
});

test('the files of the project and of its packages are read, examples and what is installed are not', async () => {
  const root = await scratch('env-files');
  const files = [
    '.env',
    '.env.local',
    'packages/a/.env.test',
    '.env.example',
    'node_modules/x/.env',
    '.git/.env',
    '.envrc',
  ];
  for (const [index, path] of files.entries()) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), `# a file\nexport THE_TOKEN="value number ${index}" # with quotes\n`);
  }
  await mkdir(join(root, 'odd/.env'), { recursive: true });
  expect(await envFileSecrets(root)).toEqual(['value number 0', 'value number 1', 'value number 2']);
  expect(await envFileSecrets(join(root, 'nowhere'))).toEqual([]);
});
