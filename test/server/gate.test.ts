import { request } from 'node:http';
import { type AddressInfo, connect as connectRaw, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { admit } from '../../src/server/gate.ts';
import { type ConnectOptions, connect as connectTo, serveHere, token } from './rig.ts';

const bearer = { authorization: `Bearer ${token}` };

function get(port: number, path: string, headers: Record<string, string>): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path, headers }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    sent.on('error', reject).end();
  });
}

test('F58, EXEC-6: without the token, from a foreign page or under a foreign name nobody gets in', async () => {
  const { connect } = await serveHere({ origins: ['http://localhost:3000'] });
  const cases: ReadonlyArray<readonly [number, ConnectOptions]> = [
    [401, { headers: {} }],
    [401, { headers: { authorization: 'Bearer wrong' } }],
    [401, { headers: { authorization: `Bearer ${token}x` } }],
    [401, { headers: { authorization: `Basic ${token}` } }],
    [401, { headers: {}, query: `?token=${token}` }],
    [401, { headers: {}, protocols: ['mendwatch', 'bearer.wrong'] }],
    [403, { headers: { ...bearer, origin: 'https://evil.example' } }],
    [403, { headers: { ...bearer, origin: 'null' } }],
    [403, { headers: { ...bearer, origin: 'http://localhost:3001' } }],
    [403, { headers: { ...bearer, host: 'evil.example:8003' } }],
    [403, { headers: { ...bearer, host: '10.0.0.1' } }],
  ];
  for (const [status, options] of cases) {
    await expect(connect(options), JSON.stringify(options)).rejects.toThrow(`Unexpected server response: ${status}`);
  }
});

test('F58: the owner of the token gets in, and a listed page with the token as a protocol', async () => {
  const { connect } = await serveHere({ origins: ['http://localhost:3000'] });
  expect((await connect({ headers: { ...bearer, host: 'localhost:8003' } })).sessionId).toMatch(/^[0-9a-f-]{36}$/);
  const page = await connect({
    headers: { origin: 'http://localhost:3000' },
    protocols: ['mendwatch', `bearer.${token}`],
  });
  expect(page.socket.protocol).toBe('mendwatch');
});

test('EXEC-6: without a token only allowed commands run, and never in a shell', async () => {
  const { connect } = await serveHere({ token: undefined, allowedCommands: ['echo'] });
  const caller = await connect({ headers: {} });
  expect((await caller.run('echo "a  b" c')).stdout).toBe('a  b c\n');
  for (const command of ['echo x; id', 'echo $(id)', 'id', 'echo x\nid', './echo', '/bin/sh -c id', 'PATH=. echo']) {
    expect((await caller.ask('execute', { command })).error, command).toMatchObject({ code: -32002, data: null });
  }
});

test('EXEC-6: a shell is for authenticated clients on this machine alone', async () => {
  const { connect } = await serveHere();
  const behindProxy = await connect({ headers: { ...bearer, 'x-forwarded-for': '203.0.113.7' } });
  expect((await behindProxy.ask('execute', { command: 'true' })).error).toMatchObject({ code: -32002 });
  const open = await serveHere({ token: undefined });
  const anybody = await open.connect({ headers: {} });
  expect((await anybody.ask('execute', { command: 'true' })).error).toMatchObject({ code: -32002 });
});

test('beyond loopback a server answers to its own name and to addresses', () => {
  const rules = { host: '0.0.0.0', token, origins: [] };
  const admitted = (host: string) => 'client' in admit({ ...bearer, host }, '192.168.0.9', rules);
  expect(admitted('192.168.0.2:8003')).toBe(true);
  expect(admitted('[fd00::2]:8003')).toBe(true);
  expect(admitted('evil.example:8003')).toBe(false);
  expect(admitted('192.168.0.2.evil.example')).toBe(false);
});

test('EXEC-13: health tells how it is, but not to a foreign name', async () => {
  const { connect, port } = await serveHere({ maxSessions: 7 });
  await connect();
  const { status, body } = await get(port, '/health', {});
  expect(status).toBe(200);
  expect(JSON.parse(body)).toEqual({
    status: 'healthy',
    version: '1.2.3',
    active_sessions: 1,
    max_sessions: 7,
    running_executions: 0,
    uptime_seconds: expect.any(Number),
    problem: null,
  });
  expect((await get(port, '/health', { host: 'evil.example' })).status).toBe(403);
  expect((await get(port, '/ws/mcp', bearer)).status).toBe(404);
  const nowhere = await get(port, '/nowhere', bearer);
  expect([nowhere.status, JSON.parse(nowhere.body)]).toEqual([404, { error: expect.stringContaining('/ws/mcp') }]);
});

test('F58: of who is not let in nothing is read, at the other door neither', async () => {
  const { port, logged } = await serveHere();
  const post = async (headers: Record<string, string>): Promise<number> => {
    const url = `http://127.0.0.1:${port}/mcp`;
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: 'no JSON',
    });
    await answer.text();
    return answer.status;
  };
  expect(await post({})).toBe(401);
  expect(logged.join()).toContain('The token is missing or wrong.');
  expect(await post({ ...bearer, origin: 'https://evil.example' })).toBe(403);
  expect(await post(bearer)).toBe(400);
});

test('nobody is let in before what a crashed executor left is gone', async () => {
  const port = await freePort();
  const listening = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  const order: string[] = [];
  const onListening = () => {
    listening.resolve();
    return gone.promise;
  };
  const served = serveHere({ port, onListening });
  await listening.promise;
  const early = connectTo(port).finally(() => order.push('let in'));
  const health = get(port, '/health', {}).finally(() => order.push('let in'));
  const upgrade = 'GET /ws/mcp HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
  const impatient = connectRaw(port, '127.0.0.1', () => impatient.write(upgrade, () => impatient.resetAndDestroy()));
  expect((await get(port, '/health', { host: 'evil.example' })).status).toBe(403);
  await expect(connectTo(port, { headers: { host: 'evil.example' } })).rejects.toThrow('403');
  order.push('gone');
  gone.resolve();
  expect((await (await early).run('echo fine')).stdout).toBe('fine\n');
  expect((await health).status).toBe(200);
  expect(order).toEqual(['gone', 'let in', 'let in']);
  await served;
});

test('where what was left cannot be ended, those who wait are turned away and the port is given back', async () => {
  const port = await freePort();
  const waiting: Promise<unknown>[] = [];
  const onListening = async () => {
    waiting.push(expect(connectTo(port)).rejects.toThrow('500'));
    waiting.push(expect(get(port, '/health', {})).resolves.toMatchObject({ status: 500 }));
    await get(port, '/health', { host: 'evil.example' });
    await expect(connectTo(port, { headers: { host: 'evil.example' } })).rejects.toThrow('403');
    throw new Error('they do not end');
  };
  await expect(serveHere({ port, onListening })).rejects.toThrow('they do not end');
  await Promise.all(waiting);
  await expect(connectTo(port)).rejects.toThrow('ECONNREFUSED');
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test('F58: half a request and nonsense on the port disturb nobody', async () => {
  const { connect, port } = await serveHere();
  const sockets = ['GET /ws/mcp HT', '\x00\xff\x00', 'GET / HTTP/1.1\r\n\r\n'].map((text) => {
    const socket = connectRaw(port, '127.0.0.1', () => socket.write(text, 'latin1'));
    return socket.on('error', () => undefined);
  });
  expect((await (await connect()).run('echo fine')).stdout).toBe('fine\n');
  for (const socket of sockets) socket.destroy();
});
