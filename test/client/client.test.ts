import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { backOffMs } from '../../src/client/back-off.ts';
import { ExecutorClient, ExecutorError, ExecutorPool } from '../../src/client/client.ts';
import { hooksFolder, hooksIn } from '../hooks/rig.ts';
import { isGone } from '../process/until.ts';
import { serveHere, token } from '../server/rig.ts';
import { loseConnections } from './lose.ts';
import { clientOf, lineTo } from './rig.ts';

test('EXEC-10: one line of code runs a command and gives its result', async () => {
  const client = clientOf(await serveHere());
  expect(await client.execute('echo one; echo two >&2; exit 3', { timeoutMs: 20_000 })).toMatchObject({
    executionId: expect.stringMatching(/^exec_/),
    ...{ isOk: false, exitCode: 3, isCanceled: false, isTimedOut: false, problem: undefined, missed: 0 },
    ...{ stdout: 'one\n', stderr: 'two\n', dropped: { stdout: 0, stderr: 0 }, survivors: [] },
  });
  expect(await client.execute('sleep 10', { timeoutMs: 100 })).toMatchObject({
    ...{ isOk: false, exitCode: 124, isTimedOut: true, problem: expect.stringContaining('0.1 s') },
  });
});

test('EXEC-1: commands of one client run in the order in which they were given', async () => {
  const client = clientOf(await serveHere());
  const ended: string[] = [];
  const runs = ['sleep 0.3; echo 1', 'sleep 0.1; echo 2', 'echo 3'].map(async (command) => {
    ended.push((await client.execute(command)).stdout.trim());
  });
  await Promise.all(runs);
  expect(ended).toEqual(['1', '2', '3']);
});

test('the output comes as it is printed, and the command waits for a slow reader', async () => {
  const served = await serveHere();
  const line = await lineTo(served.port);
  const client = clientOf(served, { url: line.url });
  const run = client.execute('echo first; sleep 0.2; yes | head -c 30000000');
  let [chars, isFirst] = [0, true];
  for await (const { stream, text, offset } of run) {
    if (isFirst) {
      expect({ stream, text, offset }).toEqual({ stream: 'stdout', text: 'first\n', offset: 0 });
      await expect.poll(() => line.open, { timeout: 20_000 }).toBe(0);
      isFirst = false;
    }
    expect(offset).toBe(chars);
    chars += text.length;
  }
  expect(chars).toBe(30_000_006);
  // It has been laid down meanwhile.
  expect(line.dialled).toBeGreaterThan(1);
  expect(await run).toMatchObject({ isOk: true, sums: { stdout: { bytes: chars } } });
});

test('EXEC-3: pause, resume and cancel', async () => {
  const client = clientOf(await serveHere());
  // A shell that is just starting a program cannot be stopped before that has begun, and that is stopped as well.
  const run = client.execute('exec sleep 100');
  const { pid } = await run.started;
  expect(await run.pause()).toMatchObject({ reached: expect.any(Number), survivors: [] });
  // A process that waits for the disk stops when that has answered.
  await expect.poll(async () => (await readFile(`/proc/${pid}/stat`, 'utf8')).split(' ')[2]).toBe('T');
  await run.resume();
  expect(await run.cancel()).toMatchObject({ survivors: [] });
  expect(await run).toMatchObject({ isOk: false, isCanceled: true });
  expect(isGone(pid)).toBe(true);
  await expect(run.cancel()).rejects.toMatchObject({ reason: 'ended' });
});

test('an abort cancels what runs, and what waits is never run', async () => {
  const client = clientOf(await serveHere());
  const stop = new AbortController();
  const running = client.execute('sleep 100', { signal: stop.signal });
  const waiting = client.execute('echo never', { signal: stop.signal });
  await running.started;
  stop.abort();
  expect(await running).toMatchObject({ isCanceled: true });
  await expect(waiting).rejects.toMatchObject({ reason: 'canceled' });
  await expect(client.execute('true', { signal: AbortSignal.abort() })).rejects.toBeInstanceOf(ExecutorError);
  expect((await client.execute('echo on')).stdout).toBe('on\n');
});

test('EXEC-9: the line is cut ten times at random moments of 10 MB, and every byte comes once', () =>
  loseConnections(2, 5));

test('EXEC-9: the line is cut at every step of many short commands; each runs once and has its end', async () => {
  const served = await serveHere();
  const line = await lineTo(served.port);
  const client = clientOf(served, { url: line.url });
  for (let turn = 0; turn < 10; turn++) {
    const run = client.execute(`echo ${turn} >> ran; sleep 0.02; echo done`);
    if (turn % 3 === 0) await run.started;
    else await delay(turn);
    line.cut();
    expect(await run).toMatchObject({ isOk: true, stdout: 'done\n' });
  }
  expect(await readFile(join(served.folder, 'ran'), 'utf8')).toBe('0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n');
});

test('EXEC-7, EXEC-9: the line is cut while hooks are asked; the command runs once, or the refusal is told', async () => {
  const folder = await hooksFolder({
    'pre-execute.d/slow': `case "$(cat)" in *forbidden*) sleep 0.3; echo 'not this one' >&2; exit 2;; esac; sleep 0.3`,
  });
  const served = await serveHere({ hooks: hooksIn(folder) });
  const line = await lineTo(served.port);
  const client = clientOf(served, { url: line.url });
  await client.execute('true');
  const run = client.execute('echo ran >> ran');
  await delay(50);
  line.cut();
  expect(await run).toMatchObject({ isOk: true });
  expect(await readFile(join(served.folder, 'ran'), 'utf8')).toBe('ran\n');
  const refused = client.execute('echo forbidden');
  await delay(50);
  line.cut();
  await expect(refused).rejects.toMatchObject({
    ...{ reason: 'refused', code: -32002, message: expect.stringContaining('refused: not this one') },
  });
  expect((await client.execute('echo on')).stdout).toBe('on\n');
});

test('EXEC-3, EXEC-7: a refusal by a hook and a cancel while hooks are asked are told apart from what could not start', async () => {
  const folder = await hooksFolder({
    'pre-execute.d/1': `case "$(cat)" in *forbidden*) exit 2;; *slow*) touch "$PWD/asked"; sleep 60;; esac`,
  });
  const served = await serveHere({ hooks: hooksIn(folder) });
  const client = clientOf(served);
  await expect(client.execute('echo forbidden')).rejects.toMatchObject({ reason: 'refused', code: -32002 });
  const run = client.execute('echo slow > ran');
  await expect.poll(() => readFile(join(folder, 'asked')).catch(() => undefined), { timeout: 20_000 }).toBeDefined();
  expect(await run.cancel()).toMatchObject({ reached: 0, survivors: [] });
  await expect(run).rejects.toMatchObject({ reason: 'canceled' });
  await expect(readFile(join(served.folder, 'ran'))).rejects.toThrow('ENOENT');
  const long = client.execute(`echo ${'x'.repeat(200_000)}`);
  await expect(long).rejects.toMatchObject({ reason: 'could-not-start', code: -32000 });
});

test('EXEC-9: it comes back after a while, waiting longer each time', async () => {
  const served = await serveHere();
  const line = await lineTo(served.port);
  const client = clientOf(served, { url: line.url });
  const run = client.execute('echo before; sleep 0.5; echo after');
  await run.started;
  line.refuse();
  line.cut();
  await expect.poll(() => line.dialled, { timeout: 5_000 }).toBe(4);
  line.mend();
  expect(await run).toMatchObject({ stdout: 'before\nafter\n', missed: 0 });
  const waits = Array.from({ length: 9 }, (_, attempt) => backOffMs(attempt, 1));
  expect(waits).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
  expect([backOffMs(3, 0), backOffMs(5_000, 0)]).toEqual([400, 5_000]);
});

test('what cannot be had is said: no server, a wrong token, a lost session, too many sessions, a refusal', async () => {
  const served = await serveHere({ maxSessions: 1, comeBackMs: 50 });
  const nobody = clientOf({ port: 1 }).execute('true');
  await expect(nobody).rejects.toMatchObject({ reason: 'could-not-connect', message: /no executor listens there/ });
  const wrong = clientOf(served, { token: 'wrong' }).execute('true');
  await expect(wrong).rejects.toMatchObject({ reason: 'could-not-connect' });
  const odd = clientOf(served, { token: 'white space' }).execute('true');
  await expect(odd).rejects.toMatchObject({ reason: 'could-not-connect' });
  const line = await lineTo(served.port);
  const client = clientOf(served, { url: line.url, giveUpMs: 300 });
  await expect(client.execute(' ')).rejects.toMatchObject({ reason: 'refused', code: -32602 });
  const another = clientOf(served).execute('true');
  await expect(another).rejects.toMatchObject({ reason: 'refused', code: -32001 });
  const lost = client.execute('sleep 100');
  await lost.started;
  line.refuse();
  line.cut();
  await expect(lost).rejects.toMatchObject({ reason: 'session-lost', message: /could not be made again/ });
  line.mend();
  expect((await client.execute('echo again')).stdout).toBe('again\n');
});

test('a server that has forgotten the session: what ran is lost, what waits runs in a new one', async () => {
  const served = await serveHere({ comeBackMs: 30 });
  const line = await lineTo(served.port);
  const client = clientOf(served, { url: line.url });
  const lost = client.execute('sleep 100');
  await lost.started;
  const next = client.execute('echo next');
  line.refuse();
  line.cut();
  await expect.poll(() => served.executor.status().activeSessions).toBe(0);
  line.mend();
  await expect(lost).rejects.toMatchObject({ reason: 'session-lost', message: /did not keep the session/ });
  expect((await next).stdout).toBe('next\n');
  line.cut();
  await expect.poll(() => served.executor.status().activeSessions).toBe(0);
  expect((await client.execute('echo after a rest')).stdout).toBe('after a rest\n');
});

test('a session that the server has ended for idleness is followed by another; nonsense from the line is no end', async () => {
  const served = await serveHere({ sessionTimeoutMs: 100 });
  const client = clientOf(served);
  await client.execute('true');
  const first = client.sessionId;
  await expect.poll(() => served.executor.status().activeSessions).toBe(0);
  expect((await client.execute('echo on')).stdout).toBe('on\n');
  expect(client.sessionId).not.toBe(first);
  const liar = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => liar.close());
  liar.on('connection', (socket) => socket.send('no JSON'));
  await once(liar, 'listening');
  const { port } = liar.address() as { port: number };
  const lied = clientOf({ port }).execute('true');
  await expect(lied).rejects.toMatchObject({ reason: 'could-not-connect' });
});

test('a server that stops says so; a client that closes takes its command with it', async () => {
  const served = await serveHere();
  const [one, two] = [clientOf(served), clientOf(served)];
  const closed = two.execute('sleep 100');
  const { pid } = await closed.started;
  two.close();
  await expect(closed).rejects.toMatchObject({ reason: 'closed' });
  await expect.poll(() => isGone(pid)).toBe(true);
  const stopped = one.execute('sleep 100');
  await stopped.started;
  await served.close();
  expect(await stopped).toMatchObject({ isCanceled: true, isOk: false });
  await expect(one.execute('true')).rejects.toMatchObject({ reason: expect.stringMatching(/could-not|session/) });
});

test('EXEC-5: a pool runs so many at once as it is large, with the WebSocket of ws, too', async () => {
  const served = await serveHere();
  const url = `ws://127.0.0.1:${served.port}/ws/mcp`;
  const pool = new ExecutorPool({ url, token, size: 3, WebSocket });
  onTestFinished(() => pool.close());
  const runs = Array.from({ length: 9 }, (_, turn) => pool.execute(`sleep 0.05; echo ${turn}`));
  expect((await Promise.all(runs)).map(({ stdout }) => stdout.trim())).toEqual([...'012345678']);
  expect(served.executor.status().activeSessions).toBe(3);
  expect(() => new ExecutorPool({ url, size: 0 })).toThrow(/whole number/);
});

test('EXEC-9: the client is for browsers, too: none of its modules imports anything but another of them', async () => {
  const folder = join(import.meta.dirname, '../../src/client');
  const files = await readdir(folder);
  expect(files).toContain('client.ts');
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  const imported = texts.flatMap((text) =>
    [...text.matchAll(/(?:from|import)\s*\(?'([^']+)'/g)].map(([, name]) => name),
  );
  expect(imported.length).toBeGreaterThan(10);
  expect(imported.filter((name) => !name?.startsWith('./'))).toEqual([]);
  expect(texts.filter((text) => /\b(?:Buffer|process\.|NodeJS)\b/.test(text.replace(/'process\.\w+'/g, '')))).toEqual(
    [],
  );
  expect(ExecutorClient).toBeTypeOf('function');
});

test('an address that is none, and messages that no executor sends, end in a clear error and never in a crash', async () => {
  for (const url of ['nonsense', '', 'ws://127.0.0.1:1/#part']) {
    await expect(new ExecutorClient({ url }).execute('true'), url).rejects.toMatchObject({
      reason: 'could-not-connect',
    });
  }
  const odd: object[] = [
    { method: 'connected' },
    { method: 'process.output', params: { seq: 2, type: 'neither', data: 'x', offset: 0 } },
    { method: 'process.output', params: { seq: 2, type: 'stdout', offset: 0 } },
  ];
  for (const message of odd) {
    let connections = 0;
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    onTestFinished(() => server.close());
    await once(server, 'listening');
    server.on('connection', (socket) => {
      connections += 1;
      const params = { session_id: String(connections), resumed: false, missed: 0, last_seq: 0 };
      socket.send(JSON.stringify({ method: 'connected', params }));
      socket.send(JSON.stringify({ method: 'process.started', params: { seq: 1, request_id: 1, pid: 1 } }));
      socket.send(JSON.stringify(message));
    });
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const client = new ExecutorClient({ url: `ws://127.0.0.1:${port}/` });
    onTestFinished(() => client.close());
    // The other session that it finds is not the one in which the command ran.
    await expect(client.execute('true')).rejects.toMatchObject({ reason: 'session-lost' });
  }
});
