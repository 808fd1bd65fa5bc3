import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { type AgentControl, startAgent } from '../../agent/agent.ts';
import { type Rehearsal, startRehearsal } from '../../claude/rehearsal/server.ts';
import { loadConfig } from '../../config/load.ts';
import { findPackageRoot } from '../../config/package-root.ts';
import { launchEnvironment } from '../../config/process-environment.ts';
import { settingList } from '../../config/settings.ts';
import type { Config } from '../../config/types.ts';
import { ExitCode, MendwatchError } from '../../errors.ts';
import type { AgentEvent, AgentEvents } from '../../events.ts';
import { viewEvents } from '../view.ts';
import { wrapped } from '../wrap.ts';
import { type Act, acts, perform } from './acts.ts';
import { scenario } from './scenario.ts';

/** An act that takes longer than this has failed, in milliseconds; a real model thinks longer than a scripted one. */
const actLimitMs = { rehearsed: 120_000, live: 15 * 60_000 };

const reportLines = 14;

/** Plays the sample project through the real agent. Gives the exit code: 0 only when every act went as it should. */
export async function runDemo(args: readonly string[]): Promise<number> {
  const isLive = args.includes('--live');
  const unknown = args.filter((word) => word !== '--live');
  if (unknown.length > 0) {
    throw new MendwatchError(`The demo knows no ${unknown.join(' ')}.`, {
      remedy: 'It takes `--live` (the real model, with your key or login, for acts 1 to 3) or nothing.',
      exitCode: ExitCode.configuration,
    });
  }
  const stage = await realpath(await mkdtemp(join(tmpdir(), 'mendwatch-demo-')));
  const rehearsal = isLive ? undefined : await startRehearsal(scenario);
  try {
    await setStage(stage);
    return await play(stage, rehearsal);
  } finally {
    await rehearsal?.close();
    await rm(stage, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function setStage(stage: string): Promise<void> {
  const root = findPackageRoot();
  const project = join(stage, 'shop');
  await cp(join(root, 'automation', 'demo', 'shop'), project, { recursive: true });
  await mkdir(join(project, 'node_modules'));
  await mkdir(join(stage, 'home'));
  await symlink(await realpath(join(root, 'node_modules', 'vitest')), join(project, 'node_modules', 'vitest'), 'dir');
}

async function play(stage: string, rehearsal: Rehearsal | undefined): Promise<number> {
  const { config, env } = settingsFor(stage, rehearsal);
  const told: AgentEvent[] = [];
  const listeners = new Set<() => void>();
  const onEvents = (events: AgentEvents): void => {
    events.on((event) => {
      told.push(event);
      for (const listener of listeners) listener();
    });
    viewEvents(events, process.stdout);
  };
  say(
    'bold',
    `Mendwatch, the demo: ${rehearsal === undefined ? 'with the real model' : 'offline, the model behind Claude Code is a rehearsal'}\n`,
  );
  const agent = await startAgent({ config, env, onEvents });
  const until = (isIt: (event: AgentEvent) => boolean, from: number): Promise<AgentEvent> =>
    waitFor(told, listeners, isIt, from, rehearsal === undefined ? actLimitMs.live : actLimitMs.rehearsed);
  const problems: string[] = [];
  try {
    await until(({ type }) => type === 'baseline.made' || type === 'baseline.unavailable', 0);
    const program = acts.filter((act) => rehearsal !== undefined || act.rehearsedOnly === undefined);
    for (const [index, act] of program.entries()) {
      const problem = await playAct(index + 1, act, config.projectRoot, told, until, rehearsal);
      if (problem === undefined) continue;
      problems.push(`Act ${index + 1}: ${problem}`);
      break;
    }
  } finally {
    process.stdout.write('\n');
    await agent.stop('the demo is over');
  }
  return closing(problems, rehearsal, agent);
}

async function playAct(
  number: number,
  act: Act,
  project: string,
  told: readonly AgentEvent[],
  until: (isIt: (event: AgentEvent) => boolean, from: number) => Promise<AgentEvent>,
  rehearsal: Rehearsal | undefined,
): Promise<string | undefined> {
  say('bold', `\nAct ${number}: ${act.title}`);
  say('italic', act.story);
  const from = told.length;
  const callsBefore = rehearsal?.requests.length ?? 0;
  const { original, saved } = await perform(act, project);
  showChange(act.before, act.after);
  const end = await until(act.ends, from);
  const now = await readFile(join(project, act.file), 'utf8');
  await showReport(told.slice(from));
  const modelCalls = (rehearsal?.requests.length ?? 0) - callsBefore;
  return act.check({ end, events: told.slice(from), original, saved, now, modelCalls });
}

/** Nothing of this machine's settings but the way to Claude; with a rehearsal not even that. */
function settingsFor(stage: string, rehearsal: Rehearsal | undefined): { config: Config; env: Record<string, string> } {
  const launch = launchEnvironment();
  const env =
    rehearsal === undefined ? launch : { PATH: launch.PATH ?? '', ...rehearsal.environment(join(stage, 'home')) };
  const defaults = Object.fromEntries(settingList.map(([name, setting]) => [name, setting.default ?? '']));
  const config = loadConfig({
    env,
    cwd: stage,
    packageRoot: findPackageRoot(),
    overrides: {
      ...defaults,
      PROJECT_ROOT: join(stage, 'shop'),
      STATE_FILE: join(stage, 'state', 'app_state.json'),
      LOCK_FILE: join(stage, 'state', 'app_state.lock'),
      LOG_FILE: join(stage, 'logs', 'automation.log'),
      CACHE_DIR: join(stage, 'cache'),
      FILE_WATCH_DEBOUNCE_SECONDS: '0.3',
      RETRY_DELAY_SECONDS: '1',
      MAX_RETRIES: '2',
    },
  });
  return { config: rehearsal === undefined ? config : { ...config, claudeVariables: {} }, env };
}

function closing(problems: readonly string[], rehearsal: Rehearsal | undefined, { state }: AgentControl): number {
  const all = [...problems, ...(rehearsal?.problems ?? []).map((problem) => `The rehearsal: ${problem}`)];
  if (all.length > 0) {
    for (const problem of all) say('red', `\n✗ ${problem}`);
    return ExitCode.failed;
  }
  const price =
    rehearsal === undefined
      ? `It cost $${state.statistics.cost_usd.toFixed(2)}.`
      : 'The prices are those of a real model; this rehearsal cost nothing.';
  say('green', `\n✓ Every act went as it should. ${price}`);
  return ExitCode.done;
}

function waitFor(
  told: readonly AgentEvent[],
  listeners: Set<() => void>,
  isIt: (event: AgentEvent) => boolean,
  from: number,
  limitMs: number,
): Promise<AgentEvent> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const found = told.slice(from).find(isIt);
      if (found === undefined) return;
      end();
      resolve(found);
    };
    const timer = setTimeout(() => {
      end();
      reject(
        new MendwatchError(
          `The demo waited ${limitMs / 1_000} s for something that did not come; the last event was ${told.at(-1)?.type ?? 'none'}.`,
        ),
      );
    }, limitMs);
    const end = (): void => {
      clearTimeout(timer);
      listeners.delete(look);
    };
    listeners.add(look);
    look();
  });
}

/** The report is gone with the stage: its beginning is shown here. */
async function showReport(events: readonly AgentEvent[]): Promise<void> {
  const recorded = events.find((event) => event.type === 'escalation.recorded');
  if (recorded === undefined) return;
  const lines = (await readFile(recorded.report, 'utf8')).trimEnd().split('\n');
  say('italic', `The report begins with:`);
  for (const line of lines.slice(0, reportLines)) process.stdout.write(`${wrapped(`  │ ${line}`, process.stdout)}\n`);
}

function showChange(before: string, after: string): void {
  for (const line of before.split('\n').filter((text) => !after.includes(text))) say('red', `  - ${line.trim()}`);
  for (const line of after.split('\n').filter((text) => text !== '' && !before.includes(text)))
    say('green', `  + ${line.trim()}`);
}

function say(style: 'bold' | 'italic' | 'red' | 'green', text: string): void {
  process.stdout.write(`${styleText(style, wrapped(text, process.stdout, 0), { stream: process.stdout })}\n`);
}
