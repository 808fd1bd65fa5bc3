import type { Clock } from '../clock.ts';
import type { Config } from '../config/types.ts';
import type { TestRun } from '../domain/tests.ts';
import type { AgentEvents } from '../events.ts';
import type { Fixer } from '../fix/fixer.ts';
import type { Fixers } from '../fix/fixers.ts';
import type { Hooks } from '../hooks/hooks.ts';
import type { Planner } from '../plan/planner.ts';
import type { Runner, TestRequest, TestScope } from '../runners/types.ts';
import type { StateStore } from '../state/store.ts';
import type { Lane, Workspace } from '../workspace/types.ts';
import type { BaselineKeeper } from './baseline-keeper.ts';
import type { OpenRegressions } from './open-regressions.ts';
import type { Outbox } from './outbox.ts';
import type { Prompts } from './prompts.ts';
import type { Runs } from './runs.ts';

/** The rooms and tools that the pipeline works with, built once by the agent. */
export interface Parts {
  readonly config: Config;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly events: AgentEvents;
  readonly state: StateStore;
  readonly workspace: Workspace;
  readonly runner: Runner;
  readonly runTests: (
    lane: Lane,
    scope: TestScope,
    signal: AbortSignal,
    how?: Pick<TestRequest, 'mayBeWarm'>,
  ) => Promise<TestRun>;
  /** Starts what the next run in this lane takes in any case, so that it need not be waited for. */
  readonly prepareTests: (lane: Lane, how?: { readonly runs?: number; readonly mayBeWarm?: boolean }) => void;
  readonly baseline: BaselineKeeper;
  readonly open: OpenRegressions;
  readonly planner: Planner;
  /** That of the worker whom these parts are for (`partsOf`); else of the first. */
  readonly fixer: Fixer;
  readonly fixers: Fixers;
  readonly prompts: Prompts;
  readonly runs: Runs;
  readonly outbox: Outbox;
  readonly hooks: Hooks;
  /** A text without secrets, at once: for what is told. */
  readonly scrub: (text: string) => string;
  /** The same with every known format: for what goes to a model or to anybody else. */
  readonly clean: (text: string) => Promise<string>;
  /** Fingerprint of the settings that Claude depends on: when it changes, what a person had to mend may be mended. */
  readonly configuration: () => string;
  /** How often in a row a task has waited for tests that could not be run. */
  readonly waits: Map<string, number>;
  /** Tells the watcher that this content is the agent's own (undefined: that the file is gone). */
  readonly noteOwnWrite: (path: string, blob: string | undefined) => void;
}

/** The parts, with what is a worker's own. */
export function partsOf(parts: Parts, worker: number): Parts {
  return { ...parts, fixer: parts.fixers.of(worker) };
}
