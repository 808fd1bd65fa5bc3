import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { ambiguous, tasksLike } from '../agent/known-tasks.ts';
import { type LogEntry, type LogLevel, logLevels } from '../agent/log-entry.ts';
import { type LogRange, readLog } from '../agent/read-log.ts';
import { loadConfig } from '../config/load.ts';
import { findPackageRoot } from '../config/package-root.ts';
import { launchEnvironment } from '../config/process-environment.ts';
import { ExitCode, MendwatchError } from '../errors.ts';
import { createScrubber } from '../secrets/scrubber.ts';
import { readState } from '../state/read.ts';
import { logLine } from './log-lines.ts';
import { onSignals } from './signals.ts';
import { spanOf } from './time-span.ts';
import { safeText } from './wire-names.ts';
import { wrapped } from './wrap.ts';
import { wrong } from './wrong.ts';

const usualLines = 50;
const mostLines = 1_000_000;
/** Below the words, behind time and level. */
const hang = 26;

export interface LogsWords {
  readonly lines?: string;
  readonly level?: string;
  readonly task?: string;
  readonly since?: string;
  readonly follow?: boolean;
  readonly json?: boolean;
}

/** `logs`: the last lines of the log, and with `--follow` what comes. */
export async function runLogs(words: LogsWords): Promise<number> {
  const range = rangeOf(words, Date.now());
  const config = loadConfig({ env: launchEnvironment(), cwd: process.cwd(), packageRoot: findPackageRoot() });
  if (words.follow !== true && !existsSync(config.logFile) && !existsSync(`${config.logFile}.1`)) {
    throw new MendwatchError(`There is no log at ${config.logFile}: no agent has run for this project yet.`, {
      remedy: 'Start one with `mendwatch start`, or set LOG_FILE to where the agent writes it.',
      exitCode: ExitCode.notRunning,
    });
  }
  if (range.task !== undefined) await refuseAmbiguous(config.stateFile, range.task);
  const { scrub } = createScrubber(config.secrets);
  const { stdout } = process;
  // Cleaned before it is broken: a secret in two rows would not be found.
  const shown = (entry: LogEntry): string =>
    words.json === true ? scrub(safeText(entry.line)) : wrapped(scrub(logLine(entry, stdout)), stdout, hang);
  const over = new AbortController();
  const end = (): void => over.abort();
  const forgetSignals = onSignals(end);
  stdout.on('error', end);
  try {
    for await (const entry of readLog(config.logFile, range, words.follow === true ? over.signal : undefined)) {
      if (over.signal.aborted) break;
      if (!stdout.write(`${shown(entry)}\n`)) {
        await once(stdout, 'drain', { signal: over.signal }).catch(() => undefined);
      }
    }
  } finally {
    forgetSignals();
    stdout.off('error', end);
  }
  return ExitCode.done;
}

/** The log may know tasks that the state has forgotten, so that an unknown id is no mistake. */
async function refuseAmbiguous(stateFile: string, id: string): Promise<void> {
  const read = await readState(stateFile).catch(() => undefined);
  const matches = read?.kind === 'state' ? tasksLike(read.document, id) : [];
  if (matches.length > 1) throw ambiguous(id, matches);
}

/** @param now epoch ms. @throws MendwatchError (exit code 2) that says what was expected */
export function rangeOf({ lines, level, task, since }: LogsWords, now: number): LogRange {
  const count = lines === undefined ? undefined : Number(lines);
  if (count !== undefined && !(/^\d+$/.test(lines ?? '') && count <= mostLines)) {
    throw wrong(`--lines ${lines}: expected a number up to ${mostLines}.`);
  }
  const name = level?.toLowerCase();
  if (name !== undefined && !isLevel(name)) throw wrong(`--level ${level}: expected one of ${logLevels.join(', ')}.`);
  if (task !== undefined && !/^(task_)?[0-9a-f]{1,8}$/.test(task)) {
    throw wrong(`--task ${task}: expected the id of a task or its beginning, as in task_37f2f7e8 or 37f2.`);
  }
  const sinceMs = since === undefined ? undefined : now - (spanOf(since) ?? now - dateOf(since));
  if (Number.isNaN(sinceMs)) throw wrong(`--since ${since}: expected a time as in 45s, 30m, 2h, 1d, or a date.`);
  return { lines: count ?? (since === undefined ? usualLines : undefined), level: name, task, sinceMs };
}

/** What else `Date.parse` takes for a date is a slip of the pen: `1` would be the year 2001. NaN where it is none. */
function dateOf(text: string): number {
  return /^\d{4}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
}

function isLevel(name: string): name is LogLevel {
  return logLevels.some((known) => known === name);
}
