import { type ExecuteOptions, type Execution, OpenExecution, type Reached } from './execution.ts';
import { ExecutorError } from './executor-error.ts';
import { Link } from './link.ts';
import type { SocketConstructor } from './socket.ts';
import type { CompletedParams, FailedParams, OutputParams, StartedParams } from './wire.ts';

export interface ExecutorClientOptions {
  /** `ws://127.0.0.1:8003/ws/mcp` */
  readonly url: string;
  /** Not needed where the server runs with EXECUTOR_AUTH=none. */
  readonly token?: string;
  /** Another than the global one. */
  readonly WebSocket?: SocketConstructor;
  /** How long a lost connection is tried to be made again; five minutes is what the server keeps a session for. */
  readonly giveUpMs?: number;
}

const keptSessionMs = 5 * 60_000;

/**
 * Runs commands on an executor, one after another in the order in which they were given. Connects with the first; a
 * connection that is lost is made again without missing anything that the server still has.
 */
export class ExecutorClient {
  readonly #link: Link;
  #current: OpenExecution | undefined;
  #lastTurn: Promise<unknown> = Promise.resolve();
  #open = 0;

  constructor({ url, token, WebSocket = globalThis.WebSocket, giveUpMs = keptSessionMs }: ExecutorClientOptions) {
    this.#link = new Link(
      { url, token, WebSocket, giveUpMs },
      {
        onNotice: (method, params) => this.#onNotice(method, params),
        onMissed: (count) => this.#current?.onMissed(count),
        onLost: (error) => this.#conclude((execution) => execution.fail(error)),
      },
    );
  }

  /** The server's name for this client's queue, once there is one. */
  get sessionId(): string | undefined {
    return this.#link.sessionId;
  }

  /** Executions that have not ended. */
  get open(): number {
    return this.#open;
  }

  /** Its result comes when the command has ended with all its processes. */
  execute(command: string, options: ExecuteOptions = {}): Execution {
    const execution = new OpenExecution(() => this.#onRead(execution));
    const control = (type: 'PAUSE' | 'RESUME' | 'CANCEL') => this.#control(execution, type);
    const cancel = (): Promise<Reached> => {
      if (execution === this.#current || execution.isEnded) return control('CANCEL');
      execution.fail(new ExecutorError('canceled', 'It was cancelled before its turn had come.'));
      return Promise.resolve({ reached: 0, survivors: [] });
    };
    this.#open += 1;
    this.#lastTurn = this.#lastTurn.then(() => this.#run(execution, command, options));
    this.#cancelAt(options.signal, execution, cancel);
    return Object.assign(execution.ended, {
      started: execution.started,
      pause: () => control('PAUSE'),
      resume: () => control('RESUME'),
      cancel,
      [Symbol.asyncIterator]: () => execution.queue[Symbol.asyncIterator](),
    });
  }

  /** Says goodbye: the server ends what still runs. */
  close(): void {
    this.#link.close();
  }

  /** A turn: never rejects, and is over when the execution is. */
  async #run(execution: OpenExecution, command: string, { timeoutMs, idleTimeoutMs }: ExecuteOptions): Promise<void> {
    if (!execution.isEnded) {
      this.#current = execution;
      this.#link.isBusy = true;
      const params = { command, timeout: inSeconds(timeoutMs), idle_timeout: inSeconds(idleTimeoutMs) };
      this.#link.request('execute', params).catch((error: Error) => {
        if (this.#current === execution) this.#conclude(() => execution.fail(error));
      });
    }
    await execution.ended.catch(() => undefined);
    this.#open -= 1;
  }

  async #control(execution: OpenExecution, type: 'PAUSE' | 'RESUME' | 'CANCEL'): Promise<Reached> {
    // It may be canceled before: while hooks are asked.
    if (type !== 'CANCEL') await execution.started;
    if (execution.isEnded) throw new ExecutorError('ended', 'It has ended.');
    return (await this.#link.request('control', { type })) as Reached;
  }

  #cancelAt(signal: AbortSignal | undefined, execution: OpenExecution, cancel: () => Promise<Reached>): void {
    if (signal === undefined) return;
    // It may have ended in the same moment.
    const onAbort = (): void => void cancel().catch(() => undefined);
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    const forget = (): void => signal.removeEventListener('abort', onAbort);
    execution.ended.then(forget, forget);
  }

  #onNotice(method: string, params: object): void {
    const execution = this.#current;
    if (execution === undefined) return;
    if (method === 'process.started') {
      const { execution_id: executionId, pid } = params as StartedParams;
      execution.onStarted({ executionId, pid });
    } else if (method === 'process.output') {
      execution.onOutput(params as OutputParams);
      if (execution.queue.isFull) this.#link.rest();
    } else if (method === 'process.completed') {
      this.#conclude(() => execution.onCompleted(params as CompletedParams));
    } else if (method === 'process.failed') {
      const { cause = 'could-not-start', code, error } = params as FailedParams;
      this.#conclude(() => execution.fail(new ExecutorError(cause, error, code)));
    }
  }

  #conclude(end: (execution: OpenExecution) => void): void {
    const execution = this.#current;
    this.#current = undefined;
    this.#link.isBusy = false;
    this.#link.forgetRequests();
    if (execution !== undefined) end(execution);
  }

  #onRead(execution: OpenExecution): void {
    if (execution.queue.hasRoom) this.#link.wake();
  }
}

function inSeconds(ms: number | undefined): number | null {
  return ms === undefined ? null : ms / 1_000;
}
