import type { HookNote, HooksStatus } from './hooks.ts';

/** The two outputs of a command. */
export type OutputName = 'stdout' | 'stderr';

/** What an execution can be told, and what it is then said to be. */
export const controlled = { PAUSE: 'paused', RESUME: 'resumed', CANCEL: 'canceled' } as const;

export type ControlType = keyof typeof controlled;

/** Who speaks, as the door found out. */
export interface Client {
  /** It knows the token. */
  readonly isAuthenticated: boolean;
  /** It is on this machine. */
  readonly isLoopback: boolean;
  /** For the log: an address, a name. */
  readonly name: string;
}

/** What is run in place of a command's words; from a door of this house, never from its clients. */
export interface GivenProgram {
  readonly command: string;
  readonly args: readonly string[];
  /** Beside the executor's own, which wins. */
  readonly env: Readonly<Record<string, string>>;
  /** The name that has to be allowed, where there is a list. */
  readonly allowedAs: string;
}

export interface ExecuteRequest {
  readonly command: string;
  readonly program?: GivenProgram | undefined;
  /** Limit of active time; without it one is taken from the history. */
  readonly timeoutMs: number | undefined;
  /** Limit of active time without any output. */
  readonly idleTimeoutMs: number | undefined;
  /** What the client calls this request; it comes back in `started`. */
  readonly requestId: string | number | null;
}

/** What a time limit was taken from, the most telling first. */
export interface TimeLimit {
  readonly limitMs: number;
  readonly basis: 'call' | 'same command' | 'similar commands' | 'same program' | 'default';
  /** How many earlier executions it stands on. */
  readonly samples: number;
}

export interface ExecutionStarted {
  readonly executionId: string;
  /** Also the number of its process group and session. */
  readonly pid: number;
  readonly requestId: string | number | null;
  readonly limit: TimeLimit;
  /** What hooks had to say about it. */
  readonly notes: readonly HookNote[];
}

/** What is known about one output when it is complete. */
export interface OutputSum {
  readonly bytes: number;
  /** CRC-32 in hex: tells whether everything arrived, not whether somebody forged it. */
  readonly crc32: string;
}

export interface ExecutionEnded {
  readonly executionId: string;
  readonly pid: number;
  /** As shells count: the program's own, 124 after a time limit, negative for a signal. */
  readonly exitCode: number;
  readonly durationMs: number;
  /** Without the time spent paused. */
  readonly activeMs: number;
  readonly cause: 'exited' | 'signalled' | 'canceled' | 'timed-out' | 'output-limit';
  /** In words, unless it exited by itself. */
  readonly reason: string | undefined;
  readonly stdout: OutputSum;
  readonly stderr: OutputSum;
  /** Descendants that outlived the command and were ended. */
  readonly reaped: number;
  /** Descendants that could not be ended. */
  readonly survivors: readonly number[];
}

/** Everything that a session tells its client, in order. */
export type ExecutionFact =
  | ({ readonly type: 'started' } & ExecutionStarted)
  | {
      readonly type: 'output';
      readonly executionId: string;
      readonly stream: OutputName;
      /** At most 65,536, never ending inside a character. */
      readonly bytes: Uint8Array;
      /** Bytes of this stream before these. */
      readonly offset: number;
    }
  | {
      readonly type: (typeof controlled)[ControlType];
      readonly executionId: string;
      readonly pid: number;
    }
  | ({
      readonly type: 'completed';
      /** Of the record of the execution. */
      readonly recordSha256: string | undefined;
      readonly notes: readonly HookNote[];
    } & ExecutionEnded)
  | { readonly type: 'hook-warning'; readonly executionId: string; readonly hook: string; readonly message: string }
  | {
      readonly type: 'failed';
      readonly executionId: string;
      /** `refused` by a hook, `canceled` while hooks were asked. */
      readonly cause: 'refused' | 'canceled' | 'could-not-start';
      readonly reason: string;
    }
  | {
      readonly type: 'model-limit';
      readonly executionId: string;
      readonly kind: 'rate' | 'tokens';
      readonly text: string;
    }
  | { readonly type: 'stopping'; readonly reason: string; readonly graceMs: number };

/** A fact with its number in the session, counted from 1. */
export type Notice = ExecutionFact & { readonly seq: number };

/** Where a session's notices go while a client is there. */
export interface Reader {
  /** False as long as it should be given nothing; call `pull` of the attachment when that changes. */
  readonly hasRoom: boolean;
  take(notice: Notice): void;
  /** Another connection has taken its place, or the session is over. Nothing is taken any more. */
  dismiss(reason: 'replaced' | 'idle' | 'stopped'): void;
}

export interface Attachment {
  /** Notices after the one that the client saw last and that are no longer kept. */
  readonly missed: number;
  /** The client has received everything up to this number. */
  acknowledge(seq: number): void;
  pull(): void;
  /** The client is gone; the session waits for it for a while. */
  detach(): void;
}

/** The processes that a control was given to, and those that are left after a cancel. */
export interface Reached {
  readonly reached: number;
  readonly survivors: readonly number[];
}

/** One client's queue: one process at a time, its notices in order. */
export interface ExecutionSession {
  readonly id: string;
  /** Number of the last notice. */
  readonly lastSeq: number;
  /** The execution that has not ended yet. */
  readonly current: string | undefined;
  /** The client has seen everything up to `lastSeenSeq`. Another reader is dismissed. */
  attach(reader: Reader, lastSeenSeq: number): Attachment;
  /**
   * Resolves when the command runs. `answer` is called before the first notice about it.
   *
   * @throws ExecutionRefusal
   */
  execute(request: ExecuteRequest, client: Client, answer: (started: ExecutionStarted) => void): Promise<void>;
  /**
   * Resolves when every descendant has been told. `answer` is called before the notice about it.
   *
   * @throws ExecutionRefusal when no process runs, or when this system cannot pause
   */
  control(type: ControlType, answer: (reached: Reached) => void): Promise<void>;
  /** A sign of life: the session is not idle. */
  touch(): void;
  /** Ends it and what it runs. */
  close(reason: string): Promise<void>;
}

export interface ExecutorStatus {
  readonly isHealthy: boolean;
  /** In words, when it is not. */
  readonly problem: string | undefined;
  readonly activeSessions: number;
  readonly maxSessions: number;
  readonly runningExecutions: number;
  readonly uptimeMs: number;
}

/** The executor as its doors see it. */
export interface ExecutorControl {
  /** @throws ExecutionRefusal when there are too many sessions, or it is stopping */
  open(): ExecutionSession;
  /** A session whose client lost its connection not too long ago, or still has one. */
  find(sessionId: string): ExecutionSession | undefined;
  status(): ExecutorStatus;
  hooks(): HooksStatus;
  /** Tells all clients, lets what runs finish for `graceMs`, then ends it. Again: ends it now. */
  close(reason: string, graceMs: number): Promise<void>;
}

export type RefusalCode =
  | 'session-limit'
  | 'not-allowed'
  | 'invalid'
  | 'busy'
  | 'no-process'
  | 'cannot-pause'
  | 'could-not-start'
  | 'stopping';

/** A request that cannot be granted; the message is for the client. */
export class ExecutionRefusal extends Error {
  override readonly name = 'ExecutionRefusal';
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.code = code;
  }
}
