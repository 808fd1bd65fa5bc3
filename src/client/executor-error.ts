export type ExecutorErrorReason =
  /** The server, or a hook there, refused the request; `code` is the server's. */
  | 'refused'
  | 'could-not-start'
  | 'could-not-connect'
  /** The connection was lost, and with it what became of the command. */
  | 'session-lost'
  /** Cancelled before it began, or the execution has ended. */
  | 'canceled'
  | 'ended'
  | 'closed';

/** Why a request came to nothing. A command that fails is no error: its result says so. */
export class ExecutorError extends Error {
  override readonly name = 'ExecutorError';
  readonly reason: ExecutorErrorReason;
  /** The server's, as in the table of the protocol. */
  readonly code: number | undefined;

  constructor(reason: ExecutorErrorReason, message: string, code?: number) {
    super(message);
    this.reason = reason;
    this.code = code;
  }
}
