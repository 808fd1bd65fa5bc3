import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { findPackageRoot } from '../../src/config/package-root.ts';
import { start } from '../../src/process/process.ts';
import { type RealAgent, realAgent } from './real-agent.ts';

const run = promisify(execFile);
const files = {
  'a.test.ts': `import { expect, test } from 'vitest';\ntest('adds', () => { expect(1 + 1).toBe(2); });\n`,
};

/** Not by the process room, which would end at its end what it has left running. */
async function mendwatch({ folder, env }: RealAgent, ...words: readonly string[]) {
  const args = [join(findPackageRoot(), 'automation', 'mendwatch.ts'), ...words];
  return run(process.execPath, args, { cwd: folder, env }).then(
    (done) => ({ code: 0, ...done }),
    (failed: { code: number; stdout: string; stderr: string }) => failed,
  );
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('It did not happen within 30 s');
    await delay(20);
  }
}

test('start --detach leaves an agent that watches, says how to stop it, and is refused a second time', async () => {
  const on = await realAgent(files);
  const { code, stdout, stderr } = await mendwatch(on, 'start', '--detach');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const pid = Number(/in the background \(process (\d+)\)/.exec(stdout)?.[1]);
  onTestFinished(async () => void (await mendwatch(on, 'stop', '--force')));
  expect(stdout).toMatch(/no model is called[\s\S]*Log: .*automation\.log[\s\S]*`mendwatch stop` stops it/);
  expect((await on.state()).processes.orchestrator).toMatchObject({ status: 'running', pid });
  // A session of its own, without a terminal: fields 6 and 7 of proc_pid_stat(5).
  const [, , , session, terminal] = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
  expect([session, terminal]).toEqual([String(pid), '0']);
  const second = await mendwatch(on, 'start', '--detach', '--json');
  expect(second).toMatchObject({ code: 3, stdout: '' });
  expect(second.stderr).toMatch(new RegExp(`already running.*process ${pid} `));
  expect(await mendwatch(on, 'stop')).toMatchObject({ code: 0, stdout: `Process ${pid} has stopped.\n` });
  await on.expectNothingLeft();
});

test('start --detach that does not come up says why, with the exit code of the foreground', async () => {
  const on = await realAgent({ 'package.json': '{}' });
  const without = await mendwatch(on, 'start', '--detach');
  expect(without).toMatchObject({ code: 2, stdout: '' });
  expect(without.stderr).toMatch(/test runner/i);
  expect(without.stderr).not.toMatch(/\n\s+at /);
  const wrong = await mendwatch({ ...on, env: { ...on.env, MAX_RETRIES: 'many' } }, 'start', '--detach');
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringMatching(/MAX_RETRIES=many/) });
});

test('Ctrl-C while start --detach waits calls the start off, also one that hangs', async () => {
  const on = await realAgent(files);
  const hanging = { NODE_ENV: 'test', MENDWATCH_FAIL: 'recover.tasks:1:hang' };
  const args = [join(findPackageRoot(), 'automation', 'mendwatch.ts'), 'start', '--detach'];
  const waiting = execFile(process.execPath, args, { cwd: on.folder, env: { ...on.env, ...hanging } });
  const ended = new Promise((resolve) => waiting.once('exit', resolve));
  await until(() =>
    on.state().then(
      ({ processes }) => processes.orchestrator.status === 'starting',
      () => false,
    ),
  );
  waiting.kill('SIGINT');
  expect(await ended).toBe(130);
  const { pid } = (await on.state()).processes.orchestrator;
  expect(() => process.kill(pid ?? 0, 0)).toThrow(/ESRCH/);
});

/** What systemd listens with: Node has no such sockets, and Perl is where git is. */
const listener = `use IO::Socket::UNIX; use Socket;
my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]) or die $!;
$| = 1; print "listening\\n"; while (defined $socket->recv(my $text, 4096)) { print "$text\\n" }`;

/** An agent that systemd has started, and what it has said to it. */
async function supervised(more: Readonly<Record<string, string>> = {}) {
  const on = await realAgent(files, { settings: { HEARTBEAT_SECONDS: '0.1' } });
  const place = join(on.folder, 'notify');
  const hearing = start({
    ...{ command: 'perl', args: ['-e', listener, place], cwd: on.folder, env: { PATH: process.env.PATH ?? '' } },
    stdout: { kind: 'stream' },
    timeoutMs: 80_000,
  });
  onTestFinished(async () => void (await hearing.cancel('the test is over')));
  const heard = { text: '', lastAtMs: 0 };
  hearing.stdout?.on('data', (chunk) => {
    heard.text += String(chunk);
    heard.lastAtMs = performance.now();
  });
  await until(() => heard.text.includes('listening'));
  Object.assign(on.env, { NOTIFY_SOCKET: place, WATCHDOG_USEC: '60000000', ...more });
  const agent = on.launch();
  await until(() => heard.text.split('WATCHDOG=1').length > 2);
  return { on, agent, heard };
}

test('systemd is told that the agent watches, that it is alive at each heartbeat, and that it stops', async () => {
  const { on, agent, heard } = await supervised();
  expect(heard.text).toMatch(/^listening\nREADY=1\n/);
  agent.signal('SIGTERM');
  expect(await agent.ended).toEqual({ kind: 'exited', code: 0 });
  await until(() => heard.text.includes('STOPPING=1'));
  await on.expectNothingLeft();
});

test('systemd hears nothing more of an agent whose watcher hangs, though its process is well', async () => {
  const { on, agent, heard } = await supervised({ NODE_ENV: 'test', MENDWATCH_FAIL: 'batch.noticed:1:hang' });
  await on.save('b.ts', 'export const b = 1;\n');
  // Twenty heartbeats.
  await until(() => performance.now() - heard.lastAtMs > 2_000);
  agent.signal('SIGKILL');
  await agent.ended;
});
