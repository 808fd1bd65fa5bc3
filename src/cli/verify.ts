import { readFileSync } from 'node:fs';
import { verify } from '../agent/verify-execution.ts';
import { ExitCode, MendwatchError, messageOf } from '../errors.ts';
import { print } from './look.ts';
import { safeJson, snakeCase } from './wire-names.ts';

export interface Options {
  readonly result?: string;
  readonly cwd?: string;
  readonly json?: boolean;
}

/** Whether log, record and transcript of an execution agree, and the result where it is given. */
export async function runVerify(executionId: string, { result, cwd, json }: Options): Promise<number> {
  const given = result === undefined ? {} : { result: readResult(result) };
  const verified = await verify(executionId, { ...given, ...(cwd === undefined ? {} : { cwd }) });
  if (json) print(safeJson(snakeCase(verified)));
  else
    print(
      verified.checks
        .map(
          ({ what, difference }) =>
            `${difference === undefined ? '✓' : '✗'} ${what}${difference === undefined ? '' : `: ${difference}`}`,
        )
        .join('\n'),
    );
  return verified.agrees ? ExitCode.done : ExitCode.failed;
}

/** `-` is standard input. */
function readResult(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8'));
  } catch (error) {
    throw new MendwatchError(`The result ${file} cannot be read: ${messageOf(error)}`, {
      exitCode: ExitCode.configuration,
    });
  }
}
