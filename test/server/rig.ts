import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock } from '../../src/clock.ts';
import { Executor, type ExecutorOptions } from '../../src/executor/executor.ts';
import { type ServerOptions, startServer } from '../../src/server/server.ts';
import { scratch } from '../rig/scratch.ts';

export const token = 'a-token-for-the-tests-0123456789';

export interface Served {
  readonly port: number;
  readonly executor: Executor;
  /** Where transcripts, history and the commands' own files are. */
  readonly folder: string;
  readonly logged: readonly string[];
  close(reason?: string, graceMs?: number): Promise<void>;
  connect(options?: ConnectOptions): Promise<Caller>;
}

type Options = Partial<ExecutorOptions> &
  Partial<Omit<ServerOptions, keyof ExecutorOptions | 'control' | 'host' | 'version'>>;

/** An executor with its server in this process; gone with the test. */
export async function serveHere(options: Options = {}): Promise<Served> {
  const folder = await scratch('executor');
  const logged: string[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) });
  await mkdir(join(folder, 'state'));
  const executor = await Executor.open({
    folder: join(folder, 'state'),
    cwd: folder,
    env: { PATH: '/usr/bin:/bin', TMPDIR: process.env.TMPDIR ?? '/tmp' },
    trustedPath: '/usr/bin:/bin',
    allowedCommands: [],
    streamTimeoutMs: 60_000,
    maxOutputBytes: 4e9,
    logger,
    scrub: async (text) => text,
    clock: systemClock,
    maxSessions: 100,
    sessionTimeoutMs: 3_600_000,
    comeBackMs: 300_000,
    ...options,
  });
  const server = await startServer({
    control: executor,
    host: '127.0.0.1',
    port: options.port ?? 0,
    token: 'token' in options ? options.token : token,
    origins: options.origins ?? [],
    compression: options.compression ?? false,
    openMcp: options.openMcp ?? (() => Promise.reject(new Error('no other door in this test'))),
    version: '1.2.3',
    logger,
    ...(options.onListening === undefined ? {} : { onListening: options.onListening }),
  });
  const close = (reason = 'the test is over', graceMs = 0) => server.close(reason, graceMs);
  onTestFinished(() => close());
  const { port } = server;
  return { port, executor, folder, logged, close, connect: (given) => connect(port, given) };
}

export interface Frame {
  readonly id?: string | number | null;
  readonly method?: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever was sent
  readonly params?: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly result?: any;
  readonly error?: { readonly code: number; readonly message: string; readonly data: null };
}

export interface ConnectOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocols?: readonly string[];
  readonly query?: string;
}

/** Connects and waits for `connected`. */
export async function connect(port: number, options: ConnectOptions = {}): Promise<Caller> {
  const headers = options.headers ?? { authorization: `Bearer ${token}` };
  const url = `ws://127.0.0.1:${port}/ws/mcp${options.query ?? ''}`;
  const socket = new WebSocket(url, [...(options.protocols ?? [])], { headers, perMessageDeflate: false });
  const caller = new Caller(socket);
  await caller.until((frame) => frame.method === 'connected' || frame.error !== undefined);
  return caller;
}

/** A client that keeps everything that it was sent. */
export class Caller {
  readonly socket: WebSocket;
  readonly frames: Frame[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #waiting = new Set<() => void>();
  #problem: Error | undefined;
  #ids = 0;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => {
      this.frames.push(JSON.parse(String(data)));
      this.#wake();
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        this.#problem ??= new Error(`closed with ${code} ${reason}`);
        resolve({ code, reason: String(reason) });
        this.#wake();
      });
    });
    socket.on('error', (error) => {
      this.#problem ??= error;
      this.#wake();
    });
    onTestFinished(() => socket.terminate());
  }

  get sessionId(): string {
    return this.frames.find(({ method }) => method === 'connected')?.params.session_id;
  }

  get lastSeq(): number {
    return Math.max(0, ...this.frames.map(({ params }) => params?.seq ?? 0));
  }

  /** The first frame, from number `from` on, that is as wanted. */
  async until(isWanted: (frame: Frame) => boolean, from = 0): Promise<Frame> {
    for (;;) {
      const found = this.frames.slice(from).find(isWanted);
      if (found !== undefined) return found;
      if (this.#problem !== undefined) throw this.#problem;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  notice(method: string, from = 0): Promise<Frame> {
    return this.until((frame) => frame.method === method, from);
  }

  /** Sends a request and gives its answer. */
  async ask(method: string, params?: object): Promise<Frame> {
    const id = ++this.#ids;
    const from = this.frames.length;
    this.socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, ...(params === undefined ? {} : { params }) }));
    return this.until((frame) => frame.id === id, from);
  }

  /** Runs a command to its end. */
  async run(command: string, params: object = {}): Promise<Ran> {
    const from = this.frames.length;
    const answer = await this.ask('execute', { command, ...params });
    if (answer.error !== undefined) throw new Error(`${answer.error.code} ${answer.error.message}`);
    const { params: completed } = await this.notice('process.completed', from);
    return { completed, stdout: this.output('stdout', from), stderr: this.output('stderr', from) };
  }

  output(type: 'stdout' | 'stderr' = 'stdout', from = 0): string {
    const outputs = this.frames
      .slice(from)
      .filter(({ method, params }) => method === 'process.output' && params.type === type);
    return outputs.map(({ params }) => params.data).join('');
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}

export interface Ran {
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly completed: any;
  readonly stdout: string;
  readonly stderr: string;
}
