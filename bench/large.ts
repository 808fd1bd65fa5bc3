import { appendFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openWorkspace } from '../src/workspace/workspace.ts';
import { openStage, type Stage } from '../test/rig/stage.ts';
import { launchAgent, oneTest, writeModules } from './agent-process.ts';
import { residentMb } from './idle.ts';
import { type Defer, type Figure, median, type Suite, withReleases } from './suite.ts';

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

type Measured = Record<keyof typeof measures, number>;

export const large: Suite = {
  name: 'large',
  title: 'one save in trees of very different sizes',
  run: async (isQuick) => {
    const sizes = isQuick ? [100, 1_000] : [1_000, 10_000, 100_000];
    const columns: Measured[] = [];
    for (const size of sizes) columns.push(await withReleases((defer) => measure(size, isQuick, defer)));
    return Object.entries(measures).flatMap(([key, its]) =>
      figuresOf(
        its,
        sizes,
        columns.map((column) => column[key as keyof Measured]),
      ),
    );
  },
};

function figuresOf(its: Measure, sizes: readonly number[], values: readonly number[]): Figure[] {
  const count = (size: number | undefined): string => (size ?? 0).toLocaleString('en');
  const each = values.map(
    (value, at): Figure => ({ name: `${its.name}: ${count(sizes[at])} files`, value, unit: its.unit }),
  );
  const { grows: target } = its;
  if (target === undefined) return each;
  const value = (values.at(-1) ?? Number.NaN) / (values[0] ?? Number.NaN);
  return [...each, { name: '  the largest / the smallest', value, unit: 'ratio', target }];
}

async function measure(size: number, isQuick: boolean, defer: Defer): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), 'mendwatch-bench-'));
  defer(() => rm(folder, { recursive: true, force: true }));
  const rounds = isQuick ? 2 : 7;
  return withReleases(async (end) => {
    const stage = await openStage(
      folder,
      {
        bare: true,
        files: { 'package.json': '{"type":"module","devDependencies":{"vitest":"*"}}', 'one.test.ts': oneTest },
        prepare: (project) => writeModules(project, size),
        settings: { FILE_WATCH_DEBOUNCE_SECONDS: String(debounceMs / 1_000), AUTO_FIX_ENABLED: 'false' },
      },
      end,
    );
    const saves = await savesIn(stage, rounds);
    await stage.agent.stop('measured');
    return { ...saves, ...(await copiesOf(stage, rounds)), ...(await atRest(stage, isQuick)) };
  });
}

/** By an agent in this process, whose events tell when what happened. */
async function savesIn(stage: Stage, rounds: number): Promise<Pick<Measured, 'task' | 'triaged'>> {
  const task: number[] = [];
  const triaged: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const from = stage.events.length;
    const savedAt = Date.now();
    await appendFile(join(stage.project, changed), `// ${round}\n`);
    const created = await stage.until('task.created', () => true, from);
    const finished = await stage.until('triage.finished', () => true, from);
    await stage.until('task.finished', () => true, from);
    task.push(created.at - savedAt - debounceMs);
    triaged.push(finished.at - created.at - finished.durationMs);
  }
  return { task: median(task), triaged: median(triaged) };
}

async function copiesOf(
  { project, folder }: Stage,
  rounds: number,
): Promise<Pick<Measured, 'named' | 'whole' | 'lane'>> {
  const workspace = await openWorkspace({
    root: project,
    cacheFolder: join(folder, 'copies'),
    env: { PATH: process.env.PATH ?? '', HOME: join(folder, 'home') },
    agentFolders: [],
    laneLinks: [],
  });
  const lane = workspace.lane('triage');
  const times = { named: [] as number[], whole: [] as number[], lane: [] as number[] };
  const timed = async <T>(into: number[], work: () => Promise<T>): Promise<T> => {
    const startedAt = performance.now();
    const result = await work();
    into.push(performance.now() - startedAt);
    return result;
  };
  await lane.move(await workspace.snapshot());
  for (let round = 0; round < rounds; round++) {
    await appendFile(join(project, changed), `// named ${round}\n`);
    const named = await timed(times.named, () => workspace.snapshot([changed]));
    await timed(times.lane, () => lane.move(named));
    await appendFile(join(project, changed), `// whole ${round}\n`);
    await timed(times.whole, () => workspace.snapshot());
  }
  await workspace.close();
  return { named: median(times.named), whole: median(times.whole), lane: median(times.lane) };
}

/** A first start in a process of its own. */
async function atRest({ project, folder }: Stage, isQuick: boolean): Promise<Pick<Measured, 'watching' | 'memory'>> {
  const apart = join(folder, 'apart');
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
