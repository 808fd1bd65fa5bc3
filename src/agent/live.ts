import { systemClock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { isOnBattery } from '../pipeline/battery.ts';
import { noteCrash, tasksInWork } from '../pipeline/crash.ts';
import { BatteryWatch } from '../pipeline/heed-battery.ts';
import { makeBaseline } from '../pipeline/make-baseline.ts';
import type { Parts } from '../pipeline/parts.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import { tellFault } from '../pipeline/tell-fault.ts';
import { keepVitalSigns } from '../pipeline/vital-signs.ts';
import { reapMarked } from '../process/process.ts';
import { StateFencedError } from '../state/store.ts';
import type { Watcher } from '../watch/watcher.ts';
import type { Snapshot } from '../workspace/types.ts';
import { agentMarker } from './agent-marker.ts';
import { commandsOf } from './commands.ts';
import type { AgentControl } from './control.ts';
import { keepHouse } from './housekeeping.ts';
import { Ladder } from './ladder.ts';
import { sayStatus } from './own-state.ts';
import { preferSpeed, staySlim } from './slim.ts';
import { openSupervisor, type Supervisor } from './supervisor.ts';
import { symptomsOf } from './symptoms.ts';

const endingMs = 15_000;

export interface Life {
  readonly parts: Parts;
  readonly pipeline: Pipeline;
  /** Is watching. */
  readonly watcher: Watcher;
  /** The tree that it started from. */
  readonly first: Snapshot;
  readonly launch: Readonly<Record<string, string | undefined>>;
  /** On the monotonic clock. */
  readonly startedAtMs: number;
  /** Puts away all that was acquired for it. */
  readonly release: () => Promise<void>;
}

/** All that an agent does from its start to its end, which is the ladder's. */
export function live(life: Life): AgentControl {
  const { parts, pipeline, launch } = life;
  const drain = new AbortController();
  const abort = new AbortController();
  const { config, events, state } = parts;
  const supervisor = openSupervisor(launch, events);
  void supervisor.watching();
  let inWork: ReturnType<typeof tasksInWork> = new Map();
  const ladder = new Ladder({
    graceMs: config.shutdownGraceMs,
    endingMs,
    work: work(life, supervisor, drain.signal, abort.signal, (error) => void ladder.fail(error).catch(() => undefined)),
    drain,
    abort,
    onError: (error) => {
      inWork = tasksInWork(state.current);
      tellFault(parts, 'the agent', error);
    },
    onStopping: async (reason) => {
      events.emit({ type: 'agent.stopping', reason });
      void supervisor.stopping();
      await unlessFull(parts, () => sayStatus(state, 'stopping'));
      await life.watcher.close();
    },
    onStopped: async (isStuck) => {
      await Promise.all([parts.planner.close(), parts.fixers.close(), parts.runner.close()]);
      if (isStuck) await endByForce(parts);
      await unlessFull(parts, () => noteCrash(parts, inWork));
      await unlessFull(parts, () => sayStatus(state, 'stopped'));
      const { statistics, budget } = state.current;
      events.emit({
        type: 'agent.stopped',
        statistics,
        budget,
        uptimeMs: systemClock.monotonic() - life.startedAtMs,
      });
      await life.release();
    },
  });
  return {
    ...commandsOf(parts, pipeline, launch),
    get state() {
      return state.current;
    },
    done: ladder.done,
    stop: (reason) => ladder.stop(reason),
    force: (reason) => ladder.force(reason),
    fail: (error) => ladder.fail(error),
    onEvent: (listener) => events.on(listener),
  };
}

/** All that runs until `drain` aborts. */
function work(
  { parts, pipeline, watcher, first, launch }: Life,
  supervisor: Supervisor,
  drain: AbortSignal,
  abort: AbortSignal,
  onStuck: (error: Error) => void,
): Promise<unknown> {
  const { config, events, state } = parts;
  const checks = symptomsOf({ config, launch, events, state, watcher, pipeline });
  const isAlive = async (withinMs: number): Promise<boolean> => {
    const alive = await Promise.all([pipeline.isAlive(withinMs), watcher.answers(withinMs)]);
    // It would keep its lane and its task for ever; the next start takes both up again.
    if (pipeline.stuckIn !== undefined) onStuck(new Error(`the step ${pipeline.stuckIn} cannot be brought to its end`));
    if (!alive.every(Boolean)) return false;
    await supervisor.alive();
    return true;
  };
  const battery = new BatteryWatch(
    parts,
    () => isOnBattery(process.platform),
    () => pipeline.wake(),
  );
  events.on(({ type }) => type === 'triage.started' && preferSpeed());
  const isBusy = (): boolean => state.current.queues.in_progress.length > 0;
  return Promise.all([
    // Known before the first fix could begin.
    battery.look().then(() => lookAndFix(parts, pipeline, first, drain, abort)),
    battery.run(drain),
    keepVitalSigns(parts, { checks, isAlive }, drain),
    parts.outbox.run(drain),
    staySlim(systemClock, isBusy, drain),
    keepHouse({ ...parts, restsSinceMs: () => pipeline.restsSinceMs }, drain),
  ]);
}

/** The first run makes the baseline; then both loops, until the signal aborts. */
async function lookAndFix(
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

/** A full disk must not keep the agent from stopping. When another agent has taken over, the file is that one's. */
async function unlessFull({ events }: Parts, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (error instanceof StateFencedError) return;
    events.emit({ type: 'state.unavailable', message: messageOf(error) });
  }
}

/** A step that ignores its end: its processes are ended with all others of this agent, its task is for the next start. */
async function endByForce({ config, events }: Parts): Promise<void> {
  events.emit({ type: 'fault', where: 'the agent', message: 'a step did not end when it was told to' });
  await reapMarked(agentMarker(config));
}
