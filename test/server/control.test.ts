import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { isGone, numberIn, until } from '../process/until.ts';
import { type Caller, serveHere } from './rig.ts';

/** A child in its own session, as Claude starts its tools, that counts. */
const counting =
  "setsid sh -c 'echo $$ >pid; n=0; while :; do n=$((n+1)); echo $n >count.new; mv count.new count; sleep 0.01; done' & wait";

const controls = (caller: Caller, type: string) => caller.ask('control', { type });

test('EXEC-3: PAUSE stops a child in a session of its own, RESUME lets it go on, CANCEL leaves nobody', async () => {
  const { connect, folder } = await serveHere();
  const caller = await connect();
  await caller.ask('execute', { command: counting });
  const pid = await numberIn(join(folder, 'pid'));
  const count = () => Number(readFileSync(join(folder, 'count'), 'utf8'));
  await until('it counts', () => numberIn(join(folder, 'count')).then((found) => found > 2));
  const paused = await controls(caller, 'PAUSE');
  expect(paused.result).toMatchObject({ status: 'paused', survivors: [] });
  expect(paused.result.reached).toBeGreaterThanOrEqual(2);
  const atPause = count();
  await delay(100);
  expect(count()).toBe(atPause);
  expect((await controls(caller, 'RESUME')).result.status).toBe('resumed');
  await until('it counts on', () => count() > atPause);
  expect((await controls(caller, 'CANCEL')).result).toMatchObject({ status: 'canceled', survivors: [] });
  await caller.notice('process.completed');
  expect(isGone(pid)).toBe(true);
});

test('F61, EXEC-3: twice, while paused, when not paused, and after the end', async () => {
  const { connect, folder } = await serveHere();
  const caller = await connect();
  await caller.ask('execute', { command: counting });
  const pid = await numberIn(join(folder, 'pid'));
  expect((await controls(caller, 'RESUME')).result.status).toBe('resumed');
  expect((await controls(caller, 'PAUSE')).result.status).toBe('paused');
  expect((await controls(caller, 'PAUSE')).result.status).toBe('paused');
  const startedMs = performance.now();
  const both = await Promise.all([controls(caller, 'CANCEL'), controls(caller, 'CANCEL')]);
  expect(both.map(({ result }) => result.status)).toEqual(['canceled', 'canceled']);
  expect(performance.now() - startedMs).toBeLessThan(1_500);
  await caller.notice('process.completed');
  expect(isGone(pid)).toBe(true);
  expect(caller.frames.filter(({ method }) => method === 'process.canceled')).toHaveLength(1);
  expect(caller.frames.at(-1)?.method).toBe('process.completed');
  for (const type of ['PAUSE', 'RESUME', 'CANCEL']) {
    expect((await controls(caller, type)).error).toMatchObject({ code: -32003, data: null });
  }
});

test('a pause does not count towards the time limit', async () => {
  const { connect } = await serveHere();
  const caller = await connect();
  await caller.ask('execute', { command: 'sleep 0.3; echo made it', timeout: 0.6 });
  await controls(caller, 'PAUSE');
  await delay(700);
  await controls(caller, 'RESUME');
  const { params } = await caller.notice('process.completed');
  expect(params).toMatchObject({ status: 'completed', timed_out: false });
  expect(params.execution_time - params.active_time).toBeGreaterThan(0.6);
});

test('a command that ignores TERM is ended all the same', async () => {
  const { connect } = await serveHere();
  const caller = await connect();
  await caller.ask('execute', { command: `trap '' TERM; echo ready; while :; do sleep 0.05; done` });
  await caller.until(({ params }) => params?.data === 'ready\n');
  expect((await controls(caller, 'CANCEL')).result).toMatchObject({ status: 'canceled', survivors: [] });
});

test('a cancel reaches a command whose output nobody reads, and its end comes', async () => {
  const { connect } = await serveHere();
  const caller = await connect();
  await caller.ask('execute', { command: 'yes' });
  await caller.notice('process.output');
  caller.socket.pause();
  const id = 'cancel';
  caller.socket.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'control', params: { type: 'CANCEL' } }));
  await delay(300);
  caller.socket.resume();
  expect((await caller.until((frame) => frame.id === id)).result).toMatchObject({ status: 'canceled', survivors: [] });
  expect((await caller.notice('process.completed')).params.canceled).toBe(true);
});
