import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { hooksFolder, hooksIn } from '../hooks/rig.ts';
import { serveHere, token } from './rig.ts';

test('F58: there is no WebSocket but at its place, with the token or without', async () => {
  const { port, connect } = await serveHere();
  const statusAt = (path: string, headers: Record<string, string>): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
      socket.once('unexpected-response', (request, { statusCode }) => {
        request.destroy();
        resolve(statusCode);
      });
      socket.once('open', () => {
        socket.terminate();
        reject(new Error(`${path} was opened`));
      });
      socket.on('error', () => undefined);
    });
  for (const headers of [{}, { authorization: `Bearer ${token}` }, { origin: 'https://evil.example' }]) {
    for (const path of ['/health', '/mcp', '/', '/ws']) expect(await statusAt(path, headers), path).toBe(404);
  }
  expect((await (await connect()).run('echo here')).stdout).toBe('here\n');
});

test('F59: what would be kept or sent back without limit is not taken: long ids, deeply nested texts', async () => {
  const { connect } = await serveHere();
  const client = await connect();
  const execute = { jsonrpc: '2.0', method: 'execute', params: { command: 'true' } };
  client.socket.send(JSON.stringify({ ...execute, id: 'i'.repeat(100_000) }));
  const refused = await client.until(({ error }) => error !== undefined);
  expect(refused).toMatchObject({ id: null, error: { code: -32600 } });
  const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  client.socket.send(`{"jsonrpc":"2.0","id":"deep","method":"ping","params":{"timestamp":${nested}}}`);
  const answered = await client.until(({ id }) => id === 'deep');
  expect(answered.result).toEqual({ status: 'pong', timestamp: null });
  expect((await client.run('echo on')).stdout).toBe('on\n');
});

test('EXEC-3, EXEC-7: a cancel while hooks are asked keeps the command from running', async () => {
  const folder = await hooksFolder({ 'pre-execute.d/slow': `touch "$PWD/asked"; sleep 60` });
  const served = await serveHere({ hooks: hooksIn(folder) });
  const client = await served.connect();
  const executed = client.ask('execute', { command: 'touch ran' });
  await expect.poll(() => readFile(join(folder, 'asked')).catch(() => undefined), { timeout: 20_000 }).toBeDefined();
  expect((await client.ask('control', { type: 'PAUSE' })).error?.code).toBe(-32003);
  expect((await client.ask('control', { type: 'CANCEL' })).result).toEqual({
    ...{ status: 'canceled', reached: 0, survivors: [] },
  });
  expect((await executed).error).toMatchObject({ code: -32000, message: 'It was canceled before it began' });
  expect((await client.notice('process.failed')).params).toMatchObject({
    ...{ error: 'It was canceled before it began', cause: 'canceled', code: -32000 },
  });
  await expect(readFile(join(served.folder, 'ran'))).rejects.toThrow('ENOENT');
});

test('EXEC-3, EXEC-7: a command that has ended is not called canceled, and hanging hooks do not hold up a stop', async () => {
  const folder = await hooksFolder({ 'post-execute.d/slow': `trap '' TERM; touch "$PWD/told"; sleep 60` });
  const served = await serveHere({ hooks: hooksIn(folder) });
  const client = await served.connect();
  await client.ask('execute', { command: 'true' });
  await expect.poll(() => readFile(join(folder, 'told')).catch(() => undefined), { timeout: 20_000 }).toBeDefined();
  for (const type of ['CANCEL', 'RESUME', 'PAUSE']) {
    expect((await client.ask('control', { type })).error, type).toMatchObject({ code: -32003 });
  }
  const beganMs = performance.now();
  await served.close('enough', 0);
  expect(performance.now() - beganMs).toBeLessThan(10_000);
  expect((await client.notice('process.completed')).params).toMatchObject({ status: 'completed', canceled: false });
  expect(client.frames.map(({ method }) => method)).not.toContain('process.canceled');
});

test('EXEC-11: another door that could not be opened is tried again with the next request', async () => {
  let tries = 0;
  const openMcp = async () => {
    tries += 1;
    if (tries === 1) throw new Error('too many open files');
    return {
      handle: async (_request: unknown, response: ServerResponse) => void response.end(),
      close: async () => {},
    };
  };
  const { port } = await serveHere({ openMcp });
  const statusOf = async (): Promise<number> => {
    const answer = await fetch(`http://127.0.0.1:${port}/mcp`, { headers: { authorization: `Bearer ${token}` } });
    await answer.text();
    return answer.status;
  };
  expect([await statusOf(), await statusOf(), await statusOf(), tries]).toEqual([500, 200, 200, 2]);
});
