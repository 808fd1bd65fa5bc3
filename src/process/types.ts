import type { Readable, Writable } from 'node:stream';

/** How a process ended; exactly one of these, decided once. The first reason wins. */
export type ProcessEnd =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: string }
  | { readonly kind: 'timed-out'; readonly limit: 'total' | 'idle'; readonly afterMs: number }
  | { readonly kind: 'output-limit'; readonly limitBytes: number }
  | { readonly kind: 'cancelled'; readonly reason: string }
  | { readonly kind: 'could-not-start'; readonly code: string; readonly message: string };

/** What is done with one output stream of a process. */
export type OutputMode =
  /** Kept as text up to `limitBytes`: the first half and the last half survive, what was between is counted. */
  | { readonly kind: 'collect'; readonly limitBytes: number }
  /** Handed to the caller as a stream with back-pressure down to the child's pipe; nothing is kept. */
  | { readonly kind: 'stream' }
  | { readonly kind: 'ignore' };

export interface ProcessSpec {
  /** Looked up in `env.PATH` unless it is a path. Never run through a shell. */
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment: nothing is inherited beside it, except the marker that is added. */
  readonly env: Readonly<Record<string, string>>;
  /** `closed` (default): no input. `open`: the caller writes to `stdin`. A string or buffer is written and closed. */
  readonly stdin?: 'closed' | 'open' | { readonly data: string | Uint8Array };
  /** Default for both: collect 1 MiB. */
  readonly stdout?: OutputMode;
  readonly stderr?: OutputMode;
  /** Limit of active time (time while paused does not count). */
  readonly timeoutMs?: number;
  /** Limit of active time without any output. */
  readonly idleTimeoutMs?: number;
  /** Both streams together; beyond it the process is ended with `output-limit`. Default: no limit of this kind. */
  readonly outputLimitBytes?: number;
  readonly signal?: AbortSignal;
  /** Time between TERM and KILL. Default 2,000. */
  readonly graceMs?: number;
  /** Run with low priority, so that the person at the machine comes first: 1 to 19, or true for 10. */
  readonly lowPriority?: boolean | number;
}

/** What pause, resume and cancel reached. Process ids that are still alive after a cancel are survivors. */
export interface ControlReport {
  readonly reached: number;
  readonly survivors: readonly number[];
}

export interface ProcessResult {
  readonly end: ProcessEnd;
  /** Collected text (empty for the other modes); invalid UTF-8 is replaced. */
  readonly stdout: string;
  readonly stderr: string;
  /** Bytes that were left out of the middle of the collected text. */
  readonly droppedBytes: number;
  readonly durationMs: number;
  /** Duration without the time spent paused. */
  readonly activeMs: number;
  /** Descendants that outlived the main process and had to be ended. */
  readonly reaped: number;
  /** Descendants that could not be ended. */
  readonly survivors: readonly number[];
}

export interface RunningProcess {
  /** Undefined when it could not start. */
  readonly pid: number | undefined;
  /** The value of `MENDWATCH_MARKER` in the environment of the process and of every descendant. */
  readonly marker: string;
  /** Present with `stdin: 'open'`. Never emits an unhandled error: a write after the end is lost quietly. */
  readonly stdin: Writable | undefined;
  /** Present with `stream`. */
  readonly stdout: Readable | undefined;
  readonly stderr: Readable | undefined;
  /**
   * Settles once: the process has ended, its output is complete, its descendants are gone. Never rejects.
   * A streamed output that nobody reads holds it back for ever: read it or cancel.
   */
  readonly result: Promise<ProcessResult>;
  pause(): Promise<ControlReport>;
  resume(): Promise<ControlReport>;
  /** TERM (and CONT, since a stopped process acts on nothing else), grace, KILL. Idempotent. */
  cancel(reason: string): Promise<ControlReport>;
}
