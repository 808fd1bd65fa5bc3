import { systemClock } from '../clock.ts';
import type { Config } from '../config/types.ts';
import { ExitCode, MendwatchError } from '../errors.ts';
import { type DetachedEnd, type DetachedProcess, startDetached } from '../process/detach.ts';
import { readState } from '../state/store.ts';
import { ownProgram } from './program.ts';

export interface StartApart {
  readonly config: Pick<Config, 'packageRoot' | 'projectRoot' | 'stateFile' | 'logFile'>;
  readonly launch: Readonly<Record<string, string>>;
  /** Settings may be relative to it. */
  readonly cwd: string;
  /** Nobody waits any more: the agent is told to stop. */
  readonly signal: AbortSignal;
}

/** A start may have a large tree to copy. */
const startMs = 10 * 60_000;
const lookMs = 50;
/** Between two signals to an agent that is to end while it starts. */
const stepMs = 5_000;

/**
 * Starts the agent as a process of its own, that outlives this one; resolves when it watches.
 *
 * @throws MendwatchError with what it said and its exit code when it does not come up
 */
export async function startApart({ config, launch, cwd, signal }: StartApart): Promise<{ readonly pid: number }> {
  const child = startDetached({ ...ownProgram(config.packageRoot, 'start'), cwd, env: launch });
  try {
    const isOver = new AbortController();
    const end = await Promise.race([
      child.ended,
      untilWatching(config.stateFile, child, isOver.signal),
      stopped(signal),
    ]);
    isOver.abort();
    if (end === 'watching' && child.pid !== undefined) return { pid: child.pid };
    if (end === 'stopped') throw await stop(child);
    throw end === 'late' || end === 'watching' ? tooLate(child) : didNotComeUp(config.logFile, child.errors, end);
  } finally {
    child.letGo();
  }
}

async function untilWatching(
  stateFile: string,
  { pid }: DetachedProcess,
  signal: AbortSignal,
): Promise<'watching' | 'late'> {
  const deadline = systemClock.monotonic() + startMs;
  while (!signal.aborted && systemClock.monotonic() < deadline) {
    // There may be none yet, or one that cannot be read: the agent has its own words for that.
    const read = await readState(stateFile).catch(() => undefined);
    const own = read?.kind === 'state' ? read.document.processes.orchestrator : undefined;
    if (own?.pid === pid && (own?.status === 'running' || own?.status === 'paused')) return 'watching';
    await systemClock.sleep(lookMs, signal).catch(() => undefined);
  }
  return 'late';
}

function stopped(signal: AbortSignal): Promise<'stopped'> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('stopped');
    signal.addEventListener('abort', () => resolve('stopped'), { once: true });
  });
}

/** By its ladder of signals: one that hangs in its start ends at the third where it stands, as nothing is under way yet. */
async function stop({ pid, ended }: DetachedProcess): Promise<MendwatchError> {
  const isOver = new AbortController();
  const over = ended.finally(() => isOver.abort());
  for (let signals = 0; signals < 3 && pid !== undefined && !isOver.signal.aborted; signals++) {
    process.kill(pid, 'SIGTERM');
    await systemClock.sleep(stepMs, isOver.signal).catch(() => undefined);
  }
  await over;
  return new MendwatchError('The start was called off; the agent has ended.', { exitCode: ExitCode.interrupted });
}

function tooLate({ pid }: DetachedProcess): MendwatchError {
  return new MendwatchError(`The agent (process ${pid}) is still starting after ${startMs / 60_000} minutes.`, {
    remedy: '`mendwatch status` says when it watches, `mendwatch stop` calls it off.',
  });
}

/** What it said is what a person would have read in the foreground. */
function didNotComeUp(logFile: string, errors: string, end: DetachedEnd): MendwatchError {
  const exitCode = end.kind === 'exited' && end.code !== ExitCode.done ? end.code : ExitCode.failed;
  const said = errors.trimEnd();
  if (said !== '') return new MendwatchError(said, { exitCode });
  return new MendwatchError(`The agent ended before it watched: ${endText(end)}.`, {
    remedy: `The last lines of ${logFile} say what it did.`,
    exitCode,
  });
}

function endText(end: DetachedEnd): string {
  switch (end.kind) {
    case 'exited':
      return `exit code ${end.code}`;
    case 'signalled':
      return `it was ended by ${end.signal}`;
    case 'could-not-start':
      return `it could not be started: ${end.message}`;
  }
}
