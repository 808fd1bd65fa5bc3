import { createHash, randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { systemClock } from '../clock.ts';
import { claudeOwnVariables, commandEnvironment } from '../config/environment.ts';
import type { Config } from '../config/types.ts';
import type { ExecutorControl } from '../domain/execution.ts';
import { Executor } from '../executor/executor.ts';
import { keepToken } from '../executor/token.ts';
import type { Logger } from '../log.ts';
import { ownerElement, reapOrphans } from '../process/owner.ts';
import { reapMarked } from '../process/process.ts';
import type { Scrubber } from '../secrets/scrubber.ts';
import { openHooks } from './open-hooks.ts';
import { outsideOf } from './trusted-path.ts';

/** How long a session waits for a client that was lost. */
const comeBackMs = 5 * 60_000;

export interface OpenedExecutor {
  readonly control: ExecutorControl;
  /** Undefined where none is asked for. */
  readonly token: string | undefined;
  /** For the person who starts it. */
  readonly warnings: readonly string[];
  /** Ends what an executor that was killed left running. Only for whoever holds the port. */
  reapLeftovers(): Promise<void>;
}

/** Builds the executor as the settings say. Starts nothing. */
export async function openExecutor(
  config: Config,
  launch: Readonly<Record<string, string | undefined>>,
  { logger, scrubber }: { readonly logger: Logger; readonly scrubber: Scrubber },
): Promise<OpenedExecutor> {
  const { executor, projectRoot, packageRoot } = config;
  await mkdir(executor.folder, { recursive: true, mode: 0o700 });
  const ownMarker = executorMarker(config);
  const marker = [await ownerElement(), ownMarker].filter(Boolean).join(':');
  const env = commandEnvironment(launch, { projectRoot, packageRoot });
  const token = executor.auth === 'none' ? undefined : (executor.token ?? (await keepToken(executor.folder)));
  if (token !== undefined) scrubber.learn([token]);
  const hooks = openHooks(config, launch, { scrub: scrubber.scrub, marker });
  const opened = await Executor.open({
    ...executor,
    hooks,
    clock: systemClock,
    comeBackMs,
    cwd: projectRoot,
    env: { ...env, ...claudeVariables(config, launch), MENDWATCH_MARKER: marker },
    trustedPath: outsideOf(projectRoot, env.PATH ?? ''),
    logger,
    scrub: scrubber.clean,
  });
  return {
    control: opened,
    token,
    warnings: [...opened.warnings, ...hooks.unfit.map(({ hook, message }) => `The hook ${hook}: ${message}`)],
    reapLeftovers: async () => {
      const count = (await reapMarked(ownMarker)).reached + (await reapOrphans());
      if (count > 0) logger.warn({ count }, 'processes were ended that an executor had left when it was killed');
    },
  };
}

/** Commands are Claude above all, and it needs its key; the client could read it anyway, since it has the person's rights. */
function claudeVariables(
  { apiKey, claudeVariables: fromFile }: Config,
  launch: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return {
    ...fromFile,
    ...claudeOwnVariables(launch),
    ...(apiKey === undefined ? {} : { ANTHROPIC_API_KEY: apiKey }),
  };
}

/** The same over restarts; two executors never have the same port. */
function executorMarker({ executor: { folder, host, port } }: Config): string {
  const place = port === 0 ? randomUUID() : `${folder}:${host}:${port}`;
  return `executor-${createHash('sha256').update(place).digest('hex').slice(0, 16)}`;
}
