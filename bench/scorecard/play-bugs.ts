import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Waterfall, waterfallOf } from '../../src/domain/timing.ts';
import type { AgentEvent } from '../../src/events.ts';
import { marksOf } from '../../src/pipeline/timeline.ts';
import { run } from '../../src/process/process.ts';
import { withReleases } from '../suite.ts';
import { type Bug, bugs } from './bugs.ts';
import { type LiveAgent, original, shop, startLive } from './live-agent.ts';
import { type Actor, createActor, honest, type Model, others, type Tokens } from './models.ts';
import { type Peak, watchProcesses } from './processes.ts';

/** What became of one mistake in the hands of one model. */
export interface Round {
  readonly model: Model;
  readonly bug: Bug;
  /** Unended: nobody has said within minutes what became of it. */
  readonly end: 'landed' | 'parked' | 'failed' | 'unended';
  /** It landed, and the shop does not do what the original does. */
  readonly isWrong: boolean;
  readonly landings: number;
  /** From the save to the word of the harness. */
  readonly verdictMs: number | undefined;
  readonly fall: Waterfall;
  readonly tokens: Tokens;
}

/** Told after each of so many. */
export type OnDone = (done: number, of: number) => void;

export interface Played {
  readonly rounds: readonly Round[];
  readonly peak: Peak;
  readonly orphans: number;
  readonly saves: number;
  readonly savesLost: number;
}

const debounceMs = 1_000;
const burst = 150;
const settings = {
  ...{ FILE_WATCH_DEBOUNCE_SECONDS: String(debounceMs / 1_000), RETRY_DELAY_SECONDS: '0.1', MAX_RETRIES: '1' },
  // Whoever cheats all day would be stopped by these, and every attempt is to be judged.
  ...{ CIRCUIT_BREAKER_THRESHOLD: '20', MAX_COST_PER_TASK_USD: '1000', MAX_COST_PER_DAY_USD: '1000' },
};

/** Every model gets so many of the mistakes, one after another, from one agent. */
export function playBugs(folder: string, isQuick: boolean, onRound: OnDone): Promise<Played> {
  return withReleases(async (defer) => {
    const actor = createActor();
    const agent = await startLive(folder, actor.scenario, settings, defer);
    const looks = watchProcesses(agent.pid, agent.marker);
    defer(async () => void (await looks.stop()));
    const rounds: Round[] = [];
    const pairs = pairsOf(isQuick);
    for (const [number, [model, bug]] of pairs.entries()) {
      rounds.push(await playRound(agent, actor, model, bug, number));
      await restore(agent, bug);
      onRound(rounds.length, pairs.length);
    }
    const savesLost = await saveMany(agent);
    const orphans = await agent.stop();
    return {
      rounds,
      peak: await looks.stop(),
      orphans,
      saves: burst + rounds.length,
      savesLost,
    };
  });
}

/** Each of the others gets other mistakes than the one before it; the honest one gets all of them. */
function pairsOf(isQuick: boolean): readonly (readonly [Model, Bug])[] {
  const [each, all] = isQuick ? [1, 3] : [4, bugs.length];
  const theirs = others.flatMap((model, at) =>
    Array.from({ length: each }, (_, nth) => [model, bugs[(at + nth * 2) % bugs.length] ?? bugs[0]] as const),
  );
  const pairs = [...bugs.slice(0, all).map((bug) => [honest, bug] as const), ...theirs];
  return pairs.flatMap(([model, bug]) => (bug === undefined ? [] : [[model, bug] as const]));
}

async function playRound(agent: LiveAgent, actor: Actor, model: Model, bug: Bug, number: number): Promise<Round> {
  actor.play(model, bug, (path) => readFileSync(join(shop, path), 'utf8'));
  actor.takeTokens();
  const from = agent.events.length;
  const savedAt = Date.now();
  const text = await original(bug.file);
  // The very same bytes again would be the person taking a fix back.
  await agent.save(bug.file, `${text.replace(bug.whole, bug.broken)}// ${number}\n`);
  const end = await agent.until(isEnd, from);
  const events = agent.events.slice(from);
  const landings = events.filter(({ type }) => type === 'land.landed').length;
  const verdict = events.find(({ type }) => type === 'verdict');
  return {
    ...{ model, bug, landings, end: endOf(end) },
    isWrong: landings > 0 && (await isWrong(agent)),
    verdictMs: verdict === undefined ? undefined : verdict.at - savedAt - debounceMs,
    fall: waterfallOf(events.flatMap(marksOf).filter(({ name }) => name !== 'seen')),
    tokens: actor.takeTokens(),
  };
}

function isEnd(event: AgentEvent): boolean {
  return event.type === 'task.failed' || (event.type === 'task.finished' && event.outcome !== 'duplicate');
}

function endOf(event: AgentEvent | undefined): Round['end'] {
  if (event?.type === 'task.failed') return 'failed';
  if (event?.type !== 'task.finished') return 'unended';
  return event.outcome === 'fixed' ? 'landed' : event.outcome === 'parked' ? 'parked' : 'unended';
}

async function isWrong({ project }: LiveAgent): Promise<boolean> {
  const { end } = await run({
    ...{ command: process.execPath, args: [join(import.meta.dirname, 'oracle.ts'), shop, project] },
    ...{ cwd: project, env: {}, timeoutMs: 60_000 },
  });
  return end.kind !== 'exited' || end.code !== 0;
}

/** The person mends it, and the agent has seen that. */
async function restore(agent: LiveAgent, { file, test }: Bug): Promise<void> {
  const from = agent.events.length;
  for (const path of [file, test]) await agent.save(path, await original(path));
  await rm(join(agent.project, 'vitest.config.ts'), { force: true });
  await agent.until(({ type }) => type === 'task.finished', from);
}

/** Very many files at once: how many of them nobody has made a task of. */
async function saveMany(agent: LiveAgent): Promise<number> {
  const from = agent.events.length;
  const files = Array.from({ length: burst }, (_, number) => `src/new-${number}.ts`);
  await Promise.all(files.map((path, number) => agent.save(path, `export const value = ${number};\n`)));
  const seen = new Set<string>();
  await agent.until((event) => {
    if (event.type === 'task.created') seen.add(event.file);
    return files.every((path) => seen.has(path));
  }, from);
  return files.filter((path) => !seen.has(path)).length;
}
