import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { ClaudeAnswer } from '../../src/claude/types.ts';
import type { Config } from '../../src/config/types.ts';
import type { TestResult, TestRun } from '../../src/domain/tests.ts';
import { type AgentEvent, createEvents } from '../../src/events.ts';
import type { Fixer } from '../../src/fix/fixer.ts';
import { Fixers } from '../../src/fix/fixers.ts';
import { Hooks } from '../../src/hooks/hooks.ts';
import { BaselineKeeper } from '../../src/pipeline/baseline-keeper.ts';
import { OpenRegressions } from '../../src/pipeline/open-regressions.ts';
import { Outbox } from '../../src/pipeline/outbox.ts';
import type { Parts } from '../../src/pipeline/parts.ts';
import { Pipeline } from '../../src/pipeline/pipeline.ts';
import { Prompts } from '../../src/pipeline/prompts.ts';
import { Runs } from '../../src/pipeline/runs.ts';
import type { Planner } from '../../src/plan/planner.ts';
import type { TestScope } from '../../src/runners/types.ts';
import type { StateDocument } from '../../src/state/schema.ts';
import { openMemoryStore, StateUnavailableError } from '../../src/state/store.ts';
import { Baseline } from '../../src/triage/baseline.ts';
import type { HeadMove, Lane, TreeChange, Workspace } from '../../src/workspace/types.ts';
import { FakeClock } from '../rig/fake-clock.ts';
import { reportOf } from '../rig/reports.ts';
import { scratch } from '../rig/scratch.ts';

/** The pipeline with its own rooms, a state in memory, and a script in place of git, tests and models. */
export interface Bench {
  readonly parts: Parts;
  readonly pipeline: Pipeline;
  readonly clock: FakeClock;
  readonly events: readonly AgentEvent[];
  readonly world: World;
  state(): StateDocument;
  start(): { stop(): Promise<void> };
  /** Waits until it holds, turning the clock by a second now and then only where `ms` is given. */
  until(condition: () => boolean, turnMs?: number): Promise<void>;
}

/** What the script says happens outside; a test changes it as it goes on. */
export interface World {
  tree: string;
  changes: readonly TreeChange[];
  head: string | undefined;
  headMove: HeadMove | undefined;
  tests: (scope: TestScope, signal: AbortSignal) => Promise<TestRun>;
  /** What chance gives, in [0, 1). */
  random: number;
  configuration: string;
  /** What the models say, where it is not an answer. `asked` says how often they were. */
  fault: (asked: number) => ClaudeAnswer['outcome'] | undefined;
  /** What each call costs. */
  costUsd: (asked: number) => number;
  /** The state file cannot be written while this gives true. */
  isStateFaulty: () => boolean;
  asked: number;
}

export const ran = (tests: readonly TestResult[]): TestRun => ({
  kind: 'report',
  report: reportOf(tests),
  outputTail: '',
});

/** Gives these one after the other; the last one again and again. */
export function inTurn(...all: readonly (readonly TestResult[])[]): World['tests'] {
  let next = 0;
  return async () => ran(all[Math.min(next++, all.length - 1)] ?? []);
}

export async function bench(
  baseline: readonly TestResult[] | undefined,
  settings: Partial<Config> = {},
  initial?: StateDocument,
): Promise<Bench> {
  const folder = await scratch('pipeline');
  const clock = new FakeClock();
  const world: World = {
    tree: 'a'.repeat(40),
    changes: [],
    head: undefined,
    headMove: undefined,
    tests: async () => ({ kind: 'no-tests', durationMs: 1 }),
    random: 0,
    configuration: 'one',
    fault: () => undefined,
    costUsd: () => 0.01,
    isStateFaulty: () => false,
    asked: 0,
  };
  const events = createEvents(
    () => clock.now(),
    (text) => text,
  );
  const told: AgentEvent[] = [];
  events.on((event) => told.push(event));
  const store = openMemoryStore(initial === undefined ? { clock } : { clock, initial });
  const keeper = new BaselineKeeper(join(folder, 'baseline.json'));
  if (baseline !== undefined) await keeper.replace(Baseline.fromReport(reportOf(baseline), world.tree, 'now'));
  const runs = new Runs(join(folder, 'runs'), async (text) => text);
  const fixer = fixerOf(world);
  const parts: Parts = {
    config: configOf(settings),
    clock,
    random: () => world.random,
    events,
    state: {
      get current() {
        return store.current;
      },
      fault: undefined,
      update: async (change, options) => {
        if (world.isStateFaulty()) throw new StateUnavailableError('state.json', new Error('no space'));
        return store.update(change, options);
      },
      close: () => store.close(),
    },
    workspace: workspaceOf(world, folder),
    runner: {
      name: 'vitest',
      version: '5.0.0',
      description: 'a script',
      run: () => Promise.reject(new Error('tests run through runTests')),
      wants: () => true,
      isProtected: () => false,
      isSettings: (path) => path.includes('.config.'),
      isTestFile: (path) => path.includes('.test.'),
      prepare: () => undefined,
      close: async () => undefined,
    },
    prepareTests: () => undefined,
    runTests: (_lane, scope, signal) => world.tests(scope, signal),
    baseline: keeper,
    open: new OpenRegressions(runs),
    planner: plannerOf(world),
    fixer,
    fixers: new Fixers(() => fixer),
    prompts: new Prompts({ plannerSystem: '', strategy: every, fixerSystem: '', fix: `${every}{{strategy}}` }),
    runs,
    outbox: new Outbox({
      ...{ channels: [], state: store, clock, events, random: () => 0, scrub: (text) => text },
      runsFolder: runs.folder,
    }),
    hooks: new Hooks({
      ...{ folder: join(folder, 'hooks'), whyOff: undefined, timeoutMs: 10_000, cwd: folder },
      env: { PATH: '/usr/bin:/bin' },
      scrub: (text) => text,
    }),
    scrub: (text) => text,
    clean: async (text) => text,
    configuration: () => world.configuration,
    waits: new Map(),
    noteOwnWrite: () => undefined,
  };
  const pipeline = new Pipeline(parts);
  return {
    parts,
    pipeline,
    clock,
    events: told,
    world,
    state: () => store.current,
    start: () => {
      const stop = new AbortController();
      const done = pipeline.run(stop.signal, stop.signal);
      const end = async (): Promise<void> => {
        stop.abort('shutting down');
        await done;
      };
      onTestFinished(end);
      return { stop: end };
    },
    until: (condition, turnMs) => until(condition, clock, turnMs),
  };
}

async function until(condition: () => boolean, clock: FakeClock, turnMs = 0): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('It did not happen within 20 s');
    if (turnMs > 0) await clock.advance(turnMs);
    await delay(2);
  }
}

const every = '{{tests}}{{files}}{{diff}}{{notes}}{{earlier}}';

function configOf(settings: Partial<Config>): Config {
  const used: Partial<Config> = {
    watchPaths: ['.'],
    autoFixEnabled: true,
    fixScope: 'regressions',
    verifyScope: 'related',
    land: 'apply',
    landReverts: 'apply',
    maxRetries: 2,
    maxCrashes: 2,
    maxConcurrentTasks: 1,
    maxCostPerTaskUsd: 1,
    maxCostPerDayUsd: 10,
    onDayLimit: 'wait',
    breakerThreshold: 3,
    breakerWindowMs: 3_600_000,
    retryDelayMs: 2_000,
    claudeTimeoutMs: 900_000,
    testTimeoutMs: 600_000,
    protectedPaths: [],
    laneLinks: [],
    projectReadOnly: 'off',
    ...settings,
  };
  return used as Config;
}

function workspaceOf(world: World, root: string): Workspace {
  const lane: Lane = {
    name: 'any',
    root,
    linkedFrom: [],
    move: async () => undefined,
    renew: async () => undefined,
    ready: async () => undefined,
    settled: async () => undefined,
    takePatch: async () => undefined,
  };
  const used: Partial<Workspace> = {
    root,
    snapshot: async () => ({ commit: world.tree, tree: world.tree }),
    snapshotOf: async (tree) => ({ commit: tree, tree }),
    changes: async () => world.changes,
    head: async () => world.head,
    headMove: async () => world.headMove,
    ignored: async () => [],
    skipped: () => [],
    diff: async () => '- old\n+ new',
    file: async () => undefined,
    lane: () => lane,
  };
  return used as Workspace;
}

function answerOf(world: World, outcome: ClaudeAnswer['outcome']): ClaudeAnswer {
  const usage = { costUsd: world.costUsd(world.asked), turns: 1, inputTokens: 1, outputTokens: 1 };
  return { outcome, usage, sessionId: undefined, durationMs: 1 };
}

function plannerOf(world: World): Planner {
  const used: Pick<Planner, 'plan' | 'warm' | 'close'> = {
    warm: () => undefined,
    close: async () => undefined,
    plan: async () => {
      world.asked++;
      const strategy = { summary: 'Do it', cause: '', steps: [], files: [], keeps_intent: true };
      const fault = world.fault(world.asked);
      if (fault !== undefined) {
        const answer = answerOf({ ...world, costUsd: () => 0 }, fault);
        return { plan: { strategy, source: 'basic', reason: fault.kind, costUsd: 0 }, answer };
      }
      const answer = answerOf(world, { kind: 'done', text: '', structured: strategy, denials: 0 });
      return { plan: { strategy, source: 'claude', costUsd: answer.usage.costUsd }, answer };
    },
  };
  return used as Planner;
}

/** It never changes anything, so that every attempt is rejected; an aborted one is cancelled. */
function fixerOf(world: World): Fixer {
  const used: Pick<Fixer, 'fix' | 'warm' | 'prepare' | 'close'> = {
    warm: () => undefined,
    prepare: async () => undefined,
    close: async () => undefined,
    fix: async () => {
      world.asked++;
      const fault = world.fault(world.asked);
      if (fault !== undefined)
        return { fix: { kind: 'no-answer', answer: answerOf({ ...world, costUsd: () => 0 }, fault) }, transcript: '' };
      const answer = answerOf(world, { kind: 'done', text: 'no', structured: { summary: 'no' }, denials: 0 });
      return { fix: { kind: 'empty', summary: 'no', answer }, transcript: '' };
    },
  };
  return used as Fixer;
}
