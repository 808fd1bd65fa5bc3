import { request } from 'node:http';
import { expect, test } from 'vitest';
import { serveApart } from '../server/apart.ts';
import { useEveryTool } from './every-tool.ts';
import { call, overHttp, place } from './rig.ts';

const token = 'a-token-for-the-tests-0123456789';

/** Of a GET with these headers, which `fetch` would not all send. */
function statusFor(port: number, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path: '/mcp', headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject).end();
  });
}

test('EXEC-11: the same over HTTP on the port of the executor, with its checks of token, Origin and Host', async () => {
  const there = await place({ EXECUTOR_TOKEN: token });
  const { listening, server } = await serveApart(there.env);
  const port = await listening;
  const client = await overHttp(port, token);
  await useEveryTool(client, there);
  const said: string[] = [];
  const stop = new AbortController();
  const cancelled = call(
    client,
    'execute_command',
    { command: 'echo here; sleep 100' },
    {
      signal: stop.signal,
      onprogress: ({ message = '' }) => {
        said.push(message);
        if (message.endsWith('here')) stop.abort(new Error('seen enough'));
      },
    },
  );
  await expect(cancelled).rejects.toThrow(/seen enough/);
  await expect
    .poll(async () => (await call(client, 'executions')).value.executions[0])
    .toMatchObject({ canceled: true, command: 'echo here; sleep 100' });
  const another = await overHttp(port, token);
  expect((await another.listTools()).tools.length).toBeGreaterThan(10);

  const initialize = { jsonrpc: '2.0', id: 1, method: 'initialize', params: {} };
  const post = async (headers: Record<string, string>, body: unknown = initialize): Promise<number> => {
    const all = { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers };
    const answer = await fetch(`http://127.0.0.1:${port}/mcp`, {
      method: 'POST',
      headers: all,
      body: JSON.stringify(body),
    });
    await answer.text();
    return answer.status;
  };
  const bearer = { authorization: `Bearer ${token}` };
  expect(await post({})).toBe(401);
  expect(await post({ authorization: 'Bearer wrong' })).toBe(401);
  expect(await post({ ...bearer, origin: 'https://evil.example' })).toBe(403);
  expect(await post({ ...bearer, 'mcp-session-id': 'unknown' })).toBe(404);
  expect(await post(bearer, { jsonrpc: '2.0', id: 1, method: 'tools/list' })).toBe(400);
  expect(await statusFor(port, { ...bearer, host: 'evil.example' })).toBe(403);
  process.kill(server.pid ?? 0, 'SIGTERM');
  expect((await server.result).end).toEqual({ kind: 'exited', code: 0 });
});
