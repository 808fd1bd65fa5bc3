import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Examined, Report } from '../../src/agent/doctor/doctor.ts';
import { findPackageRoot } from '../../src/config/package-root.ts';
import { run } from '../../src/process/process.ts';
import { GitHubServer } from '../rig/github-server.ts';
import { scratch } from '../rig/scratch.ts';
import { type RealAgent, realAgent } from './real-agent.ts';

type Told = Report & { readonly healthy: boolean };

const files = { 'a.test.ts': "import { test } from 'vitest';\ntest('a', () => undefined);\n" };

function told(stdout: string): { readonly report: Told; of(name: string): Examined | undefined } {
  const report = JSON.parse(stdout) as Told;
  return { report, of: (name) => report.checks.find((check) => check.name === name) };
}

async function fakeClaude(version: string): Promise<string> {
  const command = join(await scratch('claude'), 'claude');
  await writeFile(command, `#!/bin/sh\necho '${version} (Claude Code)'\n`);
  await chmod(command, 0o755);
  return command;
}

test('RUN-11: on a healthy project, beside a running agent: nothing is wrong and nothing is changed', async () => {
  const key = 'sk-ant-a-secret-of-this-test';
  const on = await realAgent(files, { scenario: () => ({}), settings: { ANTHROPIC_API_KEY: key, NICE: '0' } });
  const before = await readdir(on.folder, { recursive: true });
  const first = await on.cli('doctor');
  expect(first.stdout).toContain('Nothing is wrong.');
  expect(first.stdout).toContain('✓ test runner    vitest 5');
  expect(first.stdout).toMatch(/ANTHROPIC_API_KEY +set \(\d+ characters\) \(environment\)/);
  expect(first).toMatchObject({ stderr: '', end: { kind: 'exited', code: 0 } });
  expect(await readdir(on.folder, { recursive: true })).toEqual(before);

  const agent = on.launch();
  await agent.said('1 of 1 test green');
  const second = await on.cli('doctor', '--json');
  const { report, of } = told(second.stdout);
  expect(report.healthy).toBe(true);
  expect(of('agent')?.detail).toContain(`running: process ${agent.pid} on `);
  expect(of('tests')?.detail).toBe('1 of 1 test watched');
  expect(of('clock')).toMatchObject({ state: 'ok', detail: "agrees with Claude's service" });
  expect(of('service')?.state).toBe('ok');
  expect(report.configuration).toContainEqual({ name: 'STATE_FILE', value: on.stateFile, origin: 'environment' });
  expect(report.configuration).toContainEqual({ name: 'MAX_RETRIES', value: '5', origin: 'default' });
  expect(first.stdout + second.stdout).not.toContain(key);
});

/** A file system of its own that is full and cannot be written, where the state is to be. */
function onSpoiltDisk({ stateFile, folder, env }: RealAgent, ...words: readonly string[]) {
  const script = 'mount -t tmpfs -o size=2m,ro none "$1" && shift && exec "$@"';
  const command = [process.execPath, join(findPackageRoot(), 'automation', 'mendwatch.ts'), ...words];
  return run({
    command: 'unshare',
    args: ['-rm', 'sh', '-c', script, 'sh', dirname(stateFile), ...command],
    cwd: folder,
    env,
    timeoutMs: 60_000,
  });
}

test('everything that is wrong is told at once, each with what to do', async () => {
  const server = await new GitHubServer().start();
  onTestFinished(() => server.close());
  const on = await realAgent(
    { 'package.json': '{"type":"module"}' },
    {
      settings: {
        AUTO_FIX_ENABLED: 'true',
        CLAUDE_COMMAND: await fakeClaude('2.0.1'),
        ANTHROPIC_BASE_URL: 'http://127.0.0.1:1',
        GITHUB_API_URL: server.url,
        GITHUB_REPO: 'me/shop',
        GITHUB_TOKEN: 'a-wrong-token-of-this-test',
        SLACK_WEBHOOK_URL: 'http://localhost:1/services/a-secret-of-this-test',
      },
    },
  );
  await mkdir(dirname(on.stateFile));
  const { stdout, end } = await onSpoiltDisk(on, 'doctor', '--json');
  expect(end).toEqual({ kind: 'exited', code: 1 });
  const { report, of } = told(stdout);
  expect(report.healthy).toBe(false);
  const failed = report.checks.filter(({ state }) => state === 'failed');
  expect(failed.map(({ name }) => name).sort()).toEqual(
    ['claude', 'disk', 'folders', 'github', 'login', 'service', 'slack', 'test runner'].sort(),
  );
  expect(of('claude')?.detail).toMatch(/is 2\.0\.1, and 2\.1\.\d+ is the oldest that works/);
  expect(of('folders')?.detail).toContain(`${dirname(on.stateFile)} cannot be written (EROFS)`);
  expect(of('disk')?.detail).toContain(dirname(on.stateFile));
  expect(of('github')?.detail).toContain('401');
  expect(of('login')?.detail).toBe('no key and no login was found');
  for (const { name, remedy } of failed) expect(remedy ?? '', name).toMatch(/[A-Za-z].*\.$|doctor/);
  expect(stdout).not.toContain('of-this-test');
});

test('wrong settings: all of them, exit code 2, and what needs none is looked at', async () => {
  const on = await realAgent(files, {
    settings: { PROJECT_ROOT: '/nowhere/at/all', MAX_RETRIES: 'many', ANTHROPIC_BASE_URL: 'http://127.0.0.1:1' },
  });
  const { stdout, end } = await on.cli('doctor');
  expect(end).toEqual({ kind: 'exited', code: 2 });
  expect(stdout).toContain('✗ configuration  2 problems');
  expect(stdout).toContain('MAX_RETRIES=many: expected a whole number of attempts');
  expect(stdout).toContain('PROJECT_ROOT=/nowhere/at/all: expected a folder that exists');
  for (const name of ['node', 'git', 'claude']) expect(stdout).toContain(`✓ ${name}`);
  const wrong = await on.cli('doctor', '--contract', '--fix');
  expect(wrong.end).toEqual({ kind: 'exited', code: 2 });
  expect(wrong.stderr).toContain('--contract goes with --json only');
});

test('--live asks Claude once and says what it cost; --fix says each thing that it has done', async () => {
  let asked = 0;
  const scenario = ({ isMain }: { isMain: boolean }) => {
    if (isMain) asked++;
    return { say: 'OK' };
  };
  const on = await realAgent(files, { scenario });
  const { stdout, end } = await on.cli('doctor', '--live', '--fix');
  expect(stdout).toMatch(/✓ login +Claude answered in \d+\.\d s, for \$0\.\d{4}/);
  expect(asked).toBe(1);
  expect(stdout).toContain(`fixed: made ${dirname(on.stateFile)}\n`);
  expect(end).toEqual({ kind: 'exited', code: 0 });
});

test('CLAUDE-7: --contract tells each row in which the installed command behaves otherwise', async () => {
  const on = await realAgent(files, { settings: { CLAUDE_COMMAND: await fakeClaude('2.1.330'), PROJECT_ROOT: '' } });
  const { stdout, end } = await on.cli('doctor', '--contract', '--json');
  expect(end).toEqual({ kind: 'exited', code: 1 });
  const { report } = told(stdout);
  expect(report.checks).toMatchObject([{ name: 'contract', state: 'failed' }]);
  expect(report.contract).toContainEqual({
    name: 'an answer',
    expected: 'outcome done; result success; retries 0; denials 0; isPaid true',
    got: 'outcome malformed; result none; retries 0; denials 0; isPaid false',
    ok: false,
  });
});
