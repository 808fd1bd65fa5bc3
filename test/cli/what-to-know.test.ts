import { expect, test } from 'vitest';
import { whatToKnow } from '../../src/cli/what-to-know.ts';
import { machine } from '../config/rig.ts';

test('RUN-12: a start without settings says what it assumes: what is watched, what leaves the machine, rights, money', async () => {
  const { load } = await machine();
  expect(whatToKnow(load())).toEqual([
    'Watched: the whole project.',
    'When a save turns a green test red, the change, the failing tests and files that Claude reads go to Claude.',
    'Fixes are proven by your tests, run with your rights on patches that nobody has reviewed, in a copy of the project; then put into your files.',
    'Spending limit: $1 a task, $10 a day, 5 attempts.',
    'Reports stay on this machine.',
    'No settings file: what is not in the environment is assumed. `mendwatch init` makes one.',
  ]);
});

test('RUN-12: it says where reports go, what is watched, and that patches are kept', async () => {
  const { load, write } = await machine();
  await write('clone/.env', 'WATCH_PATHS=src\nLAND=park\n');
  const hook = 'https://hooks.test/x';
  const said = whatToKnow(load({ GITHUB_TOKEN: 'ghp_x', GITHUB_REPO: 'me/shop', EMAIL_WEBHOOK_URL: hook }));
  expect(said).toHaveLength(5);
  expect(said[0]).toBe('Watched: src.');
  expect(said[2]).toMatch(/then kept as patches\.$/);
  expect(said[4]).toBe('Reports, with parts of your code, go to GitHub (me/shop), e-mail.');
  expect(whatToKnow(load({ AUTO_FIX_ENABLED: 'false' }))).toEqual([
    'Watched: src.',
    'Regressions are reported; no model is called.',
    'Reports stay on this machine, too: nothing leaves it.',
  ]);
});
