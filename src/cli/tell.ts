import { openCommands } from '../agent/commands.ts';
import type { AgentCommands, Standing } from '../agent/control.ts';
import { findOne } from '../agent/known-tasks.ts';
import { reachAgent } from '../agent/reach-agent.ts';
import { systemClock } from '../clock.ts';
import { launchEnvironment } from '../config/process-environment.ts';
import type { Task } from '../domain/task.ts';
import { ExitCode, MendwatchError } from '../errors.ts';
import { isAlive } from '../process/is-alive.ts';
import { clock } from './limit-lines.ts';
import { endOf, loadState, print, printJson } from './look.ts';
import { isGone } from './standing.ts';
import { spanOf } from './time-span.ts';
import { wrong } from './wrong.ts';

interface Options {
  readonly json?: boolean;
}

const longestSnoozeMs = 30 * 86_400_000;
const longestWaitSeconds = 86_400;
/** A process that has said good-bye may need so long to be gone. */
const exitMs = 10_000;

export async function runStop(options: Options & { timeout: string; force?: boolean }): Promise<number> {
  const timeoutMs = waitOf(options.timeout);
  const { config, state } = await loadState();
  const agent = await reachAgent(config);
  if (agent === undefined) {
    const { pid, status } = state.processes.orchestrator;
    if (pid === null || status === 'stopped' || isGone(state)) throw notRunning(config.projectRoot);
    throw new MendwatchError(`Process ${pid} has this project, and takes no commands.`, {
      remedy: `It may be on another machine, or only just starting. \`kill ${pid}\` tells it to stop.`,
    });
  }
  const { pid } = await agent.stop({ force: options.force === true, timeoutMs });
  await untilGone(pid);
  if (options.json) return printJson({ stopped: pid });
  return print(`Process ${pid} has stopped.`);
}

export function runPause(options: Options): Promise<number> {
  return hold(
    (agent) => agent.pause(),
    () => 'Paused: no task is taken up until `mendwatch resume`. What is under way comes to the end of its attempt.',
    options,
  );
}

export function runResume(options: Options): Promise<number> {
  return hold(
    (agent) => agent.resume(),
    () => 'Going on.',
    options,
  );
}

export function runSnooze(time: string, options: Options): Promise<number> {
  const ms = snoozeOf(time);
  return hold(
    (agent) => agent.snooze(ms),
    ({ snoozed_until = '' }) =>
      `No fix is begun before ${clock(Date.parse(snoozed_until))}; changes are looked at as ever.`,
    options,
  );
}

export function runRetry(id: string, options: Options): Promise<number> {
  return ofTask(id, options, 'retry', (task) => `${task.id} ${task.file_path}: waits, and is due at once.`);
}

export function runCancel(id: string, options: Options): Promise<number> {
  return ofTask(id, options, 'cancel', (task) =>
    task.outcome === 'cancelled'
      ? `${task.id} ${task.file_path}: cancelled.`
      : `${task.id} ${task.file_path} has ended before: ${endOf(task)}.`,
  );
}

async function hold(
  tell: (agent: AgentCommands) => Promise<Standing>,
  said: (standing: Standing) => string,
  { json }: Options,
): Promise<number> {
  const { config } = await loadState();
  const standing = await tell(await openCommands(config, launchEnvironment()));
  return json ? printJson(standing) : print(said(standing));
}

async function ofTask(
  id: string,
  { json }: Options,
  word: 'retry' | 'cancel',
  said: (task: Task) => string,
): Promise<number> {
  const { config, state } = await loadState();
  const found = findOne(state, id);
  const task = await (await openCommands(config, launchEnvironment()))[word](found.id);
  return json ? printJson(task) : print(said(task));
}

function snoozeOf(time: string): number {
  const ms = spanOf(time);
  if (ms !== undefined && ms <= longestSnoozeMs) return ms;
  throw wrong(`snooze ${time}: expected a number with s, m, h or d, as in 30m, up to 30d.`);
}

function waitOf(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds > 0 && seconds <= longestWaitSeconds) return seconds * 1_000;
  throw wrong(`--timeout ${text}: expected a number of seconds, up to ${longestWaitSeconds}.`);
}

function notRunning(project: string): MendwatchError {
  return new MendwatchError(`No agent is running on ${project}.`, { exitCode: ExitCode.notRunning });
}

/** An agent in this very process is gone when its socket is. */
async function untilGone(pid: number): Promise<void> {
  const deadline = systemClock.monotonic() + exitMs;
  while (pid !== process.pid && isAlive(pid) && systemClock.monotonic() < deadline) await systemClock.sleep(20);
}
