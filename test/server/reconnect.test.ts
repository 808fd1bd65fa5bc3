import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { loseConnections } from './reconnect.ts';
import { serveHere } from './rig.ts';

test('EXEC-9: the connection is lost ten times at random moments of 10 MB, and every byte comes once', () =>
  loseConnections(2, 5));

test('F60: the command goes on without its client, whose return brings the rest', async () => {
  const { connect } = await serveHere();
  const first = await connect();
  await first.ask('execute', { command: 'echo before; sleep 0.3; echo after' });
  await first.until(({ params }) => params?.data === 'before\n');
  first.socket.terminate();
  await first.closed;
  await delay(500);
  const second = await connect({ query: `?session_id=${first.sessionId}&last_seq=${first.lastSeq}` });
  expect((await second.notice('process.completed')).params.status).toBe('completed');
  expect(second.output()).toBe('after\n');
});

test('a client that says goodbye takes its command with it', async () => {
  const { connect, executor } = await serveHere();
  const caller = await connect();
  await caller.ask('execute', { command: 'sleep 100' });
  caller.socket.close(1000);
  await expect.poll(() => executor.status()).toMatchObject({ activeSessions: 0, runningExecutions: 0 });
});

test('F60: a client that does not come back in time finds a new session, and its command was ended', async () => {
  const { connect, executor } = await serveHere({ comeBackMs: 100 });
  const first = await connect();
  await first.ask('execute', { command: 'yes' });
  await first.notice('process.output');
  first.socket.terminate();
  await expect.poll(() => executor.status()).toMatchObject({ activeSessions: 0, runningExecutions: 0 });
  const second = await connect({ query: `?session_id=${first.sessionId}&last_seq=5` });
  expect(second.frames[0]?.params).toMatchObject({ resumed: false, missed: 0 });
  expect(second.sessionId).not.toBe(first.sessionId);
});

test('a second connection to the same session takes it over', async () => {
  const { connect } = await serveHere();
  const first = await connect();
  await first.ask('execute', { command: 'sleep 0.3; echo here' });
  const second = await connect({ query: `?session_id=${first.sessionId}&last_seq=${first.lastSeq}` });
  expect(await first.closed).toEqual({ code: 4001, reason: 'replaced' });
  await second.notice('process.completed');
  expect(second.output()).toBe('here\n');
});

test('EXEC-5: one session too many is told and closed with 1008; a waiting one gives way', async () => {
  const { connect } = await serveHere({ maxSessions: 2 });
  const [one] = await Promise.all([connect(), connect()]);
  const third = await connect();
  const message = expect.stringMatching(/MAX_SESSIONS/);
  expect(third.frames[0]?.error).toMatchObject({ code: -32001, message, data: null });
  expect((await third.closed).code).toBe(1008);
  one.socket.terminate();
  await expect.poll(() => connect().then(({ frames }) => frames[0]?.method)).toBe('connected');
});

test('a session in which nothing happens ends, one that runs something does not', async () => {
  const { connect } = await serveHere({ sessionTimeoutMs: 200 });
  const [idle, busy] = await Promise.all([connect(), connect()]);
  const running = busy.run('sleep 0.6; echo ran');
  expect(await idle.closed).toEqual({ code: 4002, reason: 'idle' });
  expect((await running).stdout).toBe('ran\n');
});
