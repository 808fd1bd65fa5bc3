import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  type Client,
  type ControlType,
  type ExecutionEnded,
  ExecutionRefusal,
  type ExecutionSession,
  type ExecutorControl,
  type GivenProgram,
  type Notice,
  type Reached,
} from '../domain/execution.ts';
import { Collector } from '../process/collector.ts';

export type ExecutionKind = 'command' | 'task' | 'list';

export interface ExecutionWish {
  readonly kind: ExecutionKind;
  /** The command, or what is run for a task as a person would type it. */
  readonly command: string;
  readonly program: GivenProgram | undefined;
  readonly timeoutMs: number | undefined;
  /** A file that it reads: written before it starts, and nobody else's until it has ended. */
  readonly input?: { readonly file: string; readonly text: string };
}

const limits = {
  /** Of each output of a command, beginning and end: a model reads no more. */
  outputBytes: 64 * 1024,
  /** What comes of a list of tasks is one JSON text. */
  resultBytes: 4 * 1024 * 1024,
  /** Executions that have ended and are remembered. */
  remembered: 50,
};

/** One execution, under way or remembered. */
export class McpExecution {
  readonly id: string;
  readonly wish: ExecutionWish;
  readonly startedAt = new Date();
  /** Settles when it has ended. */
  readonly ended: Promise<void>;
  readonly #session: ExecutionSession;
  readonly #outputs: Readonly<Record<'stdout' | 'stderr', Collector>>;
  readonly #listeners = new Set<(line: string) => void>();
  #isPaused = false;
  #end: ExecutionEnded | undefined;
  readonly #settle: () => void;

  constructor(id: string, wish: ExecutionWish, session: ExecutionSession) {
    this.id = id;
    this.wish = wish;
    this.#session = session;
    const stdoutBytes = wish.kind === 'command' ? limits.outputBytes : limits.resultBytes;
    this.#outputs = { stdout: new Collector(stdoutBytes), stderr: new Collector(limits.outputBytes) };
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#settle = resolve;
  }

  get state(): 'running' | 'paused' | 'ended' {
    if (this.#end !== undefined) return 'ended';
    return this.#isPaused ? 'paused' : 'running';
  }

  get end(): ExecutionEnded | undefined {
    return this.#end;
  }

  get output() {
    return { stdout: this.#outputs.stdout.read(), stderr: this.#outputs.stderr.read() };
  }

  /** Is told the last line of what is printed. Returns the function that ends it. */
  onLine(listener: (line: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** @throws ExecutionRefusal when it has ended */
  async control(type: ControlType): Promise<Reached> {
    let reached: Reached = { reached: 0, survivors: [] };
    await this.#session.control(type, (answer) => {
      reached = answer;
    });
    return reached;
  }

  take(notice: Notice): void {
    if (notice.type === 'output') this.#onOutput(notice.stream, notice.bytes);
    else if (notice.type === 'paused') this.#isPaused = true;
    else if (notice.type === 'resumed') this.#isPaused = false;
    else if (notice.type === 'completed') {
      this.#end = notice;
      this.#settle();
    }
  }

  #onOutput(stream: 'stdout' | 'stderr', bytes: Uint8Array): void {
    this.#outputs[stream].write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    if (this.#listeners.size === 0) return;
    const line = Buffer.from(bytes).toString().trimEnd().split('\n').at(-1) ?? '';
    for (const listener of this.#listeners) listener(line);
  }
}

/** The executions that were asked for over MCP, each in a session of its own. */
export class Executions {
  readonly #control: ExecutorControl;
  readonly #known = new Map<string, McpExecution>();
  /** Files that are being read. */
  readonly #inputs = new Set<string>();

  constructor(control: ExecutorControl) {
    this.#control = control;
  }

  /** Newest first. */
  get all(): readonly McpExecution[] {
    return [...this.#known.values()].reverse();
  }

  find(id: string): McpExecution | undefined {
    return this.#known.get(id);
  }

  /** @throws ExecutionRefusal */
  async start(wish: ExecutionWish, client: Client): Promise<McpExecution> {
    const { input } = wish;
    if (input === undefined) return this.#start(wish, client);
    const { file, text } = input;
    if (this.#inputs.has(file)) throw new ExecutionRefusal('busy', 'A list of this name is being run already.');
    this.#inputs.add(file);
    try {
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await writeFile(file, text, { mode: 0o600 });
      const execution = await this.#start(wish, client);
      void execution.ended.then(() => this.#inputs.delete(file));
      return execution;
    } catch (error) {
      this.#inputs.delete(file);
      throw error;
    }
  }

  async #start(wish: ExecutionWish, client: Client): Promise<McpExecution> {
    const { command, program, timeoutMs } = wish;
    const session = this.#control.open();
    let execution: McpExecution | undefined;
    const attachment = session.attach(
      {
        hasRoom: true,
        take: (notice) => {
          execution?.take(notice);
          attachment.acknowledge(notice.seq);
        },
        dismiss: () => undefined,
      },
      0,
    );
    const request = { command, program, timeoutMs, idleTimeoutMs: undefined, requestId: null };
    try {
      await session.execute(request, client, ({ executionId }) => {
        execution = new McpExecution(executionId, wish, session);
      });
    } catch (error) {
      await session.close('it could not be run');
      throw error;
    }
    if (execution === undefined) throw new ExecutionRefusal('could-not-start', 'It could not be started.');
    this.#remember(execution);
    void execution.ended.then(() => session.close('it has ended'));
    return execution;
  }

  #remember(execution: McpExecution): void {
    this.#known.set(execution.id, execution);
    const ended = [...this.#known.values()].filter(({ state }) => state === 'ended');
    for (const { id } of ended.slice(0, Math.max(0, ended.length - limits.remembered))) this.#known.delete(id);
  }
}
