import { codeOf, ExitCode, MendwatchError, messageOf } from '../errors.ts';

/** The state could not be made durable: full disk, read-only, held by another. What was acknowledged still stands. */
export class StateUnavailableError extends MendwatchError {
  override readonly name = 'StateUnavailableError';
  /** The system's code, or ELOCKED. */
  readonly code: string;

  constructor(file: string, cause: unknown) {
    const code = codeOf(cause) ?? 'unknown';
    super(`The state file ${file} cannot be written (${code}): ${messageOf(cause)}`, {
      cause,
      remedy: remedyFor(code),
    });
    this.code = code;
  }
}

/** Another agent has taken the state file over; this one must stop without side effects. */
export class StateFencedError extends MendwatchError {
  override readonly name = 'StateFencedError';

  constructor(file: string) {
    super(`Another agent has taken over the state file ${file}`, {
      remedy: 'Stop this one: `mendwatch status` says who runs.',
    });
  }
}

/** A change would have made a document that is not a legal state; it was left out. */
export class IllegalStateError extends MendwatchError {
  override readonly name = 'IllegalStateError';
}

/** The state file cannot be used from the start; exit 2. */
export function unusable(file: string, cause: unknown): MendwatchError {
  const { message, remedy } = new StateUnavailableError(file, cause);
  return new MendwatchError(message, { exitCode: ExitCode.configuration, cause, ...(remedy ? { remedy } : {}) });
}

function remedyFor(code: string): string {
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'Free some space; the next write is tried by itself.';
  if (code === 'ELOCKED') return 'Another program holds its lock. If none does, remove the lock folder beside it.';
  if (code === 'EIO') return 'The disk reports errors: check it, or set STATE_FILE to another one.';
  return 'Make its folder writable for this user, or set STATE_FILE to a place that is.';
}
