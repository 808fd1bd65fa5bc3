import { type AgentControl, startAgent } from '../agent/agent.ts';
import { loadConfig } from '../config/load.ts';
import { findPackageRoot } from '../config/package-root.ts';
import { launchEnvironment } from '../config/process-environment.ts';
import type { Config } from '../config/types.ts';
import { ExitCode, messageOf } from '../errors.ts';
import { onSignals } from './signals.ts';
import { viewEvents } from './view.ts';

/** After a fault that nobody caught, the rest is given up after this long. */
const crashMs = 30_000;
const lastMs = 5_000;

/** Runs the agent in the foreground until a signal stops it. Gives the exit code. */
export async function runStart(): Promise<number> {
  const env = launchEnvironment();
  const config = loadConfig({ env, cwd: process.cwd(), packageRoot: findPackageRoot() });
  const starting = Promise.withResolvers<AgentControl>();
  const forgetSignals = stopAtSignals(starting.promise);
  try {
    const agent = await startAgent({
      config,
      env,
      onEvents: (events) => {
        viewEvents(events, process.stdout);
        events.on(({ type }) => {
          if (type === 'agent.starting') process.stdout.write(`${whatToKnow(config).join('\n')}\n`);
        });
      },
    });
    starting.resolve(agent);
    onUncaught(agent);
    await agent.done;
  } finally {
    forgetSignals();
    // What should have been put away must not keep the process: all is written by now.
    setTimeout(() => process.exit(), lastMs).unref();
  }
  return Number(process.exitCode ?? ExitCode.done);
}

/** What a person should know before leaving it running. */
function whatToKnow(config: Config): readonly string[] {
  const { githubToken, slackWebhookUrl, emailWebhookUrl } = config;
  const isTold = (githubToken ?? slackWebhookUrl ?? emailWebhookUrl) !== undefined;
  const reports = isTold ? ['Reports, with parts of your code, go to the channels that are set up.'] : [];
  if (!config.autoFixEnabled) {
    const rest = isTold ? '' : ', nothing leaves this machine';
    return [`Regressions are reported; no model is called${rest}.`, ...reports];
  }
  return [
    'When a save turns a green test red, the change, the failing tests and files that Claude reads go to Claude.',
    ...reports,
    `Fixes are proven by your tests, run with your rights on patches that nobody has reviewed, in a copy of the project.`,
    `Spending limit: $${config.maxCostPerTaskUsd} a task, $${config.maxCostPerDayUsd} a day, ${config.maxRetries} attempts. Ctrl-C stops.`,
  ];
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
