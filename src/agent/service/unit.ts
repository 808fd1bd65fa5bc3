import { ExitCode, MendwatchError } from '../../errors.ts';
import { askedLine, type ServiceFacts } from './facts.ts';

export const firstLine =
  '# Made by `mendwatch service install`, which writes it again; `mendwatch service uninstall` removes it.';

/** Until it watches: a large tree is copied first, and what a crash has left is put in order. */
const startSeconds = 600;
/** Beyond the grace: what ignores its end, and the writing of the state. */
const endingSeconds = 45;
const restart = { firstSeconds: 10, longestSeconds: 300, steps: 6, windowSeconds: 1_800 } as const;
/** The version of systemd that lets restarts come slower and slower. */
const slowerSince = 254;

/**
 * The unit for systemd.
 *
 * - `KillMode=mixed`: only the agent is told to stop, so that what is under way may come to its end; systemd ends the rest
 *   of the group when the agent is gone.
 * - `OOMPolicy=continue`: a test that eats all memory ends as that test, not as the agent.
 * - `StandardOutput=null`: the log file has everything; what a failed start says goes to the journal.
 * - No sandbox: whatever it would forbid, somebody's tests need.
 *
 * @throws MendwatchError (exit code 2) when systemd cannot be told of the program
 */
export function unitText(facts: ServiceFacts): string {
  const { program, projectRoot, shutdownGraceMs, nice, systemd } = facts;
  const slower = systemd.version >= slowerSince;
  return [
    firstLine,
    `# ${askedLine(facts.asked)}`,
    '[Unit]',
    `Description=Mendwatch on ${words(projectRoot)}`,
    `StartLimitIntervalSec=${restart.windowSeconds}`,
    `StartLimitBurst=${restart.steps}`,
    '',
    '[Service]',
    ...(systemd.hasNotify
      ? ['Type=notify', 'NotifyAccess=all', `WatchdogSec=${watchdogSeconds(facts)}`, 'WatchdogSignal=SIGTERM']
      : ['Type=exec']),
    `ExecStart=${[executable(program.command), ...program.args.map(argument)].join(' ')}`,
    ...Object.entries(facts.variables).map(([name, value]) => `Environment=${assignment(name, value)}`),
    `TimeoutStartSec=${startSeconds}`,
    `TimeoutStopSec=${Math.ceil(shutdownGraceMs / 1_000) + endingSeconds}`,
    'KillMode=mixed',
    'Restart=on-failure',
    `RestartSec=${restart.firstSeconds}`,
    ...(slower ? [`RestartSteps=${restart.steps}`, `RestartMaxDelaySec=${restart.longestSeconds}`] : []),
    `RestartPreventExitStatus=${ExitCode.configuration} ${ExitCode.alreadyRunning}`,
    `SuccessExitStatus=${ExitCode.interrupted}`,
    `Nice=${nice}`,
    'IOSchedulingClass=best-effort',
    'IOSchedulingPriority=7',
    'OOMPolicy=continue',
    'LimitCORE=0',
    'StandardOutput=null',
    'StandardError=journal',
    '',
    '[Install]',
    'WantedBy=default.target',
    '',
  ].join('\n');
}

/** A heartbeat may wait for a minute until all has answered; one that is missing is no reason yet. */
function watchdogSeconds({ heartbeatMs }: ServiceFacts): number {
  return 120 + 3 * Math.ceil(heartbeatMs / 1_000);
}

/** systemd takes no quotes and backslashes in the path of a program, and no `$$` for a dollar as it does in arguments. */
function executable(path: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (/["'\\\u0000-\u001f\u007f]/.test(path)) {
    throw new MendwatchError(`systemd cannot run a program whose path holds quotes or backslashes: ${path}.`, {
      remedy: 'Use a Node that lies elsewhere.',
      exitCode: ExitCode.configuration,
    });
  }
  return `"${path.replaceAll('%', '%%')}"`;
}

function argument(text: string): string {
  return quoted(text).replaceAll('$', '$$$$');
}

/** In `Environment=` a dollar is a dollar. */
function assignment(name: string, value: string): string {
  return quoted(`${name}=${value}`);
}

function quoted(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replaceAll('%', '%%');
  return `"${escaped}"`;
}

/** For people: nothing in it may go on in the next line, or mean something. */
function words(text: string): string {
  return text
    .replace(/[\p{C}\\]+/gu, ' ')
    .trim()
    .replaceAll('%', '%%');
}
