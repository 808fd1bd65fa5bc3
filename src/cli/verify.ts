import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { listExecutions, verify } from '../agent/verify-execution.ts';
import { codeOf, ExitCode, messageOf } from '../errors.ts';
import { clock } from './limit-lines.ts';
import { inOneLine } from './line.ts';
import { print, printJson } from './look.ts';
import { snakeCase } from './wire-names.ts';
import { wrong } from './wrong.ts';

export interface Options {
  readonly result?: string;
  readonly cwd?: string;
  readonly list?: boolean;
  readonly json?: boolean;
}

const maxListed = 20;

/** Whether log, record and transcript of an execution agree, and the result where it is given. */
export async function runVerify(id: string | undefined, options: Options): Promise<number> {
  const { result, cwd, list, json } = options;
  if ((id === undefined) !== (list === true)) throw wrong('verify: expected the id of an execution, or --list.');
  if (list === true && result !== undefined) throw wrong('--result was given: expected it with an id.');
  if (id === undefined) return tellLatest(cwd, json === true);
  const given = result === undefined ? {} : { result: readResult(result) };
  const verified = await verify(id, { ...given, ...(cwd === undefined ? {} : { cwd }) });
  if (json) printJson(snakeCase(verified));
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

async function tellLatest(cwd: string | undefined, json: boolean): Promise<number> {
  const latest = await listExecutions(cwd, maxListed);
  if (json) return printJson(snakeCase(latest));
  if (latest.length === 0) return print('No executions yet.');
  return print(
    latest
      .map(
        ({ id, startedAt, end, what }) =>
          `${id}  ${startedAt === null ? '-' : clock(Date.parse(startedAt))}  ${end.padEnd(10)}  ${inOneLine(what)}`,
      )
      .join('\n'),
  );
}

/** `-` is standard input. */
function readResult(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw wrong(`--result ${file}: there is no file ${resolve(file)}.`);
    throw wrong(`--result ${file}: it cannot be read: ${messageOf(error)}`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw wrong(`--result ${file}: it is no JSON: ${messageOf(error)}`);
  }
}
