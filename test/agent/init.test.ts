import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addLine, keepOut } from '../../src/agent/init/keep-out.ts';
import { survey, type Whereabouts } from '../../src/agent/init/survey.ts';
import { missingLines, writeSettings } from '../../src/agent/init/write-settings.ts';
import { scratch } from '../rig/scratch.ts';
import { type Files, rig } from '../workspace/rig.ts';

/** A project in a repository with an origin, and Mendwatch installed in it. */
async function project(files: Files = {}, options: { git?: boolean } = {}) {
  const made = await rig(files, options);
  if (options.git !== false) made.git('remote', 'add', 'origin', 'https://github.com/me/shop.git');
  const where: Whereabouts = { env: made.env, cwd: made.root, packageRoot: join(made.root, 'node_modules/mendwatch') };
  return { ...made, where, settings: join(made.root, '.env.mendwatch') };
}

test('what is found: repository, package manager, workspace, the reason why there are no tests', async () => {
  const manifest = { workspaces: ['packages/*'], scripts: { test: 'vitest run' } };
  const { where, root, settings } = await project({
    'package.json': JSON.stringify(manifest),
    'pnpm-lock.yaml': '',
    'packages/a/package.json': '{}',
    'packages/b/package.json': '{}',
  });
  const found = await survey({ ...where, cwd: join(root, 'packages/a') }, root);
  expect(found).toMatchObject({
    config: { projectRoot: root, settingsFile: settings, installed: true },
    github: 'me/shop',
    packageManager: 'pnpm',
    packages: 2,
    testScript: 'vitest run',
    tests: { runner: undefined },
  });
  expect(existsSync(settings)).toBe(false);
});

test('the home folder is no project', async () => {
  const { where, root } = await project({ 'notes.txt': '' });
  await expect(survey({ ...where, env: { ...where.env, HOME: root } }, root)).rejects.toThrow(/is your home folder/);
});

test('a wrong settings file is told before anything is asked', async () => {
  const { where, root } = await project({ '.env.mendwatch': 'LAND=moon\n' });
  await expect(survey(where, root)).rejects.toThrow(/LAND=moon: expected one of apply, park/);
});

test('settings are added, never changed; only the owner may read them; a second time nothing is done', async () => {
  const { where, root, settings } = await project({ '.env.mendwatch': '# mine\r\nLAND=park\r\nGITHUB_REPO=' });
  chmodSync(settings, 0o644);
  const { written } = await survey(where, root);
  const wanted = { LAND: 'apply', GITHUB_REPO: 'me/shop', MAX_COST_PER_DAY_USD: '10' } as const;
  const lines = missingLines(written, wanted);
  expect(lines).toEqual(['GITHUB_REPO=me/shop', 'MAX_COST_PER_DAY_USD=10']);
  expect(await writeSettings(settings, lines)).toBe(true);
  const text = readFileSync(settings, 'utf8');
  expect(text).toBe('# mine\r\nLAND=park\r\nGITHUB_REPO=\r\nGITHUB_REPO=me/shop\r\nMAX_COST_PER_DAY_USD=10\r\n');
  expect(statSync(settings).mode & 0o777).toBe(0o600);
  const again = await survey(where, root);
  expect(again.config).toMatchObject({ land: 'park', githubRepo: 'me/shop', maxCostPerDayUsd: 10 });
  expect(await writeSettings(settings, missingLines(again.written, wanted))).toBe(false);
  expect(readFileSync(settings, 'utf8')).toBe(text);
});

test('any path is read back as it was written', () => {
  const path = fc.stringMatching(/^\/[ #'"a-z$\\=-]{1,20}[a-z]$/).filter((text) => !/'.*"|".*'/.test(text));
  fc.assert(
    fc.property(path, (PROJECT_ROOT) => {
      expect(parseEnv(missingLines({}, { PROJECT_ROOT }).join('\n'))).toEqual({ PROJECT_ROOT });
    }),
  );
});

test('the settings file stays out of git: by .gitignore where there is one, else by info/exclude', async () => {
  const { where, root, git, write } = await project({ '.gitignore': 'node_modules' });
  const found = await survey(where, root);
  const shared = join(root, '.gitignore');
  const own = join(root, '.git/info/exclude');
  expect(await keepOut(found, where.env)).toEqual({ kind: 'to-add', line: '.env.mendwatch', shared, own });
  await addLine(shared, '.env.mendwatch');
  expect(readFileSync(shared, 'utf8')).toBe('node_modules\n.env.mendwatch\n');
  expect(await keepOut(found, where.env)).toEqual({ kind: 'ignored' });

  git('rm', '-q', '--cached', '.gitignore');
  write({ '.gitignore': '' });
  await addLine(own, '.env.mendwatch');
  expect(await keepOut(found, where.env)).toEqual({ kind: 'ignored' });
});

test('in a package of a repository its .gitignore is that of the repository; without any it is nobody’s', async () => {
  const { where, root, remove } = await project({ '.gitignore': '', 'app/package.json': '{}' });
  const inApp = { ...where, cwd: join(root, 'app') };
  const found = await survey(inApp, join(root, 'app'));
  expect(await keepOut(found, where.env)).toMatchObject({ shared: join(root, '.gitignore') });
  remove('.gitignore');
  expect(await keepOut(found, where.env)).toMatchObject({ kind: 'to-add', shared: undefined });
});

test('a settings file that was committed is told of, and a project without a repository needs no rule', async () => {
  const { where, root } = await project({ '.env.mendwatch': '' }, {});
  expect(await keepOut(await survey(where, root), where.env)).toEqual({ kind: 'tracked' });
  const folder = await scratch('no-git');
  mkdirSync(join(folder, 'plain'));
  const found = await survey({ ...where, cwd: join(folder, 'plain') }, join(folder, 'plain'));
  expect(found).toMatchObject({ repository: undefined, github: undefined, packageManager: undefined, packages: 0 });
  expect(await keepOut(found, where.env)).toEqual({ kind: 'no-repository' });
});

test('a settings file that is a link to nowhere is told of, and nothing is made where it leads', async () => {
  const { root, settings } = await project({ 'notes.txt': '' });
  symlinkSync(join(root, 'nowhere'), settings);
  await expect(writeSettings(settings, ['LAND=park'])).rejects.toThrow(/is a link to nowhere.*Nothing was written/);
  expect(existsSync(join(root, 'nowhere'))).toBe(false);
});
