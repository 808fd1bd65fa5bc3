import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
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
  quickRounds,
  ratios,
  type Suite,
  scratch,
  timed,
  withReleases,
} from './suite.ts';

const token = 'the-token-of-the-bench';
const line = 'src/checkout.ts:41:7 - the total of the order is 10000 cents, expected 9000 after it\n';
const fileBytes = 50_000_000;
const usualFiles = 20;
const quickFiles = 1;

export const executor: Suite = {
  name: 'executor',
  title: 'output through the executor against `ws` alone, and a short command against a bare spawn',
  quickly: `${(quickFiles * fileBytes) / 1e6} MB of output in place of ${(usualFiles * fileBytes) / 1e9} GB, 10 commands in place of 200`,
  promises: [
    ...['ws alone', 'through the executor', 'executor / ws alone', 'bare spawn', 'execute → completed'],
    ...['execute → completed, p99', 'more than a bare spawn'],
  ],
  run: (isQuick) =>
    withReleases(async (defer) => {
      const folder = await scratch(defer);
      const socket = await openSocket(defer, folder);
      return [...(await throughput(socket, defer, folder, isQuick)), ...(await latency(socket, isQuick ? 10 : 200))];
    }),
};

/** Bytes of output a second, once through the executor and once sent by `ws` alone; the same reader for both. */
async function throughput(socket: WebSocket, defer: Defer, folder: string, isQuick: boolean): Promise<Figure[]> {
  const [files, rounds] = isQuick ? [quickFiles, quickRounds] : [usualFiles, leastRounds];
  const totalBytes = files * fileBytes;
  const file = join(folder, 'output.txt');
  await writeFile(file, line.repeat(Math.ceil(fileBytes / line.length)).slice(0, fileBytes));
  const rateOf = (ms: number): number => totalBytes / 1_000 / ms;
  const plain = async (): Promise<number> => {
    const url = await startListening(defer, folder, 'bench/plain-socket.ts', [line, String(totalBytes)]);
    return rateOf(
      await timed(async () => {
        const other = new WebSocket(url, { perMessageDeflate: false });
        let bytes = 0;
        other.on('message', (data: Buffer) => {
          bytes += data.length;
        });
        await once(other, 'close');
        expectBytes(bytes, totalBytes);
      }),
    );
  };
  const command = `for i in $(seq ${files}); do cat ${file}; done`;
  const ours = async (): Promise<number> =>
    rateOf(await timed(async () => expectBytes(await execute(socket, command), totalBytes)));
  const rates = await paired({ plain, ours }, rounds);
  const note = `${totalBytes / 1e9} GB`;
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

/** In its frames output takes more room than it has by itself. */
function expectBytes(received: number, least: number): void {
  if (received < least) throw new Error(`${received} bytes came, of ${least}`);
}

/** Resolves when the command has ended well, with the bytes that came. */
async function execute(socket: WebSocket, command: string): Promise<number> {
  const completed = Buffer.from('{"jsonrpc":"2.0","method":"process.completed"');
  let bytes = 0;
  const ended = new Promise<void>((resolve, reject) => {
    const listener = (data: Buffer): void => {
      bytes += data.length;
      if (data.subarray(0, completed.length).equals(completed)) {
        socket.off('message', listener);
        if (data.includes('"exit_code":0')) resolve();
        else reject(new Error(String(data.subarray(0, 1_000))));
      } else if (data.length < 1_000 && data.includes('"error":{')) reject(new Error(String(data)));
    };
    socket.on('message', listener);
  });
  socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'execute', params: { command, timeout: 600 } }));
  await ended;
  return bytes;
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
