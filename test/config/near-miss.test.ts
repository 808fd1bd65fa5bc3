import { expect, test } from 'vitest';
import { nearMiss } from '../../src/config/near-miss.ts';
import { settingNames } from '../../src/config/settings.ts';

test.each([
  ['MAX_RETRYS', 'MAX_RETRIES'],
  ['MAXRETRIES', 'MAX_RETRIES'],
  ['max_retries', 'MAX_RETRIES'],
  ['MAX_RETIRES', 'MAX_RETRIES'],
  ['WATCH_PATH', 'WATCH_PATHS'],
  ['GITHUB_TOKN', 'GITHUB_TOKEN'],
  ['PROJECT-ROOT', 'PROJECT_ROOT'],
  ['MAX_COST_PER_DAY_USDD', 'MAX_COST_PER_DAY_USD'],
  ['land', 'LAND'],
])('%s was meant to be %s', (text, meant) => {
  expect(nearMiss(text, settingNames)).toBe(meant);
});

test.each(['LANG', 'BAND', 'MY_APP', 'ANTHROPIC_BASE_URL', 'HTTPS_PROXY', 'NODE_ENV', 'LOG', 'PORT', ''])(
  '%s is another name',
  (text) => {
    expect(nearMiss(text, settingNames)).toBeUndefined();
  },
);

test('a setting is no near miss of another one', () => {
  expect(settingNames.filter((name) => nearMiss(name, settingNames) !== undefined)).toEqual([]);
});
