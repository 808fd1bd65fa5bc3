/** What the client reads of the server's messages; see the table in the README. Absent values are null. */
export interface Message {
  readonly id?: string | number | null;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

export interface ConnectedParams {
  readonly session_id: string;
  /** The server knew the session that was asked for. */
  readonly resumed: boolean;
  /** Notices that were lost for good while the client was away. */
  readonly missed: number;
  readonly last_seq: number;
  readonly execution_id: string | null;
}

export interface StartedParams {
  readonly execution_id: string;
  readonly pid: number;
  readonly request_id: string | number | null;
  readonly seq: number;
}

export interface OutputParams {
  readonly type: 'stdout' | 'stderr';
  readonly data: string;
  readonly offset: number;
  readonly execution_id: string;
}

export interface SumParams {
  readonly bytes: number;
  readonly crc32: string;
}

export interface CompletedParams {
  readonly status: 'completed' | 'failed';
  readonly execution_id: string;
  readonly pid: number;
  readonly exit_code: number;
  readonly execution_time: number;
  readonly active_time: number;
  readonly canceled: boolean;
  readonly timed_out: boolean;
  readonly output_limited: boolean;
  readonly error: { readonly code: number; readonly message: string } | null;
  readonly stdout: SumParams;
  readonly stderr: SumParams;
  readonly survivors: readonly number[];
}

export interface FailedParams {
  readonly error: string;
  /** Absent in older servers. */
  readonly cause?: 'refused' | 'canceled' | 'could-not-start';
  readonly code?: number;
}

export interface ReachedResult {
  readonly reached: number;
  readonly survivors: readonly number[];
}

/** Why the server closed a connection. */
export const CloseCode = {
  done: 1000,
  /** The server stops. */
  goingAway: 1001,
  /** There are too many sessions. */
  refused: 1008,
  /** By the client, which will come back. */
  comingBack: 4000,
  /** Another connection has taken the session over. */
  replaced: 4001,
  /** Nothing happened in the session for too long. */
  idle: 4002,
} as const;
