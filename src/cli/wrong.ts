import { ExitCode, MendwatchError } from '../errors.ts';

/** What was said to a command is not what it takes: the message says what was expected. */
export function wrong(message: string, remedy?: string): MendwatchError {
  return new MendwatchError(message, { exitCode: ExitCode.configuration, ...(remedy === undefined ? {} : { remedy }) });
}
