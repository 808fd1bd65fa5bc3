import { realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { execute, executeList } from '../agent/execute.ts';
import type { ListEvent, ListResult, TaskChoice, TaskEvent, TaskResult } from '../domain/claude-task.ts';
import { codeOf, ExitCode, MendwatchError, messageOf } from '../errors.ts';
import { printable } from './line.ts';
import { onSignals } from './signals.ts';
import { modelName, readTaskFile } from './task-file.ts';
import { safeJson, snakeCase } from './wire-names.ts';
import { wrong } from './wrong.ts';

export interface Options {
  readonly list?: string;
  readonly resume?: boolean;
  readonly keepGoing?: boolean;
  readonly timeout?: string;
  readonly tools?: string;
  readonly model?: string;
  readonly maxCost?: string;
  readonly cwd?: string;
  readonly json?: boolean;
}

const longestSeconds = 86_400;

/** One task or a list of them: what goes on to stderr, one JSON object to stdout at the end. */
export async function runExecute(task: string | undefined, options: Options): Promise<number> {
  const isList = options.list !== undefined;
  if (isList === (task !== undefined)) throw wrong('execute: expected a task, or --list with a file of tasks.');
  if (!isList && options.resume) throw wrong('--resume was given: expected it with --list.');
  if (!isList && options.keepGoing) throw wrong('--keep-going was given: expected it with --list.');
  if (options.cwd !== undefined) checkFolder(options.cwd);
  const stop = new AbortController();
  const forgetSignals = cancelAtSignals(stop);
  try {
    const shared = {
      ...choiceOf(options),
      signal: stop.signal,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    };
    const onEvent = (event: TaskEvent | ListEvent): void => tell(event, options.json === true);
    const result = isList
      ? await runTheList(options.list ?? '', options, { ...shared, onEvent })
      : await execute(task ?? '', { ...shared, onEvent });
    await give(`${safeJson(snakeCase(result), options.json ? undefined : 2)}\n`);
    return exitCodeOf(result, stop.signal);
  } finally {
    forgetSignals();
  }
}

async function runTheList(file: string, { resume, keepGoing }: Options, shared: object): Promise<ListResult> {
  const tasks = await readTaskFile(file);
  return executeList(tasks, {
    ...shared,
    name: realpathSync(resolve(file)),
    resume: resume ?? false,
    keepGoing: keepGoing ?? false,
  });
}

/** A reader that has seen enough is no fault; a result that nobody can read is one. */
function give(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (!error || codeOf(error) === 'EPIPE') resolve();
      else reject(new MendwatchError(`The result could not be written: ${messageOf(error)}`));
    });
  });
}

function choiceOf({ timeout, tools, model, maxCost }: Options): TaskChoice {
  return {
    ...(timeout === undefined ? {} : { timeoutMs: numberOf('--timeout', timeout, longestSeconds) * 1_000 }),
    ...(tools === undefined ? {} : { tools: namesOf(tools) }),
    ...(model === undefined ? {} : { model: modelOf(model) }),
    ...(maxCost === undefined ? {} : { maxCostUsd: numberOf('--max-cost', maxCost, 1_000) }),
  };
}

/** Else the settings would be blamed for it. */
function checkFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  throw wrong(`--cwd ${folder}: there is no folder ${resolve(folder)}.`);
}

function namesOf(text: string): readonly string[] {
  return text.split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()]));
}

function modelOf(name: string): string {
  if (modelName.test(name)) return name;
  throw wrong(`--model ${JSON.stringify(name)}: expected the name of a model.`);
}

function numberOf(option: string, text: string, most: number): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value > 0 && value <= most) return value;
  throw wrong(`${option} ${text}: expected a number above 0, up to ${most}.`);
}

function exitCodeOf({ outcome }: TaskResult | ListResult, signal: AbortSignal): number {
  if (signal.aborted) return ExitCode.interrupted;
  return outcome === 'completed' ? ExitCode.done : ExitCode.failed;
}

/** The first signal ends what runs with all its processes; the second does not wait for that. */
function cancelAtSignals(stop: AbortController): () => void {
  return onSignals((signal) => {
    if (stop.signal.aborted) process.exit(ExitCode.interrupted);
    stop.abort(new Error(`canceled by ${signal}`));
  });
}

function tell(event: TaskEvent | ListEvent, asJson: boolean): void {
  const text = asJson ? safeJson(snakeCase(event)) : lineOf(event);
  if (text !== undefined) process.stderr.write(`${printable(text)}\n`);
}

function lineOf(event: TaskEvent | ListEvent): string | undefined {
  switch (event.type) {
    case 'next':
      return `\n[${event.number}/${event.of}] ${event.taskId}`;
    case 'skipped':
      return `\n${event.taskId}: skipped, ${event.reason}`;
    case 'started':
      return `${event.executionId} started in ${event.cwd}`;
    case 'text':
      return event.text;
    case 'tool':
      return `· ${event.tool} ${event.subject}`;
    case 'hook-note':
      return `! ${event.hook}: ${event.note}`;
    case 'hook-warning':
      return `! the hook ${event.hook}: ${event.message}`;
    case 'ended':
      return endLine(event.result);
  }
}

function endLine({ executionId, outcome, reason, durationMs, costUsd }: TaskResult): string {
  const why = reason === undefined ? '' : `: ${reason}`;
  const cost = costUsd === undefined ? 'cost unknown' : `$${costUsd.toFixed(4)}`;
  return `${executionId} ${outcome}${why} (${(durationMs / 1_000).toFixed(1)} s, ${cost})`;
}
