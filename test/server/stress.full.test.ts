import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { type Apart, footprintOf, serveApart } from './apart.ts';
import { fuzz } from './fuzz.ts';
import { loseConnections } from './reconnect.ts';
import { type Caller, connect, type Frame, serveHere } from './rig.ts';

const token = 'the-token-of-the-stress-tests';
const headers = { authorization: `Bearer ${token}` };

async function serve(settings: Record<string, string> = {}): Promise<Apart & { port: number; pid: number }> {
  const apart = await serveApart({ EXECUTOR_TOKEN: token, ...settings });
  return { ...apart, port: await apart.listening, pid: apart.server.pid ?? 0 };
}

test('EXEC-9, EXEC-14: the connection is lost 200 times at random moments, and every byte comes once', () =>
  loseConnections(10, 20));

test('F59, EXEC-14: ten thousand broken messages', () => fuzz(1_000));

test('EXEC-5, EXEC-14: a hundred sessions run side by side', async () => {
  const { connect: call } = await serveHere();
  const callers = await Promise.all(Array.from({ length: 100 }, () => call()));
  const startedMs = performance.now();
  const ran = await Promise.all(callers.map((caller, index) => caller.run(`sleep 1; echo ${index}`)));
  expect(ran.map(({ stdout }) => stdout)).toEqual(callers.map((_, index) => `${index}\n`));
  expect(performance.now() - startedMs).toBeLessThan(10_000);
});

test('EXEC-14: short executions, again and again, leave nothing behind', async () => {
  const { connect: call } = await serveHere();
  const runMany = async (count: number): Promise<void> => {
    const caller = await call();
    for (let turn = 0; turn < count; turn++) {
      expect((await caller.run('echo x')).completed.status).toBe('completed');
      caller.frames.length = 1;
    }
    caller.socket.close(1000);
    await caller.closed;
  };
  await runMany(50);
  const before = inUse();
  await Promise.all([runMany(150), runMany(150)]);
  await expect.poll(() => footprintOf(process.pid)).toMatchObject({ children: before.children });
  await expect.poll(() => footprintOf(process.pid).descriptors).toBeLessThanOrEqual(before.descriptors);
  expect(inUse().memoryMb - before.memoryMb).toBeLessThan(5);
});

/** What this process holds when everything that nobody needs has been collected. */
function inUse() {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const { heapUsed, external } = process.memoryUsage();
  return { ...footprintOf(process.pid), memoryMb: (heapUsed + external) / 2 ** 20 };
}

const endless = 'seq -s , 1 100000000';
const floodBytes = 100_000_000;

test('F44, F60, EXEC-4: floods to a slow reader stay in bounded memory, complete, and disturb nobody', async () => {
  const { port, pid } = await serve();
  const [slow, careless, bystander] = (await Promise.all([1, 2, 3].map(() => connect(port, { headers })))) as [
    Caller,
    Caller,
    Caller,
  ];
  await bystander.run('true');
  const before = footprintOf(pid).memoryMb;
  const expected = checksumOf(`${endless} | head -c ${floodBytes}`);
  await slow.ask('execute', { command: `${endless} | head -c ${floodBytes}`, timeout: 300 });
  const reader = readFrom(slow);
  await careless.ask('execute', { command: 'yes', timeout: 300 });
  await careless.notice('process.output');
  careless.socket.pause();
  const delays: number[] = [];
  let mostMb = 0;
  for (let turn = 0; turn < 40; turn++) {
    const fromMs = performance.now();
    await bystander.ask('ping', { timestamp: turn });
    delays.push(performance.now() - fromMs);
    mostMb = Math.max(mostMb, footprintOf(pid).memoryMb);
    slow.socket.resume();
    await reader.more(100_000);
    slow.socket.pause();
    await delay(50);
  }
  slow.socket.resume();
  const { crc, bytes } = await reader.end;
  mostMb = Math.max(mostMb, footprintOf(pid).memoryMb);
  expect({ crc, bytes }).toEqual({ crc: await expected, bytes: floodBytes });
  expect(mostMb - before).toBeLessThan(32);
  delays.sort((a, b) => a - b);
  expect(delays[Math.floor(delays.length * 0.5)]).toBeLessThan(50);
  careless.socket.terminate();
});

/** Takes the output apart as it comes, without keeping it. */
function readFrom(caller: Caller) {
  let crc = 0;
  let bytes = 0;
  let wanted: { bytes: number; resolve: () => void } | undefined;
  const end = new Promise<{ crc: number; bytes: number }>((resolve) => {
    const take = ({ method, params }: Frame): void => {
      if (method === 'process.output') {
        crc = crc32(params.data, crc);
        bytes += params.data.length;
      }
      if (wanted !== undefined && bytes >= wanted.bytes) wanted.resolve();
      if (method === 'process.completed') resolve({ crc, bytes });
    };
    for (const frame of caller.frames) take(frame);
    caller.socket.removeAllListeners('message');
    caller.socket.on('message', (text) => take(JSON.parse(String(text))));
  });
  const more = (count: number): Promise<void> =>
    new Promise((resolve) => {
      wanted = { bytes: bytes + count, resolve };
    });
  return { end, more };
}

async function checksumOf(command: string): Promise<number> {
  const child = spawn('/bin/sh', ['-c', command], { stdio: ['ignore', 'pipe', 'ignore'] });
  let crc = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    crc = crc32(chunk, crc);
  });
  await once(child, 'close');
  return crc;
}
