import { once } from 'node:events';
import { refuseForeign } from '../agent/own-project.ts';
import { reachAgent } from '../agent/reach-agent.ts';
import { loadConfig } from '../config/load.ts';
import { findPackageRoot } from '../config/package-root.ts';
import { launchEnvironment } from '../config/process-environment.ts';
import { ExitCode, MendwatchError } from '../errors.ts';
import type { AgentEvent } from '../events.ts';
import { onSignals } from './signals.ts';
import { linesOf } from './view.ts';
import { safeJson } from './wire-names.ts';

/** `events`: what the running agent does, as it does it, until it ends or Ctrl-C. */
export async function runEvents({ json }: { readonly json?: boolean }): Promise<number> {
  const config = loadConfig({ env: launchEnvironment(), cwd: process.cwd(), packageRoot: findPackageRoot() });
  await refuseForeign(config);
  const agent = await reachAgent(config);
  if (agent === undefined) {
    throw new MendwatchError(`No agent is running on ${config.projectRoot}.`, {
      remedy: 'Start one with `mendwatch start`.',
      exitCode: ExitCode.notRunning,
    });
  }
  const over = new AbortController();
  const stop = (): void => over.abort();
  const forgetSignals = onSignals(stop);
  // A reader that has seen enough, as `head` has.
  process.stdout.on('error', stop);
  try {
    for await (const event of agent.events(over.signal))
      await write(json ? [safeJson(event)] : shown(event), over.signal);
  } finally {
    forgetSignals();
    process.stdout.off('error', stop);
  }
  return ExitCode.done;
}

function shown(event: AgentEvent): readonly string[] {
  return linesOf(event, process.stdout);
}

/** As fast as it is read: the agent hangs up on a reader that never comes back. */
async function write(lines: readonly string[], signal: AbortSignal): Promise<void> {
  const { stdout } = process;
  if (lines.length === 0 || signal.aborted || stdout.write(`${lines.join('\n')}\n`)) return;
  await once(stdout, 'drain', { signal }).catch(() => undefined);
}
