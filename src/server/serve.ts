import { join } from 'node:path';
import { type OpenedExecutor, openExecutor } from '../agent/open-executor.ts';
import { loadConfig } from '../config/load.ts';
import { findPackageRoot, packageVersion } from '../config/package-root.ts';
import { launchEnvironment } from '../config/process-environment.ts';
import type { Config } from '../config/types.ts';
import type { ExecutorControl } from '../domain/execution.ts';
import { ExitCode } from '../errors.ts';
import { createLogger, type Logger } from '../log.ts';
import { createScrubber } from '../secrets/scrubber.ts';
import type { HttpDoor } from './mcp-route.ts';
import { type RunningServer, startServer } from './server.ts';

/** What another door on the same port stands on. */
export interface OtherDoorParts {
  readonly config: Config;
  readonly launch: Readonly<Record<string, string>>;
  readonly control: ExecutorControl;
  readonly logger: Logger;
  readonly clean: (text: string) => Promise<string>;
  readonly version: string;
}

/**
 * Runs the executor in the foreground until a signal stops it. Gives the exit code.
 *
 * @param openMcp makes the door at `/mcp` when somebody first comes to it
 * @param tell is heard by the person who started it
 */
export async function runServe(
  openMcp: (parts: OtherDoorParts) => Promise<HttpDoor>,
  tell: (text: string) => void,
): Promise<number> {
  const env = launchEnvironment();
  const packageRoot = findPackageRoot();
  const config = loadConfig({ env, cwd: process.cwd(), packageRoot, fallbackProject: process.cwd() });
  const { executor, logLevel, secrets } = config;
  const scrubber = createScrubber(secrets);
  const log = createLogger({ logFile: executor.logFile, logLevel }, scrubber.scrub);
  try {
    const opened = await openExecutor(config, env, { logger: log.logger, scrubber });
    const { control, token } = opened;
    const common = { control, version: packageVersion(packageRoot), logger: log.logger };
    const server = await startServer({
      ...executor,
      ...common,
      token,
      openMcp: () => openMcp({ ...common, config, launch: env, clean: scrubber.clean }),
      onListening: opened.reapLeftovers,
    });
    tell(whatToKnow(config, opened, server).join('\n'));
    return await untilSignal(server, config.shutdownGraceMs);
  } finally {
    log.close();
  }
}

/** What a person should know before leaving it running. */
function whatToKnow({ executor, projectRoot }: Config, { token, warnings }: OpenedExecutor, { port }: RunningServer) {
  const { allowedCommands, folder, host, logFile } = executor;
  const isMade = token !== undefined && executor.token === undefined;
  return [
    `The executor listens on ws://${host.includes(':') ? `[${host}]` : host}:${port}/ws/mcp. Commands run in ${projectRoot} with your rights.`,
    allowedCommands.length > 0
      ? `Allowed, without a shell: ${allowedCommands.join(', ')}.`
      : 'Any command may be run, in a shell, by clients on this machine that know the token.',
    token === undefined
      ? 'WARNING: EXECUTOR_AUTH=none: every program on this machine may run the allowed commands.'
      : `Clients need the token${isMade ? ` in ${join(folder, 'token')}` : ' in EXECUTOR_TOKEN'}.`,
    ...warnings.map((warning) => `WARNING: ${warning}`),
    `Log: ${logFile}. Ctrl-C stops.`,
  ];
}

/** The first signal lets what runs finish for a while, the second ends it, the third ends the process. */
async function untilSignal(server: RunningServer, graceMs: number): Promise<number> {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let received = 0;
  return await new Promise<number>((resolve, reject) => {
    const listener = (signal: NodeJS.Signals): void => {
      received++;
      if (received > 2) process.exit(ExitCode.interrupted);
      server.close(`the executor was told to stop (${signal})`, graceMs).then(() => {
        for (const name of signals) process.off(name, listener);
        resolve(received > 1 ? ExitCode.interrupted : ExitCode.done);
      }, reject);
    };
    for (const signal of signals) process.on(signal, listener);
  });
}
