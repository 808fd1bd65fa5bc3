import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { isoTime, systemClock } from '../clock.ts';
import { commandEnvironment } from '../config/environment.ts';
import type { Config } from '../config/types.ts';
import { messageOf } from '../errors.ts';
import { type AgentEvents, createEvents } from '../events.ts';
import { createLogger } from '../log.ts';
import { makeBaseline } from '../pipeline/make-baseline.ts';
import type { Parts } from '../pipeline/parts.ts';
import { Pipeline } from '../pipeline/pipeline.ts';
import { keepVitalSigns } from '../pipeline/vital-signs.ts';
import { reapMarked } from '../process/process.ts';
import type { StateDocument } from '../state/schema.ts';
import { openStateStore, type StateStore, stateNotice } from '../state/store.ts';
import { Watcher } from '../watch/watcher.ts';
import type { Snapshot } from '../workspace/types.ts';
import { openWorkspace } from '../workspace/workspace.ts';
import { agentMarker } from './agent-marker.ts';
import { findTools, furnish, type Tools } from './furnish.ts';
import { logEvents } from './log-events.ts';
import { holdGuard } from './single-instance.ts';

/** A running agent, as the doors see it. */
export interface AgentControl {
  /** The state as it was last written. */
  readonly state: StateDocument;
  /** Settles when the agent has stopped; rejects when a bug ended it. */
  readonly done: Promise<void>;
  /**
   * Stops watching, lets what is under way finish within `SHUTDOWN_GRACE_SECONDS` or puts it back, ends every child,
   * writes the state. Idempotent.
   */
  stop(reason: string): Promise<void>;
  /** The same without the grace. */
  force(reason: string): Promise<void>;
}

export interface AgentOptions {
  readonly config: Config;
  /** The environment of the launch. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Called before the first event. */
  readonly onEvents?: (events: AgentEvents) => void;
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
 * @throws MendwatchError (exit code 2) when something it needs is missing; nothing was created
 * @throws AlreadyRunningError when another agent has this state file or this project
 */
export async function startAgent(options: AgentOptions): Promise<AgentControl> {
  const tools = await findTools(options.config, options.env);
  // Collected as things are acquired, run in reverse.
  const releases: Release[] = [];
  const release = async (): Promise<void> => {
    for (let act = releases.pop(); act !== undefined; act = releases.pop()) await act();
  };
  try {
    return await build(options, tools, releases, release);
  } catch (error) {
    await release();
    throw error;
  }
}

async function build(
  { config, env, onEvents }: AgentOptions,
  tools: Tools,
  releases: Release[],
  release: () => Promise<void>,
): Promise<AgentControl> {
  releases.push(await holdGuard(config));
  // Nobody else can be at work here now: what still carries the mark was left by an agent that crashed.
  await reapMarked(agentMarker(config));
  const log = createLogger(config);
  releases.push(() => log.close());
  const events = createEvents(systemClock.now);
  releases.push(logEvents(events, log.logger));
  onEvents?.(events);
  sayWhatWasFound(events, config, tools);

  const state = await openState(config, events);
  releases.push(() => state.close());
  const startedAt = systemClock.monotonic();
  await setStatus(state, 'starting');

  const workspace = await openWorkspace({
    root: config.projectRoot,
    cacheFolder: config.cacheFolder,
    env: commandEnvironment(env, config),
    agentFolders: [dirname(config.stateFile), config.logFile, `${config.logFile}.1`, config.cacheFolder],
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
    onBatch: ({ files }) => pipeline.enqueue(files),
    onFault: (message) => events.emit({ type: 'watch.fault', message }),
  });
  const noteOwnWrite: Parts['noteOwnWrite'] = (path, blob) => watcher.seen.note(path, blob);
  const parts = await furnish({ config, launch: env, tools, events, state, workspace, scrub: log.scrub, noteOwnWrite });
  const pipeline = new Pipeline(parts);
  await pipeline.recover();

  const first = await watcher.start(state.current.last_triaged_tree ?? undefined);
  releases.push(() => watcher.close());
  await setStatus(state, 'running');
  events.emit({
    type: 'agent.running',
    watching: config.watchPaths,
    files: watcher.seen.size,
    autoFix: config.autoFixEnabled,
  });

  const drain = new AbortController();
  const abort = new AbortController();
  const work = Promise.all([
    live(parts, pipeline, first, drain.signal, abort.signal),
    keepVitalSigns(parts, { file_watcher: () => watcher.healthy }, drain.signal),
  ]);
  const shutDown = async (reason: string): Promise<void> => {
    events.emit({ type: 'agent.stopping', reason });
    drain.abort('shutting down');
    const grace = setTimeout(() => abort.abort('shutting down'), config.shutdownGraceMs);
    await tellStatus('stopping');
    await watcher.close();
    // Where the work ended with an error, `done` tells it; everything is put away all the same.
    await work.catch(() => undefined);
    clearTimeout(grace);
    await Promise.all([parts.planner.close(), parts.fixer.close()]);
    await tellStatus('stopped');
    events.emit({
      type: 'agent.stopped',
      statistics: state.current.statistics,
      uptimeMs: systemClock.monotonic() - startedAt,
    });
    await release();
  };
  /** A full disk must not keep the agent from stopping. */
  const tellStatus = async (status: 'stopping' | 'stopped'): Promise<void> => {
    try {
      await setStatus(state, status);
    } catch (error) {
      events.emit({ type: 'state.unavailable', message: messageOf(error) });
    }
  };
  let stopped: Promise<void> | undefined;
  const stop = (reason: string): Promise<void> => {
    stopped ??= shutDown(reason);
    return stopped;
  };
  return {
    get state() {
      return state.current;
    },
    done: work.then(
      () => stop('the work ended'),
      async (error: unknown) => {
        await stop('an error inside the agent');
        throw error;
      },
    ),
    stop,
    force: (reason) => {
      abort.abort('shutting down');
      return stop(reason);
    },
  };
}

/** The first run makes the baseline; then both loops, until the signal aborts. */
async function live(
  parts: Parts,
  pipeline: Pipeline,
  first: Snapshot,
  drain: AbortSignal,
  abort: AbortSignal,
): Promise<void> {
  if (parts.baseline.current === undefined) {
    try {
      await makeBaseline(parts, first, drain);
    } catch (error) {
      parts.events.emit({ type: 'baseline.unavailable', reason: messageOf(error) });
    }
  }
  await pipeline.run(drain, abort);
}

function openState(config: Config, events: AgentEvents): Promise<StateStore> {
  return openStateStore({
    file: config.stateFile,
    lockFile: config.lockFile,
    clock: systemClock,
    guarded: true,
    onEvent: (event) => {
      const message = stateNotice(event);
      if (message !== undefined) events.emit({ type: 'state.notice', message });
    },
  });
}

function sayWhatWasFound(events: AgentEvents, config: Config, { runner, claude }: Tools): void {
  events.emit({
    type: 'agent.starting',
    projectRoot: config.projectRoot,
    runner: runner.description,
    claude: claude === undefined ? 'not used' : `${claude.command} (${claude.version})`,
    stateFile: config.stateFile,
    logFile: config.logFile,
  });
}

async function setStatus(
  state: StateStore,
  status: StateDocument['processes']['orchestrator']['status'],
): Promise<void> {
  const now = isoTime(systemClock.now());
  await state.update((draft) => {
    const { orchestrator } = draft.processes;
    orchestrator.status = status;
    orchestrator.last_heartbeat = now;
    if (status !== 'starting') return;
    Object.assign(orchestrator, { pid: process.pid, host: hostname(), started_at: now });
    draft.statistics.uptime_start = now;
  });
}
