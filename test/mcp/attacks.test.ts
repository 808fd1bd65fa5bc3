import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { start } from '../../src/process/process.ts';
import { isGone, numberIn } from '../process/until.ts';
import { serveApart } from '../server/apart.ts';
import { call, entry, overHttp, overStdio, place } from './rig.ts';

const token = 'a-token-for-the-tests-0123456789';

test('EXEC-11: a message without end hangs up in good order, and what runs ends', async () => {
  const { folder, env } = await place();
  const server = start({
    ...{ command: process.execPath, args: [entry, 'mcp'], cwd: folder, env },
    ...{ stdin: 'open', stdout: { kind: 'stream' } },
  });
  onTestFinished(async () => void (await server.cancel('the test is over')));
  server.stdout?.resume();
  const send = (message: object): void =>
    void server.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const info = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
  send({ id: 1, method: 'initialize', params: info });
  send({ method: 'notifications/initialized' });
  const command = 'echo $$ > pid; sleep 100';
  send({ id: 2, method: 'tools/call', params: { name: 'execute_command', arguments: { command } } });
  await expect.poll(() => readFile(join(folder, 'pid'), 'utf8').catch(() => ''), { timeout: 20_000 }).toMatch(/\d\n/);
  server.stdin?.write('x'.repeat(5 * 1024 * 1024));
  expect(await server.result).toMatchObject({ end: { kind: 'exited', code: 0 }, stderr: '' });
  expect(isGone(Number(await readFile(join(folder, 'pid'), 'utf8')))).toBe(true);
});

test('EXEC-11: what no system takes as one word is refused in words; a list is not changed under who runs it', async () => {
  const claude = join((await place()).folder, 'claude');
  await writeFile(claude, '#!/bin/sh\nexec sleep 100\n', { mode: 0o755 });
  const client = await overStdio(await place({ CLAUDE_COMMAND: claude }));
  const answerTo = (name: string, args: Record<string, unknown>): Promise<string> =>
    call(client, name, args).then(
      ({ text }) => text,
      (error: Error) => error.message,
    );
  for (const given of ['中'.repeat(50_000), 'a\0b']) {
    expect(await answerTo('execute_task', { task: given })).toMatch(/at most 120,000 bytes/);
    expect(await answerTo('execute_command', { command: given })).toMatch(/at most 120,000 bytes/);
  }
  const list = (task: string) => ({ name: 'same', tasks: [task, { task }], wait: false });
  const both = await Promise.all([answerTo('execute_list', list('one')), answerTo('execute_list', list('two'))]);
  expect(both.filter((text) => /is being run already/.test(text))).toHaveLength(1);
  const { value } = await call(client, 'executions');
  expect(value.executions).toHaveLength(1);
  await call(client, 'cancel_execution', { execution_id: value.executions[0].execution_id });
  await expect.poll(() => answerTo('execute_list', list('three')), { timeout: 20_000 }).toMatch(/"state": "running"/);
});

test('EXEC-11: an id that is in use does not take the answer from the first request; a session that is deleted ends what runs', async () => {
  const there = await place({ EXECUTOR_TOKEN: token });
  const url = `http://127.0.0.1:${await (await serveApart(there.env)).listening}/mcp`;
  const bearer = { authorization: `Bearer ${token}`, accept: 'application/json, text/event-stream' };
  const send = (session: string, message: object) =>
    fetch(url, {
      method: 'POST',
      headers: {
        ...bearer,
        'content-type': 'application/json',
        ...(session === '' ? {} : { 'mcp-session-id': session }),
      },
      body: JSON.stringify({ jsonrpc: '2.0', ...message }),
    });
  const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
  const session = (await send('', { id: 1, method: 'initialize', params })).headers.get('mcp-session-id') ?? '';
  await send(session, { method: 'notifications/initialized' });
  const run = (id: number, command: string) =>
    send(session, { id, method: 'tools/call', params: { name: 'execute_command', arguments: { command } } });
  const first = await run(7, 'until [ -e go ]; do sleep 0.05; done; echo one');
  const second = await run(7, 'echo two');
  expect([second.status, await second.json()]).toEqual([
    400,
    { jsonrpc: '2.0', id: null, error: { code: -32600, message: expect.stringContaining('id 7') } },
  ]);
  await writeFile(join(there.folder, 'go'), '');
  expect(await first.text()).toContain('one');
  const third = await run(7, 'echo $$ > pid; exec sleep 100');
  const pid = await numberIn(join(there.folder, 'pid'));
  expect((await fetch(url, { method: 'DELETE', headers: { ...bearer, 'mcp-session-id': session } })).status).toBe(200);
  expect(await third.text()).toBe('');
  await expect.poll(() => isGone(pid), { timeout: 10_000 }).toBe(true);
});

test('EXEC-11: clients that leave without a word shut out nobody', async () => {
  const there = await place({ EXECUTOR_TOKEN: token });
  const port = await (await serveApart(there.env)).listening;
  const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
  for (let count = 0; count < 101; count += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/mcp`, {
      method: 'POST',
      headers: {
        ...{ authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }),
    });
    expect(answer.status, String(count)).toBe(200);
    await answer.text();
  }
  const client = await overHttp(port, token);
  expect((await client.listTools()).tools.length).toBeGreaterThan(10);
});
