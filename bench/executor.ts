import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { findPackageRoot } from '../src/config/package-root.ts';
import { start } from '../src/process/process.ts';
import { placesIn } from '../test/rig/places.ts';
import {
  type Defer,
  type Figure,
  figureOf,
  leastRounds,
  paired,
  ratios,
  type Suite,
  timed,
  withReleases,
} from './suite.ts';

const token = 'the-token-of-the-bench';
const line = 'src/checkout.ts:41:7 - the total of the order is 10000 cents, expected 9000 after it\n';
const fileBytes = 50_000_000;

export const executor: Suite = {
  name: 'executor',
  title: 'output through the executor against `ws` alone, and a short command against a bare spawn',
  run: (isQuick) =>
    withReleases(async (defer) => {
      const folder = await mkdtemp(join(tmpdir(), 'mendwatch-bench-'));
      defer(() => rm(folder, { recursive: true, force: true }));
      const socket = await openSocket(defer, folder);
      return [
        ...(await throughput(socket, defer, folder, isQuick ? 2 : 20)),
        ...(await latency(socket, isQuick ? 10 : 200)),
      ];
    }),
};

/** Bytes of output a second, once through the executor and once sent by `ws` alone; the same reader for both. */
async function throughput(socket: WebSocket, defer: Defer, folder: string, files: number): Promise<Figure[]> {
  const file = join(folder, 'output.txt');
  await writeFile(file, line.repeat(Math.ceil(fileBytes / line.length)).slice(0, fileBytes));
  const rateOf = (ms: number): number => (files * fileBytes) / 1_000 / ms;
  const plain = async (): Promise<number> => {
    const url = await startListening(defer, folder, 'bench/plain-socket.ts', [line, String(files * fileBytes)]);
    return rateOf(
      await timed(async () => {
        const other = new WebSocket(url, { perMessageDeflate: false });
        other.on('message', () => undefined);
        await once(other, 'close');
      }),
    );
  };
  const command = `for i in $(seq ${files}); do cat ${file}; done`;
  const ours = async (): Promise<number> => rateOf(await timed(() => execute(socket, command)));
  const rates = await paired({ plain, ours }, leastRounds);
  const note = `${(files * fileBytes) / 1e9} GB`;
  return [
    figureOf('ws alone', rates.plain, 'MB/s', { note }),
    figureOf('through the executor', rates.ours, 'MB/s', { note }),
    figureOf('executor / ws alone', ratios(rates.ours, rates.plain), 'ratio', { target: '≥ 0.5' }),
  ];
}

/** From the request of `true` to its end; in turns with a bare spawn of the same shell. */
async function latency(socket: WebSocket, rounds: number): Promise<Figure[]> {
  const spawned = (): Promise<number> => timed(() => once(spawn('/bin/sh', ['-c', 'true']), 'close'));
  const executed = (): Promise<number> => timed(() => execute(socket, 'true'));
  const { bare, ours } = await paired({ bare: spawned, ours: executed }, rounds);
  const more = ours.map((ms, round) => ms - (bare[round] ?? Number.NaN));
  return [
    figureOf('bare spawn', bare, 'ms'),
    figureOf('execute → completed', ours, 'ms'),
    figureOf('execute → completed, p99', ours, 'ms', { p: 0.99 }),
    figureOf('more than a bare spawn', more, 'ms', { target: '≤ 10' }),
  ];
}

/** Resolves when the command has ended. */
async function execute(socket: WebSocket, command: string): Promise<void> {
  const completed = Buffer.from('{"jsonrpc":"2.0","method":"process.completed"');
  const ended = new Promise<void>((resolve, reject) => {
    const listener = (data: Buffer): void => {
      if (data.subarray(0, completed.length).equals(completed)) {
        socket.off('message', listener);
        resolve();
      } else if (data.length < 1_000 && data.includes('"error":{')) reject(new Error(String(data)));
    };
    socket.on('message', listener);
  });
  socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'execute', params: { command, timeout: 600 } }));
  await ended;
}

/** A client of an executor in a process of its own, as people start it. */
async function openSocket(defer: Defer, folder: string): Promise<WebSocket> {
  const url = await startListening(defer, folder, 'automation/serve.ts', []);
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` }, perMessageDeflate: false });
  defer(async () => socket.terminate());
  await once(socket, 'message');
  return socket;
}

/** Starts a server and gives the address that it prints. */
async function startListening(defer: Defer, folder: string, entry: string, args: readonly string[]): Promise<string> {
  const project = join(folder, 'project');
  await mkdir(project, { recursive: true });
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: join(folder, 'home'),
    PROJECT_ROOT: project,
    ...placesIn(folder),
    EXECUTOR_PORT: '0',
    EXECUTOR_TOKEN: token,
  };
  const server = start({
    command: process.execPath,
    args: [join(findPackageRoot(), entry), ...args],
    cwd: folder,
    env,
    stdout: { kind: 'stream' },
  });
  defer(async () => void (await server.cancel('measured')));
  let said = '';
  for await (const chunk of server.stdout?.iterator({ destroyOnReturn: false }) ?? []) {
    said += String(chunk);
    const url = /ws:\/\/\S+?(?=[.\s]*\s)/.exec(said)?.[0];
    if (url === undefined) continue;
    server.stdout?.resume();
    return url;
  }
  throw new Error(`${entry} did not start: ${said}${(await server.result).stderr}`);
}
