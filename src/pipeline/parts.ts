import type { Clock } from '../clock.ts';
import type { Config } from '../config/types.ts';
import type { TestRun } from '../domain/tests.ts';
import type { AgentEvents } from '../events.ts';
import type { Fixer } from '../fix/fixer.ts';
import type { Planner } from '../plan/planner.ts';
import type { Runner, TestScope } from '../runners/types.ts';
import type { StateStore } from '../state/store.ts';
import type { Lane, Workspace } from '../workspace/types.ts';
import type { BaselineKeeper } from './baseline-keeper.ts';
import type { OpenRegressions } from './open-regressions.ts';
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
  readonly runTests: (lane: Lane, scope: TestScope, signal: AbortSignal) => Promise<TestRun>;
  readonly baseline: BaselineKeeper;
  readonly open: OpenRegressions;
  readonly planner: Planner;
  readonly fixer: Fixer;
  readonly prompts: Prompts;
  readonly runs: Runs;
  /** How often in a row a task has waited for a service that was away. */
  readonly waits: Map<string, number>;
  /** Tells the watcher that this content is the agent's own (undefined: that the file is gone). */
  readonly noteOwnWrite: (path: string, blob: string | undefined) => void;
}
