import { constants } from 'node:os';
import type { ControlType, ExecutionEnded, OutputName, Reached } from '../domain/execution.ts';
import {
  type ProcessEnd,
  type ProcessResult,
  type ProcessSpec,
  type RunningProcess,
  start,
} from '../process/process.ts';
import { OutputPump } from './output-pump.ts';

export interface ExecutionListener {
  onOutput(stream: OutputName, bytes: Uint8Array, offset: number): void;
}

export type ExecutionSpec = Omit<ProcessSpec, 'stdin' | 'stdout' | 'stderr' | 'signal'>;

/** Of a process that could start. */
type End = Exclude<ProcessEnd, { readonly kind: 'could-not-start' }>;

/** One command, from its start to its last byte. */
export class Execution {
  readonly id: string;
  /** Undefined when it could not start: `ended` tells why. */
  readonly pid: number | undefined;
  /** The process and its descendants are gone, their output has been handed on, and every control has its answer. */
  readonly ended: Promise<ExecutionEnded | { readonly couldNotStart: string }>;
  readonly #process: RunningProcess;
  readonly #pumps: Readonly<Record<OutputName, OutputPump>> | undefined;
  readonly #controls = new Set<Promise<unknown>>();
  #isDiscarded = false;
  #isOver = false;

  constructor(id: string, spec: ExecutionSpec, listener: ExecutionListener) {
    this.id = id;
    this.#process = start({ ...spec, stdout: { kind: 'stream' }, stderr: { kind: 'stream' } });
    this.pid = this.#process.pid;
    const { stdout, stderr } = this.#process;
    const pump = (stream: OutputName, source: NonNullable<typeof stdout>) =>
      new OutputPump(source, (bytes, offset) => {
        if (!this.#isDiscarded) listener.onOutput(stream, bytes, offset);
      });
    this.#pumps = stdout && stderr ? { stdout: pump('stdout', stdout), stderr: pump('stderr', stderr) } : undefined;
    this.ended = this.#conclude();
  }

  /** There is nothing left that could be told anything. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Beginning and end of both outputs. */
  get output(): Readonly<Record<OutputName, { readonly text: string; readonly droppedBytes: number }>> {
    const nothing = { text: '', droppedBytes: 0 };
    return { stdout: this.#pumps?.stdout.kept ?? nothing, stderr: this.#pumps?.stderr.kept ?? nothing };
  }

  /** The reader has no room: the process is held back by its full pipe. */
  holdBack(): void {
    if (this.#isDiscarded) return;
    this.#pumps?.stdout.pause();
    this.#pumps?.stderr.pause();
  }

  letGo(): void {
    this.#pumps?.stdout.resume();
    this.#pumps?.stderr.resume();
  }

  /** Nobody wants the output any more. */
  discard(): void {
    this.#isDiscarded = true;
    this.letGo();
  }

  /** `then` runs before the end is told. */
  control(type: ControlType, then: (reached: Reached) => void): Promise<void> {
    const done = this.#signal(type).then(then);
    this.#controls.add(done);
    return done.finally(() => this.#controls.delete(done));
  }

  #signal(type: ControlType): Promise<Reached> {
    if (type === 'PAUSE') return this.#process.pause();
    if (type === 'RESUME') return this.#process.resume();
    return this.#process.cancel('canceled by the client');
  }

  cancel(reason: string): Promise<Reached> {
    return this.#process.cancel(reason);
  }

  async #conclude(): Promise<ExecutionEnded | { readonly couldNotStart: string }> {
    const result = await this.#process.result;
    await Promise.all([this.#pumps?.stdout.done, this.#pumps?.stderr.done]);
    while (this.#controls.size > 0) await Promise.allSettled(this.#controls);
    this.#isOver = true;
    const { end } = result;
    if (end.kind === 'could-not-start') return { couldNotStart: end.message };
    return this.#endOf(end, result);
  }

  #endOf(end: End, { durationMs, activeMs, reaped, survivors }: ProcessResult): ExecutionEnded {
    const nothing = { bytes: 0, crc32: '00000000' };
    return {
      executionId: this.id,
      pid: this.pid ?? 0,
      ...describeEnd(end),
      durationMs: Math.round(durationMs),
      activeMs: Math.round(activeMs),
      stdout: this.#pumps?.stdout.sum ?? nothing,
      stderr: this.#pumps?.stderr.sum ?? nothing,
      reaped,
      survivors,
    };
  }
}

/** What timeout(1) says. */
const exitAfterTimeout = 124;

function describeEnd(end: End): Pick<ExecutionEnded, 'exitCode' | 'cause' | 'reason'> {
  switch (end.kind) {
    case 'exited':
      return { exitCode: end.code, cause: 'exited', reason: undefined };
    case 'signalled':
      return { exitCode: -numberOf(end.signal), cause: 'signalled', reason: `It was ended by ${end.signal}.` };
    case 'cancelled':
      return { exitCode: -constants.signals.SIGTERM, cause: 'canceled', reason: `It was ended: ${end.reason}.` };
    case 'timed-out':
      return { exitCode: exitAfterTimeout, cause: 'timed-out', reason: describeLimit(end) };
    case 'output-limit':
      return {
        exitCode: -constants.signals.SIGTERM,
        cause: 'output-limit',
        reason: `It printed more than ${end.limitBytes} bytes (MAX_OUTPUT_BYTES) and was ended.`,
      };
  }
}

function describeLimit({ limit, afterMs }: Extract<ProcessEnd, { kind: 'timed-out' }>): string {
  const seconds = `${afterMs / 1_000} s`;
  return limit === 'idle'
    ? `It printed nothing for ${seconds} and was ended with all its processes.`
    : `It ran for its limit of ${seconds} and was ended with all its processes.`;
}

function numberOf(signal: string): number {
  return constants.signals[signal as NodeJS.Signals] ?? constants.signals.SIGKILL;
}
