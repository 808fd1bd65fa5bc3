import { ExecutorError } from './executor-error.ts';
import { type OutputChunk, OutputQueue } from './output-queue.ts';
import { Tail } from './tail.ts';
import type { CompletedParams, OutputParams, ReachedResult, SumParams } from './wire.ts';

export interface ExecuteOptions {
  /** Limit of active time; without it the server takes one from its history. */
  readonly timeoutMs?: number;
  /** Limit of active time without any output. */
  readonly idleTimeoutMs?: number;
  /** Cancels the execution. */
  readonly signal?: AbortSignal;
}

export interface Started {
  readonly executionId: string;
  readonly pid: number;
}

/** How a command ended. One that failed is no error. */
export interface Completed extends Started {
  readonly isOk: boolean;
  /** As shells count: 124 after a time limit, negative for a signal. */
  readonly exitCode: number;
  readonly isCanceled: boolean;
  readonly isTimedOut: boolean;
  readonly isOutputLimited: boolean;
  /** In words, unless it exited by itself. */
  readonly problem: string | undefined;
  readonly durationMs: number;
  /** Without the time spent paused. */
  readonly activeMs: number;
  /** The last million characters. */
  readonly stdout: string;
  readonly stderr: string;
  /** Characters before them. */
  readonly dropped: { readonly stdout: number; readonly stderr: number };
  /** Of everything that was printed, as the server counted. */
  readonly sums: { readonly stdout: SumParams; readonly stderr: SumParams };
  /** Notices that were lost for good while there was no connection. */
  readonly missed: number;
  /** Descendants that could not be ended. */
  readonly survivors: readonly number[];
}

/** How many processes were reached, and which are left after a cancel. */
export type Reached = ReachedResult;

/**
 * A command under way: await it for its end, iterate over it for its output. Once somebody iterates, the command is held
 * back when the output is not read; otherwise the oldest output goes when there is too much.
 */
export interface Execution extends Promise<Completed>, AsyncIterable<OutputChunk> {
  /** Settles when its turn has come and it runs. */
  readonly started: Promise<Started>;
  /** Every descendant, as the others. @throws ExecutorError when it has ended */
  pause(): Promise<Reached>;
  resume(): Promise<Reached>;
  /** Before its turn has come it is not run at all. */
  cancel(): Promise<Reached>;
}

/** What is known of an execution while it is under way. */
export class OpenExecution {
  readonly queue: OutputQueue;
  readonly #tails = { stdout: new Tail(), stderr: new Tail() };
  readonly #started = Promise.withResolvers<Started>();
  readonly #ended = Promise.withResolvers<Completed>();
  #missed = 0;
  isEnded = false;

  constructor(onRead: () => void) {
    this.queue = new OutputQueue(onRead);
    this.#started.promise.catch(() => undefined);
    this.#ended.promise.catch(() => undefined);
  }

  get started(): Promise<Started> {
    return this.#started.promise;
  }

  get ended(): Promise<Completed> {
    return this.#ended.promise;
  }

  onStarted(started: Started): void {
    this.#started.resolve(started);
  }

  onOutput({ type, data, offset }: OutputParams): void {
    this.#tails[type].add(data);
    this.queue.push({ stream: type, text: data, offset });
  }

  onMissed(count: number): void {
    this.#missed += count;
  }

  onCompleted(params: CompletedParams): void {
    const { stdout, stderr } = this.#tails;
    const { execution_id: executionId, pid } = params;
    this.isEnded = true;
    this.#started.resolve({ executionId, pid });
    this.#ended.resolve({
      executionId,
      pid,
      isOk: params.status === 'completed',
      exitCode: params.exit_code,
      isCanceled: params.canceled,
      isTimedOut: params.timed_out,
      isOutputLimited: params.output_limited,
      problem: params.error?.message,
      durationMs: params.execution_time * 1_000,
      activeMs: params.active_time * 1_000,
      stdout: stdout.text,
      stderr: stderr.text,
      dropped: { stdout: stdout.droppedChars, stderr: stderr.droppedChars },
      sums: { stdout: params.stdout, stderr: params.stderr },
      missed: this.#missed,
      survivors: params.survivors,
    });
    this.queue.end();
  }

  fail(error: Error): void {
    this.isEnded = true;
    const failure = error instanceof ExecutorError ? error : new ExecutorError('session-lost', error.message);
    this.#started.reject(failure);
    this.#ended.reject(failure);
    this.queue.end(failure);
  }
}
