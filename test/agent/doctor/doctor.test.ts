import { chmod, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { examineAll } from '../../../src/agent/doctor/doctor.ts';
import { run } from '../../../src/process/process.ts';
import { takeGuard } from '../../../src/state/guard.ts';
import { freshState } from '../../../src/state/schema.ts';
import { GitHubServer } from '../../rig/github-server.ts';
import { placesIn } from '../../rig/places.ts';
import { writeProject } from '../../rig/sample-project.ts';
import { scratch } from '../../rig/scratch.ts';
import { WebhookServer } from '../../rig/webhook-server.ts';

/** A project with Mendwatch installed in it, without a model, so that its own folders and channels are what is looked at. */
async function installed(settings: Readonly<Record<string, string>> = {}) {
  const folder = await scratch('doctor');
  const project = join(folder, 'project');
  await writeProject(project, { 'a.test.ts': 'export {};', '.gitignore': 'node_modules/\ndist/\n*.log\n!keep.log\n' });
  const packageRoot = join(project, 'node_modules', 'mendwatch');
  await mkdir(packageRoot);
  await mkdir(join(folder, 'home'));
  const env = {
    // Without Claude Code, whose version would be asked for each time.
    PATH: '/usr/local/bin:/usr/bin:/bin',
    TMPDIR: process.env.TMPDIR ?? '/tmp',
    HOME: join(folder, 'home'),
    AUTO_FIX_ENABLED: 'false',
    ...placesIn(folder),
    ...settings,
  };
  const git = (...args: string[]) => run({ command: 'git', args, cwd: project, env });
  const look = async (name: string, fix = false) => {
    const { signal } = new AbortController();
    const { checks } = await examineAll({ env, cwd: project, packageRoot, fix, live: false, signal });
    return checks.find((check) => check.name === name);
  };
  return { folder, project, env, git, look, packageRoot };
}

test('RUN-11: what is ignored is told with the rule that does it, and what is left out with its reason', async () => {
  const { project, git, look } = await installed();
  await git('init', '-q');
  for (const name of ['dist', 'src', 'nested']) await mkdir(join(project, name));
  for (const name of ['dist/x.js', 'a.log', 'src/b.log', 'keep.log']) await writeFile(join(project, name), '');
  await run({
    command: 'git',
    args: ['init', '-q'],
    cwd: join(project, 'nested'),
    env: { PATH: process.env.PATH ?? '' },
  });
  await writeFile(join(project, 'nested', 'x'), '');
  expect(await look('ignored')).toMatchObject({
    state: 'ok',
    lines: ['*.log (.gitignore:3): a.log, src/b.log', 'dist/ (.gitignore:2): dist/'],
  });
  expect(await look('project')).toMatchObject({
    state: 'ok',
    lines: [expect.stringMatching(/^left out: nested \(nested repository: not watched, .*LANE_LINKS\)$/)],
  });
});

test('a project without git, and one of which nothing is left', async () => {
  const plain = await installed();
  expect(await plain.look('project')).toMatchObject({ state: 'ok', detail: `${plain.project}, without git` });
  expect(await plain.look('commits')).toMatchObject({ state: 'ok' });
  const empty = await installed();
  await writeFile(join(empty.project, '.gitignore'), '*\n');
  await empty.git('init', '-q');
  expect(await empty.look('project')).toMatchObject({
    state: 'failed',
    remedy: expect.stringContaining('PROJECT_ROOT'),
  });
});

test('settings with secrets: open to others or to a commit is told and mended; committed is told', async () => {
  const { project, git, look } = await installed();
  await git('init', '-q');
  const settings = join(project, '.env.mendwatch');
  await writeFile(settings, 'GITHUB_REPO=me/shop\nEMAIL_WEBHOOK_SECRET=a-long-random-text\n', { mode: 0o644 });
  await chmod(settings, 0o644);
  expect(await look('privacy')).toMatchObject({ state: 'warning', detail: expect.stringContaining(settings) });
  expect(await look('commits')).toMatchObject({ state: 'warning', detail: `git would commit ${settings}` });
  expect((await stat(settings)).mode & 0o777).toBe(0o644);
  const fixed = await look('privacy', true);
  expect(fixed).toMatchObject({ state: 'ok', fixed: [`closed ${settings} to others`] });
  expect((await stat(settings)).mode & 0o777).toBe(0o600);
  expect(await readFile(join(project, '.gitignore'), 'utf8')).toMatch(/!keep\.log\n\/\.env\.mendwatch\n$/);
  expect(await look('commits')).toMatchObject({ state: 'ok' });
  await git('add', '-f', '.env.mendwatch');
  expect(await look('commits')).toMatchObject({
    state: 'failed',
    detail: `${settings} is committed, with secrets`,
    remedy: expect.stringContaining('git rm -r --cached .env.mendwatch'),
  });
});

test('a state folder in the project that git would commit is told, and its line is added once', async () => {
  const { project, git, look } = await installed();
  await git('init', '-q');
  const inside = await installed({
    STATE_FILE: join(project, 'automation/state/app_state.json'),
    PROJECT_ROOT: project,
  });
  expect(await inside.look('commits')).toMatchObject({
    state: 'warning',
    remedy: expect.stringContaining('/automation/state/'),
  });
  await inside.look('commits', true);
  await inside.look('commits', true);
  expect((await readFile(join(project, '.gitignore'), 'utf8')).match(/automation/g)).toHaveLength(1);
  expect(await look('ignored')).toMatchObject({ state: 'ok' });
});

test('without a .gitignore the line goes where only this clone looks', async () => {
  const { project, git, look } = await installed();
  await rm(join(project, '.gitignore'));
  await git('init', '-q');
  await writeFile(join(project, '.env.mendwatch'), 'MAX_RETRIES=3\n', { mode: 0o600 });
  const exclude = join(project, '.git', 'info', 'exclude');
  expect(await look('commits', true)).toMatchObject({ state: 'ok', fixed: [`added /.env.mendwatch to ${exclude}`] });
  expect((await git('status', '--porcelain')).stdout).not.toContain('.env.mendwatch');
});

test('folders are made and a dead lock is removed by --fix alone; one that is renewed stays', async () => {
  const { folder, env, look } = await installed();
  const before = await readdir(folder);
  expect(await look('folders')).toMatchObject({
    state: 'ok',
    detail: 'the first start makes: state, runs, log, cache',
  });
  expect(await readdir(folder)).toEqual(before);
  expect(await look('folders', true)).toMatchObject({
    detail: 'can be written: state, runs, log, cache',
    fixed: expect.arrayContaining([`made ${join(folder, 'state')}`]),
  });
  const lock = env.STATE_FILE.replace('.json', '.lock');
  await mkdir(lock);
  expect(await look('state', true)).toMatchObject({ state: 'ok' });
  await utimes(lock, 1_000_000, 1_000_000);
  expect(await look('state')).toMatchObject({ state: 'warning', detail: expect.stringContaining(lock) });
  expect(await look('state', true)).toMatchObject({ state: 'ok', fixed: [`removed the lock ${lock}`] });
  expect(await readdir(join(folder, 'state'))).not.toContain('app_state.lock');
});

test('an agent on this state file, one on this project with another, and one that died', async () => {
  const { project, env, look } = await installed();
  expect(await look('agent')).toMatchObject({ state: 'ok', detail: 'not running' });
  const hold = async (keys: readonly string[]) => {
    const guard = await takeGuard(keys);
    if ('heldBy' in guard) throw new Error('held already');
    onTestFinished(() => guard.release());
    return guard;
  };
  const other = await hold([project]);
  expect(await look('agent')).toMatchObject({
    state: 'warning',
    detail: expect.stringContaining(`another agent watches this project: process ${process.pid}`),
  });
  await other.release();
  const own = await hold([env.STATE_FILE, project]);
  expect(await look('agent')).toMatchObject({
    state: 'ok',
    detail: expect.stringContaining(`running: process ${process.pid}`),
  });
  await own.release();
  const state = freshState(0);
  const gone = { status: 'running' as const, pid: 2 ** 30, host: hostname() };
  Object.assign(state.processes.orchestrator, gone);
  await mkdir(dirname(env.STATE_FILE));
  await writeFile(env.STATE_FILE, JSON.stringify(state));
  expect(await look('agent')).toMatchObject({
    state: 'warning',
    detail: expect.stringContaining('ended without a word'),
  });
});

test('GitHub is asked once, by reading; what is wrong with token and repository is told', async () => {
  const server = await new GitHubServer().start();
  onTestFinished(() => server.close());
  const at = { GITHUB_API_URL: server.url, GITHUB_REPO: 'me/shop' };
  const good = await installed({ ...at, GITHUB_TOKEN: server.token });
  const ask = () => good.look('github');
  expect(await ask()).toMatchObject({ state: 'ok', detail: expect.stringContaining('"Issues: read and write"') });
  expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /repos/me/shop']);
  server.scopes = 'repo, read:user';
  expect(await ask()).toMatchObject({ state: 'ok', detail: expect.stringContaining('its scope lets it write') });
  server.scopes = 'read:user';
  expect(await ask()).toMatchObject({ state: 'failed', remedy: expect.stringContaining('the scope') });
  server.hasIssues = false;
  expect(await ask()).toMatchObject({ state: 'failed', detail: 'me/shop has its issues switched off' });
  server.archived = true;
  expect(await ask()).toMatchObject({ state: 'failed', detail: expect.stringContaining('archived') });
  const wrong = await installed({ ...at, GITHUB_TOKEN: 'a-wrong-token-of-the-test' });
  expect(await wrong.look('github')).toMatchObject({ state: 'failed', remedy: 'Check GITHUB_TOKEN.' });
  const nowhere = await installed({ GITHUB_API_URL: server.url, GITHUB_TOKEN: server.token });
  expect(await nowhere.look('github')).toMatchObject({
    state: 'failed',
    remedy: expect.stringContaining('GITHUB_REPO'),
  });
});

test('of a webhook only the host is tried: nothing reaches the address', async () => {
  const server = await new WebhookServer().start();
  onTestFinished(() => server.close());
  const on = await installed({ SLACK_WEBHOOK_URL: server.url, EMAIL_WEBHOOK_URL: 'http://127.0.0.1:1/hook/a-secret' });
  expect(await on.look('slack')).toMatchObject({ state: 'ok', detail: expect.stringContaining('nothing was sent') });
  expect(server.received).toEqual([]);
  const email = await on.look('email');
  expect(email).toMatchObject({ state: 'failed', detail: '127.0.0.1 does not answer (ECONNREFUSED)' });
  expect(JSON.stringify(email)).not.toContain('a-secret');
});
