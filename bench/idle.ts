import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { launchAgent, makeTree } from './agent-process.ts';
import { type Figure, figureOf, leastRounds, paired, quickRounds, type Suite, scratch, withReleases } from './suite.ts';

const usualFiles = 20_000;
const quickFiles = 2_000;
/** Linux counts processor time in these (sysconf(_SC_CLK_TCK)). */
const ticksPerSecond = 100;

export const idle: Suite = {
  name: 'idle',
  title: `an idle agent on a tree of ${usualFiles.toLocaleString('en')} files`,
  quickly: `${quickFiles.toLocaleString('en')} files, one start, two short looks as soon as the baseline is there`,
  promises: ['start → watching', 'resident memory', 'share of a core'],
  run: (isQuick) =>
    measureIdle(
      isQuick
        ? { files: quickFiles, starts: 1, settleMs: 0, windowMs: 500, windows: quickRounds }
        : // The agent gives memory back within the first ten seconds of quiet.
          { files: usualFiles, starts: leastRounds, settleMs: 20_000, windowMs: 12_000, windows: leastRounds },
    ),
};

export function measureIdle({
  files,
  starts,
  settleMs,
  windowMs,
  windows,
}: Readonly<Record<'files' | 'starts' | 'settleMs' | 'windowMs' | 'windows', number>>): Promise<readonly Figure[]> {
  return withReleases(async (defer) => {
    const folder = await scratch(defer);
    const project = join(folder, 'project');
    await makeTree(project, files);
    const started = (round: number): Promise<number> => watchingMs(join(folder, `start-${round}`), project);
    const earlier = await paired({ watching: started }, starts - 1, 0);
    const { pid, startedAt, said } = await launchAgent(folder, project, defer);
    const watching = [...earlier.watching, (await said(/watching \d/)) - startedAt];
    await said(/tests? green/);
    await sleep(settleMs);
    const looks = await paired({ looked: () => look(pid, windowMs) }, windows, 0);
    const note = `${windows} × ${windowMs / 1_000} s, ${settleMs / 1_000} s after the baseline`;
    const memory = looks.looked.map(({ residentMb: mb }) => mb);
    const share = looks.looked.map(({ sharePercent }) => sharePercent);
    return [
      figureOf('start → watching', watching, 'ms', { target: '< 3000', note: 'not the very first start' }),
      figureOf('resident memory', memory, 'MB', { target: '< 100', note }),
      // Of all the looks together: what is done every few seconds lies in some of them and not in others.
      { ...figureOf('share of a core', share, '%', { target: '< 0.5', note }), value: mean(share) },
    ];
  });
}

/** A start of its own, in the state of its own. */
async function watchingMs(folder: string, project: string): Promise<number> {
  await mkdir(folder);
  return withReleases(async (defer) => {
    const { startedAt, said } = await launchAgent(folder, project, defer);
    return (await said(/watching \d/)) - startedAt;
  });
}

async function look(pid: number, windowMs: number): Promise<{ residentMb: number; sharePercent: number }> {
  const before = await processorTicks(pid);
  await sleep(windowMs);
  const used = (await processorTicks(pid)) - before;
  return { residentMb: await residentMb(pid), sharePercent: ((used / ticksPerSecond) * 100_000) / windowMs };
}

function mean(samples: readonly number[]): number {
  return samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
}

export async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1_024;
}

/** User and system time of the process itself: fields 14 and 15 of proc(5) stat. */
async function processorTicks(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
