import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Snapshot } from '../src/workspace/types.ts';
import { openWorkspace } from '../src/workspace/workspace.ts';
import { openStage, type Stage } from '../test/rig/stage.ts';
import { launchAgent, oneTest, writeModules } from './agent-process.ts';
import { residentMb } from './idle.ts';
import {
  type Defer,
  type Figure,
  figureOf,
  paired,
  quickRounds,
  ratios,
  type Suite,
  scratch,
  timed,
  withReleases,
} from './suite.ts';

const debounceMs = 500;
const changed = 'src/part-0/module-0.ts';

interface Measure {
  readonly name: string;
  readonly unit: Figure['unit'];
  /** What a save costs must not depend on how many files there are: the largest tree against the smallest. */
  readonly grows?: string;
  readonly note?: string;
}

const measures = {
  watching: { name: 'start → watching', unit: 'ms' },
  task: { name: 'save → task', unit: 'ms', grows: '≤ 2', note: 'beyond the debounce' },
  triaged: { name: 'task → triaged, without the tests', unit: 'ms', grows: '≤ 2' },
  named: { name: 'snapshot of one saved file', unit: 'ms', grows: '≤ 2' },
  whole: { name: 'snapshot of the whole tree', unit: 'ms' },
  lane: { name: 'lane to the next snapshot', unit: 'ms' },
  memory: { name: 'resident memory at rest', unit: 'MB' },
} as const satisfies Record<string, Measure>;

const usualSizes = [1_000, 10_000, 100_000];
const quickSizes = [100, 1_000];
/** In both forms. */
const sharedSize = 1_000;
const count = (size: number | undefined): string => (size ?? 0).toLocaleString('en');

type Samples = Record<keyof typeof measures, readonly number[]>;

export const large: Suite = {
  name: 'large',
  title: 'one save in trees of very different sizes',
  quickly: `trees of ${quickSizes.map(count).join(' and ')} files, ${quickRounds} saves in place of 7, memory before the agent has come to rest`,
  promises: Object.values(measures).map(({ name }) => `${name}: ${count(sharedSize)} files`),
  run: (isQuick) =>
    withReleases(async (defer) => {
      const sizes = isQuick ? quickSizes : usualSizes;
      const rounds = isQuick ? quickRounds : 7;
      const stages = new Map<string, Stage>();
      for (const size of sizes) stages.set(String(size), await stageOf(size, defer));
      const actsOf = <T>(act: (stage: Stage, round: number) => Promise<T>) =>
        Object.fromEntries([...stages].map(([size, stage]) => [size, (round: number) => act(stage, round)]));
      const saves = await paired(actsOf(saveIn), rounds);
      for (const stage of stages.values()) await stage.agent.stop('measured');
      const copies = new Map<Stage, Copies>();
      for (const stage of stages.values()) copies.set(stage, await openCopies(stage, defer));
      const looks = await paired(
        actsOf(async (stage, round) => copies.get(stage)?.(round) ?? { named: NaN, whole: NaN, lane: NaN }),
        rounds,
      );
      const rests = await paired(
        actsOf((stage, round) => atRest(stage, round, isQuick)),
        isQuick ? 1 : 3,
        0,
      );
      const columns = sizes.map(
        (size): Samples =>
          ({ ...columnsOf(saves[size]), ...columnsOf(looks[size]), ...columnsOf(rests[size]) }) as Samples,
      );
      return Object.entries(measures).flatMap(([key, its]) =>
        figuresOf(
          its,
          sizes,
          columns.map((column) => column[key as keyof Samples]),
        ),
      );
    }),
};

/** A list for each thing that was measured, of what was one list of all of them. */
function columnsOf(samples: readonly Readonly<Record<string, number>>[] = []): Record<string, readonly number[]> {
  const names = Object.keys(samples[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, samples.map((sample) => sample[name] ?? Number.NaN)]));
}

function figuresOf(its: Measure, sizes: readonly number[], columns: readonly (readonly number[])[]): Figure[] {
  const { name, unit, grows: target, note } = its;
  const about = note === undefined ? {} : { note };
  const each = columns.map((samples, at) => figureOf(`${name}: ${count(sizes[at])} files`, samples, unit, about));
  if (target === undefined) return each;
  const growth = ratios(columns.at(-1) ?? [], columns[0] ?? []);
  return [...each, figureOf('  the largest / the smallest', growth, 'ratio', { target })];
}

async function stageOf(size: number, defer: Defer): Promise<Stage> {
  const folder = await scratch(defer);
  return openStage(
    folder,
    {
      bare: true,
      files: { 'package.json': '{"type":"module","devDependencies":{"vitest":"*"}}', 'one.test.ts': oneTest },
      prepare: (project) => writeModules(project, size),
      settings: { FILE_WATCH_DEBOUNCE_SECONDS: String(debounceMs / 1_000), AUTO_FIX_ENABLED: 'false' },
    },
    defer,
  );
}

/** By an agent in this process, whose events tell when what happened. */
async function saveIn(stage: Stage, round: number): Promise<{ task: number; triaged: number }> {
  const from = stage.events.length;
  const savedAt = Date.now();
  await appendFile(join(stage.project, changed), `// ${round}\n`);
  const created = await stage.until('task.created', () => true, from);
  const finished = await stage.until('triage.finished', () => true, from);
  await stage.until('task.finished', () => true, from);
  return {
    task: created.at - savedAt - debounceMs,
    triaged: finished.at - created.at - finished.durationMs,
  };
}

type Copies = (round: number) => Promise<{ named: number; whole: number; lane: number }>;

async function openCopies({ project, folder }: Stage, defer: Defer): Promise<Copies> {
  const workspace = await openWorkspace({
    root: project,
    cacheFolder: join(folder, 'copies'),
    env: { PATH: process.env.PATH ?? '', HOME: join(folder, 'home') },
    agentFolders: [],
    laneLinks: [],
  });
  defer(() => workspace.close());
  const lane = workspace.lane('triage');
  await lane.move(await workspace.snapshot());
  return async (round) => {
    await appendFile(join(project, changed), `// named ${round}\n`);
    let snapshot: Snapshot | undefined;
    const named = await timed(async () => {
      snapshot = await workspace.snapshot([changed]);
    });
    const moved = snapshot;
    const moving = moved === undefined ? Number.NaN : await timed(() => lane.move(moved));
    await appendFile(join(project, changed), `// whole ${round}\n`);
    return { named, lane: moving, whole: await timed(() => workspace.snapshot()) };
  };
}

/** A first start in a process of its own. */
async function atRest(
  { project, folder }: Stage,
  round: number,
  isQuick: boolean,
): Promise<{ watching: number; memory: number }> {
  const apart = join(folder, `apart-${round}`);
  await mkdir(apart);
  return withReleases(async (defer) => {
    const { pid, startedAt, said } = await launchAgent(apart, project, defer, { AUTO_FIX_ENABLED: 'false' });
    const watching = (await said(/watching \d/)) - startedAt;
    await said(/tests? green/);
    // The agent gives memory back within the first ten seconds of quiet.
    await sleep(isQuick ? 100 : 20_000);
    return { watching, memory: await residentMb(pid) };
  });
}
