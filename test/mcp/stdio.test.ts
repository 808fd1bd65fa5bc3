import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { expect, onTestFinished, test } from 'vitest';
import { verifyExecution } from '../../src/executor/verify.ts';
import { start } from '../../src/process/process.ts';
import { isGone, numberIn } from '../process/until.ts';
import { useEveryTool } from './every-tool.ts';
import { call, entry, overStdio, place } from './rig.ts';

test('EXEC-11, EXEC-12: the official client lists and calls every tool, reads resources and the prompt, over stdio', async () => {
  const there = await place();
  const client = await overStdio(there);
  await useEveryTool(client, there);
  const { resources } = await client.listResources();
  const uris = resources.map(({ uri }) => uri);
  expect(uris).toEqual(expect.arrayContaining(['mendwatch://logs/agent', 'mendwatch://logs/executor']));
  const transcript = uris.findLast((uri) => uri.startsWith('mendwatch://executions/exec_')) ?? '';
  const places = {
    folder: join(there.folder, 'state/executor/executions'),
    logFile: join(there.folder, 'logs/executor.log'),
  };
  expect(await verifyExecution(transcript.slice(-21), places)).toMatchObject({ agrees: true });
  const { contents } = await client.readResource({ uri: transcript });
  expect(JSON.stringify(contents)).toContain('echo out');
  await expect(client.readResource({ uri: 'mendwatch://tasks/task_00000001/patch' })).rejects.toThrow(/is nothing at/);
  await expect(client.readResource({ uri: 'mendwatch://executions/..%2Ftoken' })).rejects.toThrow();
  const { messages } = await client.getPrompt({ name: 'orchestrate', arguments: { goal: 'All tests are green' } });
  expect(JSON.stringify(messages)).toContain('All tests are green');
});

test('EXEC-11: progress is reported, and a request that is cancelled ends its command', async () => {
  const there = await place();
  const client = await overStdio(there);
  const said: string[] = [];
  const stop = new AbortController();
  const command = 'echo $$ > pid; while :; do echo tick; sleep 0.1; done';
  const options = {
    signal: stop.signal,
    onprogress: ({ message = '' }: { message?: string | undefined }) => {
      said.push(message);
      if (message.endsWith('tick')) stop.abort(new Error('seen enough'));
    },
  };
  await expect(call(client, 'execute_command', { command }, options)).rejects.toThrow(/seen enough/);
  expect(said[0]).toMatch(/^exec_[0-9a-f]{16}: started$/);
  const pid = Number(await readFile(join(there.folder, 'pid'), 'utf8'));
  await expect.poll(() => isGone(pid)).toBe(true);
  await expect
    .poll(async () => (await call(client, 'executions')).value.executions)
    .toMatchObject([{ canceled: true, state: 'ended' }]);
});

test('what is asked wrongly is answered clearly, and the next request works', async () => {
  const client = await overStdio(await place({ ALLOWED_COMMANDS: 'echo' }));
  const wrong = [
    ['execute_command', {}, /command/],
    ['execute_command', { command: 'echo', timeout_seconds: -1 }, /timeout_seconds/],
    ['execute_command', { command: 'echo', timeout: 3 }, /Unrecognized key: "timeout"/],
    ['execute_task', { task: 'x', tool: ['Read'] }, /Unrecognized key: "tool"/],
    ['execute_list', { tasks: [{ task: 'x', timeout: 3 }], name: 'x' }, /"timeout" at tasks\[0\]/],
    ['execute_list', { tasks: ['x', ''], name: 'x' }, /at tasks\[1\]/],
    ['execute_list', { tasks: ['x', 5], name: 'x' }, /a text, or an object with a task at tasks\[1\]/],
    ['agent_pause', { until: 'noon' }, /Unrecognized key: "until"/],
    ['execute_command', { command: 'id' }, /not.*allowed|allowed/i],
    ['execute_command', { command: 'echo $(id)' }, /without a shell/],
    ['execute_task', { task: 'anything' }, /allowed/i],
    ['execute_list', { tasks: [], name: 'x' }, /tasks/],
    ['execute_list', { tasks: [{ task: 'x' }], name: '../x' }, /name/],
    ['executions', { execution_id: '../../etc/passwd' }, /exec_ and 16/],
    ['cancel_execution', { execution_id: 'exec_0123456789abcdef' }, /There is no execution/],
    ['agent_show', { id: 'task_ffffffff' }, /There is no task/],
    ['agent_show', { id: '../../etc/passwd' }, /id of a task/],
    ['no_such_tool', {}, /not found/],
  ] as const;
  for (const [name, args, why] of wrong) {
    const came = await call(client, name, args).then(
      ({ isError, text }) => (isError ? text : 'no error'),
      (error: Error) => error.message,
    );
    expect(came, name).toMatch(why);
  }
  expect((await call(client, 'execute_command', { command: 'echo fine' })).value.stdout.text).toBe('fine\n');
});

test('EXEC-11: a list of allowed commands that names claude lets tasks in, wherever it is installed', async () => {
  const there = await place({ ALLOWED_COMMANDS: 'claude', PATH: '/usr/bin:/bin', CLAUDE_COMMAND: process.execPath });
  const client = await overStdio(there);
  const { text } = await call(client, 'execute_task', { task: 'anything', wait: false });
  expect(text).toContain('"state": "running"');
});

test('EXEC-11: standard output carries the protocol alone; when the client hangs up, what runs ends', async () => {
  const { folder, env } = await place();
  const args = [entry, 'mcp'];
  const server = start({
    command: process.execPath,
    args,
    cwd: folder,
    env,
    stdin: 'open',
    stdout: { kind: 'stream' },
  });
  onTestFinished(async () => void (await server.cancel('the test is over')));
  let said = '';
  const until = (text: string) =>
    new Promise<void>((resolve) => {
      server.stdout?.on('data', (chunk) => {
        said += chunk;
        if (said.includes(text)) resolve();
      });
    });
  const send = (message: object): void =>
    void server.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  server.stdin?.write('this is no JSON\n');
  const info = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
  send({ id: 1, method: 'initialize', params: info });
  send({ method: 'notifications/initialized' });
  const command = 'echo $$ > pid; echo started; sleep 100';
  send({ id: 2, method: 'tools/call', params: { name: 'execute_command', arguments: { command, wait: false } } });
  await until('"id":2');
  for (const line of said.trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ jsonrpc: '2.0' });
  await expect.poll(() => readFile(join(folder, 'pid'), 'utf8').catch(() => '')).toMatch(/\d\n/);
  const pid = Number(await readFile(join(folder, 'pid'), 'utf8'));
  server.stdin?.end();
  expect((await server.result).end).toEqual({ kind: 'exited', code: 0 });
  expect(isGone(pid)).toBe(true);
});

test('EXEC-6: what ran when the server was killed is ended by the next one', async () => {
  const there = await place();
  const first = await overStdio(there);
  await call(first, 'execute_command', { command: 'echo $$ > pid; exec sleep 100', wait: false });
  const pid = await numberIn(join(there.folder, 'pid'));
  process.kill((first.transport as StdioClientTransport).pid ?? 0, 'SIGKILL');
  await new Promise<void>((resolve) => {
    first.onclose = resolve;
  });
  await overStdio(there);
  expect(isGone(pid)).toBe(true);
});
