import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { argumentsOf, environmentOf, readRule } from '../../src/claude/arguments.ts';
import { loginSettings } from '../../src/claude/user-settings.ts';
import { scratch } from '../rig/scratch.ts';

function settingsOf(args: readonly string[]) {
  return JSON.parse(args[args.indexOf('--settings') + 1] ?? '');
}

const deny = ['Read(**/.env)', 'Read(**/.env.*)'];

test('a rule escapes what a pattern would read otherwise', () => {
  expect(readRule('/a b/[c] (d)*?!/')).toBe('Read(//a b/\\[c\\] \\(d\\)\\*\\?\\!/**)');
});

test('a folder beside the lane is named with and without links, and the lane with it', async () => {
  const root = await scratch('folders');
  await mkdir(join(root, 'real'));
  await symlink(join(root, 'real'), join(root, 'link'));
  const spec = { command: 'claude', cwd: root, env: {}, tools: ['Read'], allow: ['Read(//x/**)'] };
  expect(settingsOf(argumentsOf(spec)).permissions).toEqual({ allow: ['Read(//x/**)'], deny });
  const rules = settingsOf(argumentsOf({ ...spec, addFolders: [join(root, 'link')] })).permissions.allow;
  expect(rules).toEqual(['Read(//x/**)', ...[root, join(root, 'link'), join(root, 'real')].map(readRule)]);
});

test('of the settings of the person only the login is taken, and the environment given comes first', async () => {
  const home = await scratch('home');
  await mkdir(join(home, '.claude'));
  const own = {
    env: { ANTHROPIC_BASE_URL: 'https://proxy', AWS_REGION: 'x' },
    apiKeyHelper: '/bin/key',
    permissions: { allow: ['Edit'], defaultMode: 'bypassPermissions', additionalDirectories: ['/'] },
    hooks: { Stop: [] },
    enabledPlugins: { x: true },
  };
  await writeFile(join(home, '.claude', 'settings.json'), JSON.stringify(own));
  const spec = { command: 'claude', cwd: home, env: { HOME: home, AWS_REGION: 'y' }, tools: ['Read'] };
  expect(settingsOf(argumentsOf(spec))).toEqual({
    apiKeyHelper: '/bin/key',
    disableAllHooks: true,
    permissions: { allow: [], deny },
  });
  expect(environmentOf(spec)).toMatchObject({ ANTHROPIC_BASE_URL: 'https://proxy', AWS_REGION: 'y' });
  const nothing = { env: {}, settings: {} };
  expect(loginSettings({ HOME: join(home, 'none') })).toEqual(nothing);
  expect(loginSettings({})).toEqual(nothing);
  await writeFile(join(home, '.claude', 'settings.json'), 'not json');
  expect(loginSettings({ HOME: home })).toEqual(nothing);
  expect(loginSettings({ HOME: '/', CLAUDE_CONFIG_DIR: join(home, '.claude') })).toEqual(nothing);
});
