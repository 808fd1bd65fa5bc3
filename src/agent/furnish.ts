import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { loadPrompt } from '../claude/prompts.ts';
import type { ClaudeSpec } from '../claude/types.ts';
import { systemClock } from '../clock.ts';
import { claudeEnvironment, commandEnvironment } from '../config/environment.ts';
import { claudeFingerprint } from '../config/fingerprint.ts';
import type { Config } from '../config/types.ts';
import { ExitCode, MendwatchError } from '../errors.ts';
import { openChannels } from '../escalate/channels.ts';
import type { AgentEvents } from '../events.ts';
import { Fixer } from '../fix/fixer.ts';
import { Fixers } from '../fix/fixers.ts';
import { BaselineKeeper } from '../pipeline/baseline-keeper.ts';
import { OpenRegressions } from '../pipeline/open-regressions.ts';
import { Outbox } from '../pipeline/outbox.ts';
import type { Parts } from '../pipeline/parts.ts';
import { Prompts } from '../pipeline/prompts.ts';
import { Runs } from '../pipeline/runs.ts';
import { Planner } from '../plan/planner.ts';
import { probeReadOnly } from '../process/probe-read-only.ts';
import { detectRunner } from '../runners/detect.ts';
import { editableFolders } from '../runners/pytest/editable.ts';
import type { Runner, TestRequest } from '../runners/types.ts';
import { envFileSecrets } from '../secrets/env-files.ts';
import type { Scrubber } from '../secrets/scrubber.ts';
import type { StateStore } from '../state/store.ts';
import type { Lane, Workspace } from '../workspace/types.ts';
import { agentMarker } from './agent-marker.ts';
import { checkWalls, findClaude } from './find-claude.ts';
import { type LaneSurroundings, laneEnvironment } from './lane-environment.ts';
import { openHooks } from './open-hooks.ts';
import { scrubRun } from './scrub-run.ts';
import { fixerWalls } from './walls.ts';

type Launch = Readonly<Record<string, string | undefined>>;

/** What the agent found on the machine before it made its first file. */
export interface Tools {
  readonly runner: Runner;
  /** Test runners of the project that cannot be run, each with its reason and remedy. */
  readonly left: readonly { readonly reason: string; readonly remedy: string }[];
  /** Undefined when no model is used. */
  readonly claude: { readonly command: string; readonly version: string } | undefined;
}

/** @throws MendwatchError (exit code 2) that says what is missing and how to get it; nothing was created */
export async function findTools(config: Config, launch: Launch): Promise<Tools> {
  const found = await findRunner(config, launch);
  if (!config.autoFixEnabled) return { ...found, claude: undefined };
  const claude = await findClaude(config, launch);
  if (hasShell(config)) await checkWalls(claudeEnvironment(launch, config), 'CLAUDE_TOOLS');
  return { ...found, claude };
}

/** @throws MendwatchError (exit code 2) */
export async function findRunner(config: Config, launch: Launch): Promise<Pick<Tools, 'runner' | 'left'>> {
  const { projectRoot, packageRoot, wantedRunners: wanted, testCommand: command, checks, checkCommand } = config;
  const { watchPaths } = config;
  const detected = await detectRunner({
    root: projectRoot,
    wanted,
    command,
    checks,
    checkCommand,
    watchPaths,
    env: commandEnvironment(launch, { projectRoot, packageRoot }),
  });
  if (detected.kind === 'found') return detected;
  throw new MendwatchError(detected.reason, { remedy: detected.remedy, exitCode: ExitCode.configuration });
}

function hasShell({ claudeTools }: Config): boolean {
  return claudeTools.includes('Bash');
}

/** What commands in lanes have in common, found out once. */
type Beside = Pick<LaneSurroundings, 'canGuard' | 'modules'>;
type Placing = Furnishing & { readonly beside: Beside };

export interface Furnishing {
  readonly config: Config;
  readonly launch: Launch;
  readonly tools: Tools;
  readonly events: AgentEvents;
  readonly state: StateStore;
  readonly workspace: Workspace;
  readonly scrubber: Scrubber;
  readonly noteOwnWrite: Parts['noteOwnWrite'];
}

/** Builds the rooms that the pipeline works with. Starts nothing. */
export async function furnish(given: Furnishing): Promise<Parts> {
  const { config, launch, tools, events, state, workspace, scrubber, noteOwnWrite } = given;
  const runs = new Runs(config.runsFolder, scrubber.clean);
  scrubber.learn(await envFileSecrets(config.projectRoot));
  const placing: Placing = { ...given, beside: await lookBeside(config, launch) };
  const baseline = new BaselineKeeper(config.baselineFile);
  await baseline.load(tools.runner.name);
  const prompts = new Prompts(await loadPrompts(config));
  const spec = (lane: Lane): Omit<ClaudeSpec, 'tools'> => ({
    command: tools.claude?.command ?? 'claude',
    cwd: lane.root,
    env: { ...claudeEnvironment(launch, config), MENDWATCH_MARKER: agentMarker(config) },
    ...(config.claudeModel === undefined ? {} : { model: config.claudeModel }),
    // The CLI does not follow links out of its folder by itself; this makes the packages readable, never writable.
    addFolders: [join(config.projectRoot, 'node_modules')],
  });
  const times = { clock: systemClock, timeoutMs: config.claudeTimeoutMs, idleMs: config.claudeIdleMs };
  const fixers = new Fixers((worker) => {
    const lane = workspace.lane('fix', worker);
    return new Fixer({
      ...times,
      lane,
      spec: { ...spec(lane), systemPrompt: prompts.texts.fixerSystem, tools: config.claudeTools },
      ...(hasShell(config)
        ? { walls: () => fixerWalls(config, lane, launch.HOME, state.current.processes.orchestrator.socket) }
        : {}),
    });
  });
  return {
    config,
    clock: systemClock,
    random: Math.random,
    events,
    state,
    workspace,
    runner: tools.runner,
    runTests: (lane, ...rest) => runTests(placing, lane, ...rest),
    prepareTests: (lane, { runs = 1, ...how } = {}) =>
      tools.runner.prepare({ ...placeOf(placing, lane), ...how }, runs),
    baseline,
    open: new OpenRegressions(runs),
    planner: new Planner({
      ...times,
      spec: { ...spec(workspace.lane('plan')), systemPrompt: prompts.texts.plannerSystem },
    }),
    fixer: fixers.of(1),
    fixers,
    prompts,
    runs,
    outbox: outboxOf(given),
    hooks: openHooks(config, launch, { scrub: scrubber.scrub, marker: agentMarker(config) }),
    scrub: scrubber.scrub,
    clean: scrubber.clean,
    configuration: () => claudeFingerprint(launch, config),
    waits: new Map(),
    noteOwnWrite,
  };
}

async function lookBeside(
  { projectRoot, projectReadOnly, testCommand, checkCommand }: Config,
  launch: Launch,
): Promise<Beside> {
  const probe = () => probeReadOnly(projectRoot, { PATH: launch.PATH ?? '' });
  // Our own pytest leads such modules to the lane by itself; of another command nobody knows whether it is Python.
  const isOwnCommand = testCommand !== undefined || checkCommand !== undefined;
  return {
    canGuard: projectReadOnly === 'auto' && (await probe()) === undefined,
    modules: isOwnCommand ? await editableFolders(projectRoot, launch.VIRTUAL_ENV) : [],
  };
}

function outboxOf({ config, events, state, workspace, scrubber }: Furnishing): Outbox {
  const clock = systemClock;
  const channels = openChannels(config, workspace.origin, { fetch, clock });
  const { scrub } = scrubber;
  return new Outbox({ channels, state, clock, events, random: Math.random, scrub, runsFolder: config.runsFolder });
}

async function loadPrompts({ packageRoot, watchPaths }: Config): Promise<Prompts['texts']> {
  const folder = join(packageRoot, 'automation', 'prompts');
  const [plannerSystem, strategy, fixerSystem, fix] = await Promise.all(
    ['planner-system', 'strategy', 'fixer-system', 'fix'].map((name) => loadPrompt(folder, name)),
  );
  if (plannerSystem === undefined || strategy === undefined || fixerSystem === undefined || fix === undefined) {
    throw new Error(`A prompt is missing in ${folder}`);
  }
  if (watchPaths.includes('.')) return { plannerSystem, strategy, fixerSystem, fix };
  const bounds = `\nOnly this part of the project is worked on: ${watchPaths.join(', ')}. A fix that changes anything else is not put in place.\n`;
  return { plannerSystem: `${plannerSystem}${bounds}`, strategy, fixerSystem: `${fixerSystem}${bounds}`, fix };
}

/** The project's own runner, in a lane, with the project's own tools first on its PATH. */
async function runTests(given: Placing, lane: Lane, ...[scope, signal, how]: RunTestsRest) {
  const { config, tools, scrubber } = given;
  const parent = join(config.cacheFolder, 'reports');
  await mkdir(parent, { recursive: true });
  const reportFolder = await mkdtemp(join(parent, 'run-'));
  try {
    // The person may have changed them, and what the tests print comes next.
    const learning = envFileSecrets(config.projectRoot);
    const run = await tools.runner.run({
      ...placeOf(given, lane),
      scope,
      reportFolder,
      timeoutMs: config.testTimeoutMs,
      signal,
      ...how,
    });
    scrubber.learn(await learning);
    return scrubRun(run, scrubber.scrub);
  } finally {
    await rm(reportFolder, { recursive: true, force: true });
  }
}

type Room = Pick<TestRequest, 'root' | 'env' | 'niceness' | 'keptFolder'>;

function placeOf({ config, launch, beside }: Placing, lane: Lane): Room {
  const { projectRoot, packageRoot } = config;
  const launched = commandEnvironment(launch, { projectRoot: lane.root, packageRoot });
  const env = laneEnvironment(launched, { projectRoot, lane, ...beside });
  const keptFolder = join(config.cacheFolder, 'builds', lane.name);
  return { root: lane.root, env: { ...env, MENDWATCH_MARKER: agentMarker(config) }, niceness: config.nice, keptFolder };
}

type RunTestsRest = Parameters<Parts['runTests']> extends [Lane, ...infer Rest] ? Rest : never;
