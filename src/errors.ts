/** Exit codes of every command; monitors and service units rely on them. */
export const ExitCode = {
  done: 0,
  failed: 1,
  configuration: 2,
  alreadyRunning: 3,
  notRunning: 4,
  interrupted: 130,
} as const;

/**
 * A fault that a person can understand and act on. The message says what was wrong and what was expected, `remedy`
 * what to do; such an error is printed without a stack trace. Anything else that is thrown is a bug.
 */
export class MendwatchError extends Error {
  override readonly name: string = 'MendwatchError';
  readonly remedy: string | undefined;
  readonly exitCode: number;

  constructor(message: string, options: { remedy?: string; exitCode?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.remedy = options.remedy;
    this.exitCode = options.exitCode ?? ExitCode.failed;
  }
}

/** One thing that is wrong with the configuration. `value` is already masked when it is a secret. */
export interface ConfigurationProblem {
  readonly name: string;
  readonly value: string | undefined;
  readonly expected: string;
}

/** All problems of a configuration at once, so that nobody mends them one start at a time. */
export class ConfigurationError extends MendwatchError {
  override readonly name = 'ConfigurationError';
  readonly problems: readonly ConfigurationProblem[];

  constructor(problems: readonly ConfigurationProblem[], remedy?: string) {
    const lines = problems.map(
      ({ name, value, expected }) =>
        `  ${name}${value === undefined ? ' is not set' : `${name.includes('/') ? ', ' : '='}${value}`}: expected ${expected}`,
    );
    super(
      `The configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${lines.join('\n')}`,
      {
        exitCode: ExitCode.configuration,
        ...(remedy === undefined ? {} : { remedy }),
      },
    );
    this.problems = problems;
  }
}

/** Another agent holds this state file or this project. */
export class AlreadyRunningError extends MendwatchError {
  override readonly name = 'AlreadyRunningError';

  constructor(message: string, remedy?: string) {
    super(message, { exitCode: ExitCode.alreadyRunning, ...(remedy === undefined ? {} : { remedy }) });
  }
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The system's code of a failed call (`ENOENT`, `EACCES`, …), where there is one. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
