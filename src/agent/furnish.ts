import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { locateClaude } from '../claude/locate.ts';
import { loadPrompt } from '../claude/prompts.ts';
import type { ClaudeSpec } from '../claude/types.ts';
import { type Clock, systemClock } from '../clock.ts';
import { claudeEnvironment, commandEnvironment } from '../config/environment.ts';
import type { Config } from '../config/types.ts';
import { ExitCode, MendwatchError } from '../errors.ts';
import type { AgentEvents } from '../events.ts';
import { Fixer } from '../fix/fixer.ts';
import { BaselineKeeper } from '../pipeline/baseline-keeper.ts';
import { OpenRegressions } from '../pipeline/open-regressions.ts';
import type { Parts } from '../pipeline/parts.ts';
import { Prompts } from '../pipeline/prompts.ts';
import { Runs } from '../pipeline/runs.ts';
import { Planner } from '../plan/planner.ts';
import { probeSandbox } from '../process/sandbox.ts';
import { detectRunner } from '../runners/detect.ts';
import type { Runner } from '../runners/types.ts';
import type { StateStore } from '../state/store.ts';
import type { Lane, Workspace } from '../workspace/types.ts';
import { agentMarker } from './agent-marker.ts';
import { fixerWalls } from './walls.ts';

type Launch = Readonly<Record<string, string | undefined>>;

/** What the agent found on the machine before it made its first file. */
export interface Tools {
  readonly runner: Runner;
  /** Undefined when no model is used. */
  readonly claude: { readonly command: string; readonly version: string } | undefined;
}

/** @throws MendwatchError (exit code 2) that says what is missing and how to get it; nothing was created */
export async function findTools(config: Config, launch: Launch): Promise<Tools> {
  const { projectRoot, packageRoot } = config;
  const detected = await detectRunner({
    root: projectRoot,
    env: commandEnvironment(launch, { projectRoot, packageRoot }),
  });
  if (detected.kind === 'not-found') {
    throw new MendwatchError(detected.reason, { remedy: detected.remedy, exitCode: ExitCode.configuration });
  }
  if (!config.autoFixEnabled) return { runner: detected.runner, claude: undefined };
  const claude = await locateClaude({
    ...(config.claudeCommand === undefined ? {} : { configured: config.claudeCommand }),
    path: claudeEnvironment(launch, config).PATH ?? '',
    packageRoot,
  });
  if ('problem' in claude)
    throw new MendwatchError(claude.problem, { remedy: claude.remedy, exitCode: ExitCode.configuration });
  if (hasShell(config)) await checkWalls(claudeEnvironment(launch, config));
  return { runner: detected.runner, claude };
}

function hasShell({ claudeTools }: Config): boolean {
  return claudeTools.includes('Bash');
}

async function checkWalls(env: Readonly<Record<string, string>>): Promise<void> {
  const reason = await probeSandbox(env);
  if (reason === undefined) return;
  throw new MendwatchError(`CLAUDE_TOOLS holds Bash, and a shell cannot be walled in on this machine: ${reason}`, {
    remedy:
      'Take Bash out of CLAUDE_TOOLS. Else this needs Linux with util-linux (unshare, mount, setpriv) and user ' +
      'namespaces: see the sysctls user.max_user_namespaces, kernel.unprivileged_userns_clone and ' +
      'kernel.apparmor_restrict_unprivileged_userns.',
    exitCode: ExitCode.configuration,
  });
}

export interface Furnishing {
  readonly config: Config;
  readonly launch: Launch;
  readonly tools: Tools;
  readonly events: AgentEvents;
  readonly state: StateStore;
  readonly workspace: Workspace;
  readonly scrub: (text: string) => string;
  readonly noteOwnWrite: Parts['noteOwnWrite'];
  readonly clock?: Clock;
}

/** Builds the rooms that the pipeline works with. Starts nothing. */
export async function furnish(given: Furnishing): Promise<Parts> {
  const { config, launch, tools, events, state, workspace, noteOwnWrite, clock = systemClock } = given;
  const runs = new Runs(config.runsFolder, given.scrub);
  const baseline = new BaselineKeeper(config.baselineFile);
  await baseline.load(tools.runner.name);
  const prompts = new Prompts(await loadPrompts(join(config.packageRoot, 'automation', 'prompts')));
  const spec = (lane: Lane): Omit<ClaudeSpec, 'tools'> => ({
    command: tools.claude?.command ?? 'claude',
    cwd: lane.root,
    env: { ...claudeEnvironment(launch, config), MENDWATCH_MARKER: agentMarker(config) },
    ...(config.claudeModel === undefined ? {} : { model: config.claudeModel }),
    // The CLI does not follow links out of its folder by itself; this makes the packages readable, never writable.
    addFolders: [join(config.projectRoot, 'node_modules')],
  });
  const times = { clock, timeoutMs: config.claudeTimeoutMs, idleMs: config.claudeIdleMs };
  const fixLane = workspace.lane('fix');
  return {
    config,
    clock,
    random: Math.random,
    events,
    state,
    workspace,
    runner: tools.runner,
    runTests: (lane, scope, signal) => runTests(given, lane, scope, signal),
    baseline,
    open: new OpenRegressions(runs),
    planner: new Planner({
      ...times,
      spec: { ...spec(workspace.lane('plan')), systemPrompt: prompts.texts.plannerSystem },
    }),
    fixer: new Fixer({
      ...times,
      lane: fixLane,
      spec: {
        ...spec(fixLane),
        systemPrompt: prompts.texts.fixerSystem,
        tools: config.claudeTools,
        // For the whole life of a process: right for a fixer, which is asked once, wrong for a planner, which is asked often.
        maxBudgetUsd: config.maxCostPerTaskUsd,
      },
      ...(hasShell(config) ? { walls: () => fixerWalls(config, fixLane, launch.HOME) } : {}),
    }),
    prompts,
    runs,
    waits: new Map(),
    noteOwnWrite,
  };
}

async function loadPrompts(folder: string): Promise<Prompts['texts']> {
  const [plannerSystem, strategy, fixerSystem, fix] = await Promise.all(
    ['planner-system', 'strategy', 'fixer-system', 'fix'].map((name) => loadPrompt(folder, name)),
  );
  if (plannerSystem === undefined || strategy === undefined || fixerSystem === undefined || fix === undefined) {
    throw new Error(`A prompt is missing in ${folder}`);
  }
  return { plannerSystem, strategy, fixerSystem, fix };
}

/** The project's own runner, in a lane, with the project's own tools first on its PATH. */
async function runTests({ config, launch, tools }: Furnishing, lane: Lane, ...[scope, signal]: RunTestsRest) {
  const parent = join(config.cacheFolder, 'reports');
  await mkdir(parent, { recursive: true });
  const reportFolder = await mkdtemp(join(parent, 'run-'));
  try {
    return await tools.runner.run({
      root: lane.root,
      scope,
      env: {
        ...commandEnvironment(launch, { projectRoot: lane.root, packageRoot: config.packageRoot }),
        MENDWATCH_MARKER: agentMarker(config),
      },
      reportFolder,
      timeoutMs: config.testTimeoutMs,
      signal,
    });
  } finally {
    await rm(reportFolder, { recursive: true, force: true });
  }
}

type RunTestsRest = Parameters<Parts['runTests']> extends [Lane, ...infer Rest] ? Rest : never;
