import { type AgentControl, startAgent } from '../agent/agent.ts';
import { missedSince, noteLook } from '../agent/last-looked.ts';
import { preferSmall } from '../agent/slim.ts';
import { loadConfig } from '../config/load.ts';
import { findPackageRoot } from '../config/package-root.ts';
import { launchEnvironment } from '../config/process-environment.ts';
import type { Config } from '../config/types.ts';
import { ExitCode, messageOf } from '../errors.ts';
import { readState } from '../state/read.ts';
import { missedLine } from './missed.ts';
import { onSignals } from './signals.ts';
import { openStartView } from './start-view.ts';
import { whatToKnow } from './what-to-know.ts';
import { wrong } from './wrong.ts';

/** After a fault that nobody caught, the rest is given up after this long. */
const crashMs = 30_000;
const lastMs = 5_000;

export interface StartWords {
  /** Lines for people, whatever the output is. */
  readonly plain?: boolean;
  readonly detach?: boolean;
  /** The lines of the log as they are, whatever the output is; with `detach`: what is told of it is JSON. */
  readonly json?: boolean;
}

/** Runs the agent in the foreground until a signal stops it. Gives the exit code. */
export async function runStart(options: StartWords = {}): Promise<number> {
  preferSmall();
  if (options.plain && options.json) throw wrong('--plain and --json were given: expected one of them.');
  const env = launchEnvironment();
  const config = loadConfig({ env, cwd: process.cwd(), packageRoot: findPackageRoot() });
  const isJson = options.json === true;
  if (options.detach === true) {
    const { runDetached } = await import('./detach.ts');
    return runDetached({ config, env, words: whatToKnow(config), json: isJson });
  }
  const isPlain = options.plain === true;
  const isSeen = process.stdout.isTTY && !isPlain && !isJson;
  const missed = isSeen ? await missedLines(config) : [];
  const view = openStartView({ config, out: process.stdout, isPlain, isJson, env });
  const starting = Promise.withResolvers<AgentControl>();
  const forgetSignals = stopAtSignals(starting.promise);
  try {
    const agent = await startAgent({
      config,
      env,
      onEvents: (events) => {
        view.follow(events);
        events.on(({ type }) => {
          if (type === 'agent.starting') view.say([...whatToKnow(config), 'Ctrl-C stops.', ...missed]);
          if (type === 'agent.running' && isSeen) void noteLook(config);
        });
      },
      ...(view.onLogLine === undefined ? {} : { onLogLine: view.onLogLine }),
    });
    view.attend(agent);
    starting.resolve(agent);
    onUncaught(agent);
    await agent.done;
  } finally {
    forgetSignals();
    view.close();
    // What should have been put away must not keep the process: all is written by now.
    setTimeout(() => process.exit(), lastMs).unref();
  }
  return Number(process.exitCode ?? ExitCode.done);
}

/** What has ended since the person looked last; none where no agent has run yet. */
async function missedLines(config: Config): Promise<readonly string[]> {
  const read = await readState(config.stateFile).catch(() => undefined);
  if (read?.kind !== 'state') return [];
  const missed = await missedSince(config, read.document);
  return missed === undefined ? [] : [missedLine(missed, Date.now())];
}

/**
 * The first signal lets the current work finish, the second puts it back at once, the third ends the process. One that
 * comes while the agent starts counts when it has.
 */
function stopAtSignals(agent: Promise<AgentControl>): () => void {
  let received = 0;
  const listener = (signal: NodeJS.Signals): void => {
    received++;
    if (received > 2) process.exit(ExitCode.interrupted);
    if (received === 2) process.exitCode = ExitCode.interrupted;
    const word = received === 1 ? 'stop' : 'force';
    agent
      .then((running) => running[word](signal))
      .catch((error: unknown) => {
        process.stderr.write(`Could not stop in good order: ${messageOf(error)}\n`);
        process.exit(ExitCode.failed);
      });
  };
  return onSignals(listener);
}

/**
 * What nobody caught: whatever it was, nothing may be relied on any more. It is logged, the task put back, the children
 * are ended, and a service unit starts the agent anew.
 */
function onUncaught(agent: AgentControl): void {
  const listener = (error: unknown): void => {
    setTimeout(() => process.exit(ExitCode.failed), crashMs).unref();
    agent.fail(error).catch(() => process.exit(ExitCode.failed));
  };
  process.on('uncaughtException', listener);
  process.on('unhandledRejection', listener);
}
