import { mkdir, readdir, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { protocolLimits } from '../../src/agent/command-protocol.ts';
import { type CommandSocket, openCommandSocket } from '../../src/agent/command-socket.ts';
import type { AgentControl } from '../../src/agent/control.ts';
import { reachAgent } from '../../src/agent/reach-agent.ts';
import { MendwatchError } from '../../src/errors.ts';
import type { AgentEvent } from '../../src/events.ts';
import { freshState } from '../../src/state/schema.ts';
import { scratch } from '../rig/scratch.ts';

interface Rig {
  readonly stateFile: string;
  readonly socket: CommandSocket;
  readonly told: string[];
  readonly listeners: Set<(event: AgentEvent) => void>;
}

/** A socket before an agent that only remembers what it was told. */
async function open(stateFile: string, runtimeFolder?: string): Promise<Rig> {
  await mkdir(dirname(stateFile), { recursive: true });
  const told: string[] = [];
  const listeners = new Set<(event: AgentEvent) => void>();
  const say = <T>(word: string, answer: T) => {
    told.push(word);
    return Promise.resolve(answer);
  };
  const state = freshState(0);
  const standing = state.processes.orchestrator;
  const agent: Partial<AgentControl> = {
    state,
    pause: () => say('pause', standing),
    snooze: (ms) => say(`snooze ${ms}`, standing),
    retry: (id) => Promise.reject(new MendwatchError(`${id} is done`, { remedy: 'Leave it', exitCode: 2 })),
    stop: () => say('stop', undefined),
    force: () => say('force', undefined),
    onEvent: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const control = Promise.resolve(agent as AgentControl);
  const socket = await openCommandSocket({ stateFile, runtimeFolder, left: undefined, control });
  onTestFinished(() => socket.close());
  return { stateFile, socket, told, listeners };
}

/** Sends bytes as they are; gives all that comes until the other side hangs up. */
function send(place: string, bytes: string | Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect({ path: place });
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
    socket.write(bytes);
  });
}

test('only this user may open it, and nothing but it is in the folder', async () => {
  const { socket, stateFile } = await open(join(await scratch('socket'), 'state', 'app_state.json'));
  expect(socket.place).toBe(join(dirname(stateFile), 'app_state.sock'));
  expect((await stat(socket.place)).mode & 0o777).toBe(0o600);
  expect(await readdir(dirname(stateFile))).toEqual(['app_state.sock']);
  await socket.close();
  expect(await readdir(dirname(stateFile))).toEqual([]);
  expect(await reachAgent({ stateFile })).toBeUndefined();
});

test('a state folder that is too deep for a socket gets one elsewhere, and it goes with the agent', async () => {
  const folder = await scratch('socket');
  const runtime = join(folder, 'run');
  await mkdir(runtime);
  const { socket } = await open(join(folder, 'x'.repeat(90), 'app_state.json'), runtime);
  expect(dirname(dirname(socket.place))).toBe(runtime);
  expect((await stat(dirname(socket.place))).mode & 0o777).toBe(0o700);
  await socket.close();
  expect(await readdir(runtime)).toEqual([]);
});

test('a runtime folder that is not there, or too deep itself, is none', async () => {
  const folder = await scratch('socket');
  const deep = join(folder, 'y'.repeat(90));
  await mkdir(deep);
  for (const [number, runtime] of [join(folder, 'gone'), '', 'relative', deep].entries()) {
    const { socket } = await open(join(folder, `${number}${'x'.repeat(90)}`, 'app_state.json'), runtime);
    expect(dirname(dirname(socket.place))).toBe(tmpdir());
    await socket.close();
  }
  expect(await readdir(deep)).toEqual([]);
});

test('two state files in one folder have sockets of their own, and a copied state takes nobody his', async () => {
  const folder = await scratch('socket');
  const names = ['shop', 'shop.json', 'shop.v1', 'shop.v2'];
  const rigs = await Promise.all(names.map((name) => open(join(folder, name))));
  expect(new Set(rigs.map(({ socket }) => socket.place)).size).toBe(names.length);
  const [left = ''] = rigs.map(({ socket }) => socket.place);
  const control = new Promise<AgentControl>(() => undefined);
  const copy = await openCommandSocket({ stateFile: join(folder, 'copy'), runtimeFolder: undefined, left, control });
  onTestFinished(() => copy.close());
  expect(await reachAgent({ stateFile: join(folder, 'shop') })).toBeDefined();
});

test('a command goes through with its answer, or with what is wrong and what to do', async () => {
  const { stateFile, told } = await open(join(await scratch('socket'), 'app_state.json'));
  const agent = await reachAgent({ stateFile });
  expect(await agent?.pause()).toMatchObject({ status: 'stopped' });
  await agent?.snooze(1_800_000);
  await expect(agent?.retry('task_00000000')).rejects.toMatchObject({
    message: 'task_00000000 is done',
    remedy: 'Leave it',
    exitCode: 2,
  });
  expect(told).toEqual(['pause', 'snooze 1800000']);
});

test('stop is over when the agent is gone, and says so when that takes too long', async () => {
  const { stateFile, socket, told } = await open(join(await scratch('socket'), 'app_state.json'));
  const agent = await reachAgent({ stateFile });
  await expect(agent?.stop({ force: false, timeoutMs: 50 })).rejects.toThrow(/has not ended within 0.05 s/);
  const stopped = agent?.stop({ force: true, timeoutMs: 30_000 });
  await expect.poll(() => told).toEqual(['stop', 'force']);
  await socket.close();
  expect(await stopped).toEqual({ pid: process.pid });
});

test('whatever comes in is answered or cut off, and others are served', async () => {
  const { socket, told } = await open(join(await scratch('socket'), 'app_state.json'));
  const refusals = [
    ['garbage\n', /one line of JSON/],
    ['{"command":"pause"}\n', /version 1 of its protocol, and was asked in version undefined/],
    ['{"v":2,"command":"pause"}\n', /was asked in version 2/],
    ['{"v":1,"command":"explode"}\n', /does not know such a command/],
    ['{"v":1,"command":"retry","task":"../../etc"}\n', /does not know such a command/],
    ['{"v":1,"command":"snooze","ms":-1}\n', /does not know such a command/],
    ['x'.repeat(protocolLimits.requestBytes + 1), /at most 16384 bytes/],
    [new Uint8Array([0xff, 0xfe, 0x0a]), /one line of JSON/],
  ] as const;
  for (const [bytes, said] of refusals) expect(JSON.parse(await send(socket.place, bytes)).error.message).toMatch(said);
  const silent = connect({ path: socket.place });
  onTestFinished(() => void silent.destroy());
  expect(JSON.parse(await send(socket.place, '{"v":1,"command":"pause"}\n'))).toMatchObject({ ok: true });
  expect(told).toEqual(['pause']);
});

test('events come one a line until the caller hangs up', async () => {
  const { socket, listeners } = await open(join(await scratch('socket'), 'app_state.json'));
  const caller = connect({ path: socket.place }).setEncoding('utf8');
  let read = '';
  caller.on('data', (chunk: string) => {
    read += chunk;
  });
  caller.write('{"v":1,"command":"events"}\n');
  await expect.poll(() => listeners.size).toBe(1);
  for (const listener of listeners) listener({ type: 'baseline.started', at: 7 });
  await expect
    .poll(() =>
      read
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line || 'null')),
    )
    .toEqual([
      { v: 1, ok: true, result: null },
      { v: 1, event: { type: 'baseline.started', at: 7 } },
    ]);
  caller.destroy();
  await expect.poll(() => listeners.size).toBe(0);
});

test('RUN-8: who asked for events and has hung up before the agent was ready is not told any', async () => {
  const folder = await scratch('socket');
  const ready = Promise.withResolvers<AgentControl>();
  const socket = await openCommandSocket({
    ...{ stateFile: join(folder, 'app_state.json'), runtimeFolder: undefined, left: undefined },
    control: ready.promise,
  });
  onTestFinished(() => socket.close());
  const caller = connect({ path: socket.place });
  await new Promise((resolve) => caller.write('{"v":1,"command":"events"}\n', resolve));
  // Answered behind what came before it: the request is there.
  await send(socket.place, 'garbage\n');
  caller.destroy();
  await send(socket.place, 'garbage\n');
  const listeners = new Set<unknown>();
  const agent: Partial<AgentControl> = {
    pause: async () => freshState(0).processes.orchestrator,
    onEvent: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  ready.resolve(agent as AgentControl);
  expect(JSON.parse(await send(socket.place, '{"v":1,"command":"pause"}\n'))).toMatchObject({ ok: true });
  await expect.poll(() => listeners.size).toBe(0);
});
