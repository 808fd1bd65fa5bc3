import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { expect, test } from 'vitest';
import { settingList, settingNames } from '../../src/config/settings.ts';
import { withBackOffTable } from './back-off-docs.ts';
import { renderEnvExample, withSettingsTable } from './settings-docs.ts';

const repository = resolve(import.meta.dirname, '../..');
const read = (file: string): Promise<string> => readFile(resolve(repository, file), 'utf8');

test('.env.example is what the table of settings says (npm run docs writes it)', async () => {
  expect(await read('.env.example')).toBe(renderEnvExample());
});

test('the table in the README is what the table of settings says (npm run docs writes it)', async () => {
  const readme = await read('README.md');
  expect(withSettingsTable(readme)).toBe(readme);
});

test('FIX-1: the table of waits in the README is what the formula says (npm run docs writes it)', async () => {
  const readme = await read('README.md');
  expect(withBackOffTable(readme)).toBe(readme);
});

test('.env.example with every # taken away sets every setting, and nothing else', () => {
  const all = renderEnvExample().replace(/^# (?=[A-Z_]+=)/gm, '');
  expect(Object.keys(parseEnv(all)).sort()).toEqual([...settingNames].sort());
});

test('defaults and examples pass the schemas that they document', () => {
  for (const [name, setting] of settingList) {
    expect(setting.schema.safeParse(setting.example), name).toMatchObject({ success: true });
    if (setting.default === undefined) expect(setting.otherwise, name).toBeTypeOf('string');
    else expect(setting.schema.safeParse(setting.default), name).toMatchObject({ success: true });
    expect(setting.description, name).toMatch(/^[A-Z].*\.$/);
  }
});
