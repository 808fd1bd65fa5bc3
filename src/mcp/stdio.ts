import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { openExecutor } from '../agent/open-executor.ts';
import { loadConfig } from '../config/load.ts';
import { findPackageRoot, packageVersion } from '../config/package-root.ts';
import { launchEnvironment } from '../config/process-environment.ts';
import { ExitCode } from '../errors.ts';
import { createLogger } from '../log.ts';
import { createScrubber } from '../secrets/scrubber.ts';
import { Executions } from './executions.ts';
import { createMcpServer } from './mcp-server.ts';

const messageBytes = 4 * 1024 * 1024;

/**
 * Serves one client over standard input and output until it hangs up or a signal comes; what it runs ends with it.
 * Nothing but the protocol goes to standard output. Gives the exit code.
 */
export async function runMcp(): Promise<number> {
  const env = launchEnvironment();
  const packageRoot = findPackageRoot();
  const loaded = loadConfig({ env, cwd: process.cwd(), packageRoot, fallbackProject: process.cwd() });
  // It listens on no port: another executor's commands are not its own.
  const config = { ...loaded, executor: { ...loaded.executor, port: 0 } };
  const scrubber = createScrubber(config.secrets);
  const { logLevel } = config;
  const log = createLogger({ logFile: config.executor.logFile, logLevel }, scrubber.scrub);
  const { logger } = log;
  try {
    const { control, reapLeftovers } = await openExecutor(config, env, { logger, scrubber });
    await reapLeftovers();
    const version = packageVersion(packageRoot);
    const client = { isAuthenticated: true, isLoopback: true, name: 'stdio' };
    const parts = { config, launch: env, executions: new Executions(control), client, logger, version };
    const server = createMcpServer({ ...parts, clean: scrubber.clean });
    server.server.onerror = (error) => logger.warn({ err: error }, 'a message could not be understood or sent');
    const isOver = untilHungUp(server);
    await server.connect(new StdioServerTransport(process.stdin, process.stdout, { maxBufferSize: messageBytes }));
    const reason = await isOver;
    await control.close(reason, 0);
    await server.close();
    return ExitCode.done;
  } finally {
    log.close();
  }
}

/** Resolves with the reason: the client has gone or sent a message without end, or the process is to end. */
function untilHungUp({ server }: McpServer): Promise<string> {
  return new Promise((resolve) => {
    server.onclose = () => resolve('the client could not be understood any more');
    process.stdin.once('end', () => resolve('the client hung up'));
    process.stdin.once('close', () => resolve('the client hung up'));
    process.stdout.on('error', () => resolve('the client hung up'));
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve(signal));
  });
}
