import { lookAgain } from '../agent/last-looked.ts';
import { readWatched } from '../agent/watched.ts';
import { ExitCode, MendwatchError, messageOf } from '../errors.ts';
import { loadState, print, printJson } from './look.ts';
import { missedLine } from './missed.ts';
import { baselineSinceMs, isGone } from './standing.ts';
import { type Sight, statusLines, statusRecord } from './status-lines.ts';
import { troublesOf } from './trouble-lines.ts';
import { safeJson } from './wire-names.ts';
import { wrong } from './wrong.ts';

export interface StatusWords {
  readonly json?: boolean;
  readonly watch?: boolean;
  readonly check?: boolean;
}

/** `status`: what the agent is doing and how it is, from its state file, whether it runs or not. */
export async function runStatus({ json = false, watch = false, check = false }: StatusWords): Promise<number> {
  if (watch && check) {
    throw wrong('--watch and --check were given: expected one of them.');
  }
  const sight = await look();
  if (check) return tellTroubles(sight, json);
  if (watch) return keepShowing(sight, json);
  if (json) return printJson(statusRecord(sight));
  const { config, state, now } = sight;
  const missed = process.stdout.isTTY ? await lookAgain(config, state) : undefined;
  const [standing = '', ...rest] = statusLines(sight);
  return print([standing, ...(missed === undefined ? [] : [missedLine(missed, now)]), ...rest].join('\n'));
}

async function look(): Promise<Sight> {
  const { config, state } = await loadState();
  const now = Date.now();
  const [tests, troubles] = await Promise.all([
    readWatched(config.baselineFile, config.laneLinks),
    troublesOf(state, config, now),
  ]);
  return { config, state, tests, troubles, now };
}

/** For monitors: the exit code, and why. */
function tellTroubles({ config, state, troubles }: Sight, json: boolean): number {
  const { status } = state.processes.orchestrator;
  const isRunning = status !== 'stopped' && !isGone(state);
  const found = isRunning ? troubles : [];
  const exitCode = isRunning ? (found.length === 0 ? ExitCode.done : ExitCode.failed) : ExitCode.notRunning;
  const word = isRunning ? status : 'not running';
  if (json) {
    printJson({ ok: exitCode === ExitCode.done, status: word, troubles: found });
    return exitCode;
  }
  const well = isRunning ? `${word}, all well` : word;
  print(found.length === 0 ? `${config.projectRoot}: ${well}` : found.map(({ text }) => text).join('\n'));
  return exitCode;
}

async function keepShowing(first: Sight, json: boolean): Promise<number> {
  const { watchStatus } = await import('./watch-status.ts');
  const { config } = first;
  const shown = async (): Promise<{ lines: readonly string[]; isBusy: boolean }> => {
    try {
      const sight = await look();
      const lines = json ? [safeJson(statusRecord(sight))] : statusLines(sight);
      const isBusy = sight.state.queues.in_progress.length > 0 || baselineSinceMs(sight.state) !== undefined;
      return { lines, isBusy };
    } catch (error) {
      // Between two agents, or while another tool writes; the next look may find it well again.
      if (!(error instanceof MendwatchError)) throw error;
      return { lines: json ? [] : [messageOf(error)], isBusy: false };
    }
  };
  await watchStatus({ stateFile: config.stateFile, shown, isInPlace: !json });
  return ExitCode.done;
}
