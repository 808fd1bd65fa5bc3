import { connect as connectRaw } from 'node:net';
import { expect, test } from 'vitest';
import { fuzz } from './fuzz.ts';
import { serveHere, token } from './rig.ts';

test.each([
  ['{', -32700],
  ['', -32700],
  ['nonsense', -32700],
  ['[]', -32600],
  ['"x"', -32600],
  ['null', -32600],
  ['7', -32600],
  [JSON.stringify(Array.from({ length: 10_000 }, () => ({ jsonrpc: '2.0', id: 1, method: 'ping' }))), -32600],
  ['['.repeat(500_000), -32700],
  ['{"jsonrpc":"1.0","method":"ping","id":1}', -32600],
  ['{"jsonrpc":"2.0","id":1}', -32600],
  ['{"jsonrpc":"2.0","method":"ping","id":{}}', -32600],
  ['{"jsonrpc":"2.0","method":"nothing","id":1}', -32601],
  ['{"jsonrpc":"2.0","method":"toString","id":1}', -32601],
  ['{"jsonrpc":"2.0","method":"execute","id":1}', -32602],
  ['{"jsonrpc":"2.0","method":"execute","id":1,"params":["true"]}', -32602],
  ['{"jsonrpc":"2.0","method":"execute","id":1,"params":{"command":""}}', -32602],
  ['{"jsonrpc":"2.0","method":"execute","id":1,"params":{"command":7}}', -32602],
  ['{"jsonrpc":"2.0","method":"execute","id":1,"params":{"command":"true","timeout":-1}}', -32602],
  ['{"jsonrpc":"2.0","method":"execute","id":1,"params":{"command":"true","timeout":"5"}}', -32602],
  ['{"jsonrpc":"2.0","method":"control","id":1,"params":{"type":"pause"}}', -32602],
  ['{"jsonrpc":"2.0","method":"control","id":1,"params":{"type":"PAUSE"}}', -32003],
])('F59: %.60s', async (text, code) => {
  const { connect } = await serveHere();
  const caller = await connect();
  caller.socket.send(text);
  const { error } = await caller.until((frame) => frame.error !== undefined);
  expect(error).toEqual({ code, message: expect.any(String), data: null });
  expect((await caller.run('echo next')).stdout).toBe('next\n');
});

test('F59: a binary frame is refused, and the next message works', async () => {
  const { connect } = await serveHere();
  const caller = await connect();
  caller.socket.send(Buffer.from('{"jsonrpc":"2.0","method":"ping","id":1}'));
  expect((await caller.until((frame) => frame.error !== undefined)).error?.code).toBe(-32600);
  expect((await caller.run('echo next')).stdout).toBe('next\n');
});

test('F59: a frame beyond 1 MiB ends its own connection with 1009, and no other', async () => {
  const { connect } = await serveHere();
  const [one, two] = await Promise.all([connect(), connect()]);
  one.socket.send('x'.repeat(10 * 1024 * 1024));
  expect((await one.closed).code).toBe(1009);
  expect((await two.run('echo fine')).stdout).toBe('fine\n');
});

test('F59: broken WebSocket frames end their own connection alone', async () => {
  const { connect, port } = await serveHere();
  const upgrade = `GET /ws/mcp HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer ${token}\r\n\r\n`;
  // Reserved bits, an unmasked frame, a control frame that is too long, half a frame.
  for (const frame of ['f18100', '810161', '89fe0100', '81fe'].map((hex) => Buffer.from(hex, 'hex'))) {
    const ended = new Promise((resolve) => {
      const socket = connectRaw(port, '127.0.0.1', () => socket.write(upgrade));
      socket.once('data', () => socket.end(frame));
      socket.on('close', resolve).on('error', resolve).resume();
    });
    await ended;
  }
  expect((await (await connect()).run('echo fine')).stdout).toBe('fine\n');
});

test('F59: whatever is sent, the answer is a known error', () => fuzz(100));
