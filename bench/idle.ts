import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { launchAgent, makeTree } from './agent-process.ts';
import { type Suite, withReleases } from './suite.ts';

const files = 20_000;
/** Linux counts processor time in these (sysconf(_SC_CLK_TCK)). */
const ticksPerSecond = 100;

export const idle: Suite = {
  name: 'idle',
  title: `an idle agent on a tree of ${files.toLocaleString('en')} files`,
  run: (isQuick) =>
    withReleases(async (defer) => {
      const folder = await mkdtemp(join(tmpdir(), 'mendwatch-bench-'));
      defer(() => rm(folder, { recursive: true, force: true }));
      const project = join(folder, 'project');
      await makeTree(project, files);
      const { pid, startedAt, said } = await launchAgent(folder, project, defer);
      const watchingMs = (await said(/watching \d/)) - startedAt;
      await said(/tests? green/);
      // The agent gives memory back within the first ten seconds of quiet.
      const settleMs = 20_000;
      const windowMs = isQuick ? 5_000 : 60_000;
      await sleep(settleMs);
      const before = await processorTicks(pid);
      await sleep(windowMs);
      const used = (await processorTicks(pid)) - before;
      const note = `over ${windowMs / 1_000} s, ${settleMs / 1_000} s after the baseline; not the very first start`;
      return [
        { name: 'start → watching', value: watchingMs, unit: 'ms', target: '< 3000' },
        { name: 'resident memory', value: await residentMb(pid), unit: 'MB', target: '< 100', note },
        {
          name: 'share of a core',
          value: ((used / ticksPerSecond) * 100_000) / windowMs,
          unit: '%',
          target: '< 1',
          note,
        },
      ];
    }),
};

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
