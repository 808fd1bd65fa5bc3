import { dirname } from 'node:path';
import { systemClock } from '../clock.ts';
import { commandEnvironment } from '../config/environment.ts';
import type { Config } from '../config/types.ts';
import { messageOf } from '../errors.ts';
import { type AgentEvents, createEvents } from '../events.ts';
import { armFailpoint } from '../failpoint.ts';
import { createLogger, type Logger } from '../log.ts';
import type { Parts } from '../pipeline/parts.ts';
import { Pipeline } from '../pipeline/pipeline.ts';
import { lastTriagedTree } from '../pipeline/settle-round.ts';
import { keepTimeline } from '../pipeline/timeline.ts';
import { reapMarked } from '../process/process.ts';
import { createScrubber } from '../secrets/scrubber.ts';
import { StateFencedError } from '../state/store.ts';
import { Watcher } from '../watch/watcher.ts';
import { openWorkspace } from '../workspace/workspace.ts';
import { agentMarker } from './agent-marker.ts';
import { type CommandSocket, openCommandSocket } from './command-socket.ts';
import type { AgentControl } from './control.ts';
import { findTools, furnish, type Tools } from './furnish.ts';
import { noteLeftOut } from './left-out.ts';
import { sweepLeftovers } from './leftovers.ts';
import { live } from './live.ts';
import { logEvents } from './log-events.ts';
import { notifyDesktop } from './notify-desktop.ts';
import { refuseForeign } from './own-project.ts';
import { openOwnState, sayStarting, sayStatus } from './own-state.ts';
import { holdGuard } from './single-instance.ts';

export type { AgentControl } from './control.ts';

export interface AgentOptions {
  readonly config: Config;
  /** The environment of the launch. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Called before the first event. */
  readonly onEvents?: (events: AgentEvents) => void;
  /** Gets every line of the log, as it is in the file. */
  readonly onLogLine?: (line: string) => void;
}

type Release = () => Promise<void> | void;

const limits = {
  /** A batch waits at most this many debounce times, and a second. */
  batchWaitFactor: 5,
  batchPaths: 20_000,
  reconcileMs: 60_000,
};

/**
 * Starts the agent on a project; resolves when changes are being seen.
 *
 * @throws MendwatchError (exit code 2) when something it needs is missing, or the state is that of another project; nothing was created
 * @throws AlreadyRunningError when another agent has this state file or this project
 */
export async function startAgent(options: AgentOptions): Promise<AgentControl> {
  armFailpoint(options.env);
  await refuseForeign(options.config);
  const tools = await findTools(options.config, options.env);
  // Collected as things are acquired, run in reverse.
  const releases: Release[] = [];
  const release = async (): Promise<void> => {
    for (let act = releases.pop(); act !== undefined; act = releases.pop()) await act();
  };
  const control = Promise.withResolvers<AgentControl>();
  // Callers of the socket are told; where there is none, nobody is.
  control.promise.catch(() => undefined);
  try {
    const agent = await build(options, tools, releases, release, control.promise);
    control.resolve(agent);
    return agent;
  } catch (error) {
    control.reject(error);
    await release();
    throw error;
  }
}

async function build(
  { config, env, onEvents, onLogLine }: AgentOptions,
  tools: Tools,
  releases: Release[],
  release: () => Promise<void>,
  control: Promise<AgentControl>,
): Promise<AgentControl> {
  releases.push(await holdGuard(config));
  // Almost last: whoever told the agent to stop sees by it that it is gone.
  let socket: CommandSocket | undefined;
  releases.push(() => socket?.close());
  // Nobody else can be at work here now: what still carries the mark was left by an agent that crashed.
  await reapMarked(agentMarker(config));
  await sweepLeftovers(config);
  const scrubber = createScrubber(config.secrets);
  const log = createLogger(config, scrubber.scrub, onLogLine);
  releases.push(() => log.close());
  const events = createEvents(systemClock.now, scrubber.scrub);
  releases.push(logEvents(events, log.logger));
  if (config.notify === 'desktop') releases.push(desktop(events, log.logger, config, env));
  onEvents?.(events);
  sayWhatWasFound(events, config, tools);

  // A store that was overtaken while the agent starts fails each update from then on, and so the start.
  let onFenced = (): void => undefined;
  // What it could not take lies with the watcher.
  let onRecovered = (): void => undefined;
  const state = await openOwnState({
    ...{ config, events, scrub: scrubber.scrub },
    onFenced: () => onFenced(),
    onRecovered: () => onRecovered(),
  });
  releases.push(() => state.close());
  const startedAtMs = systemClock.monotonic();
  const left = state.current.processes.orchestrator.socket;
  const { stateFile } = config;
  socket = await openCommandSocket({ stateFile, runtimeFolder: env.XDG_RUNTIME_DIR, left, control });
  await sayStarting(state, socket.place, config);

  const workspace = await openWorkspace({
    root: config.projectRoot,
    cacheFolder: config.cacheFolder,
    // A git that outlives a crashed agent would go on in a lane of the next one.
    env: { ...commandEnvironment(env, config), MENDWATCH_MARKER: agentMarker(config) },
    agentFolders: [
      ...[dirname(config.stateFile), config.logFile, `${config.logFile}.1`, config.cacheFolder],
      // With keys in it, and without a repository no rule keeps it from the copies that models read.
      config.settingsFile,
    ],
    laneLinks: config.laneLinks,
  });
  releases.push(() => workspace.close());

  const watcher = new Watcher({
    workspace,
    watchPaths: config.watchPaths,
    debounce: {
      quietMs: config.debounceMs,
      maxWaitMs: config.debounceMs * limits.batchWaitFactor + 1_000,
      maxPaths: limits.batchPaths,
    },
    clock: systemClock,
    reconcileMs: limits.reconcileMs,
    pollMs: config.watchPollMs,
    onStir: () => pipeline.expect(),
    onBatch: ({ files }) => pipeline.enqueue(files),
    onFault: (message) => events.emit({ type: 'watch.fault', message }),
    onSkipped: (news, all) => {
      if (news.length > 0) events.emit({ type: 'watch.skipped', files: news.slice(0, 20), total: news.length });
      // It can be told again: a state that cannot be written is told elsewhere.
      noteLeftOut(state, all).catch(() => undefined);
    },
  });
  const noteOwnWrite: Parts['noteOwnWrite'] = (path, blob) => watcher.seen.note(path, blob);
  const parts = await furnish({ config, launch: env, tools, events, state, workspace, scrubber, noteOwnWrite });
  for (const { hook, message } of parts.hooks.unfit) events.emit({ type: 'hook.warning', hook, message });
  const pipeline = new Pipeline(parts);
  releases.push(
    keepTimeline(events, parts.runs, (error) =>
      events.emit({ type: 'fault', where: 'noting times', message: messageOf(error) }),
    ),
  );
  await pipeline.recover();

  const first = await watcher.start(lastTriagedTree(parts));
  releases.push(() => watcher.close());
  onRecovered = () => void watcher.reconcile();
  await sayStatus(state, 'working');
  events.emit({
    type: 'agent.running',
    watching: config.watchPaths,
    files: watcher.seen.size,
    autoFix: config.autoFixEnabled,
  });

  const agent = live({ parts, pipeline, watcher, first, launch: env, startedAtMs, release });
  onFenced = () => void agent.fail(new StateFencedError(stateFile)).catch(() => undefined);
  return agent;
}

function desktop(events: AgentEvents, logger: Logger, { projectRoot }: Config, launch: AgentOptions['env']): Release {
  return notifyDesktop({ events, logger, cwd: projectRoot, launch, platform: process.platform });
}

function sayWhatWasFound(events: AgentEvents, config: Config, { runner, left, claude }: Tools): void {
  events.emit({
    type: 'agent.starting',
    projectRoot: config.projectRoot,
    runner: runner.description,
    claude: claude === undefined ? 'not used' : `${claude.command} (${claude.version})`,
    stateFile: config.stateFile,
    logFile: config.logFile,
  });
  for (const { reason, remedy } of left) events.emit({ type: 'runner.left', reason, remedy });
}
