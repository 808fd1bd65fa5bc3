import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { residentMb } from '../idle.ts';

/** The processes that carry this text in their environment. */
export async function marked(marker: string): Promise<readonly number[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    names.map(async (name) => {
      const environment = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '');
      return environment.includes(marker) ? [Number(name)] : [];
    }),
  );
  return found.flat();
}

/** Nothing of a process that has ended meanwhile. */
const residentNow = (pid: number): Promise<number> =>
  residentMb(pid).then(
    (mb) => mb || 0,
    () => 0,
  );

/** The most of each that was seen at one look. */
export interface Peak {
  /** The agent alone, and with all that it has started; memory that two of them share counts twice. */
  readonly agentMb: number;
  readonly allMb: number;
  readonly processes: number;
}

const everyMs = 250;

/** Looks at an agent and all that carries its marker until it is told to stop. */
export function watchProcesses(pid: number, marker: string): { stop(): Promise<Peak> } {
  const stop = new AbortController();
  let peak: Peak = { agentMb: 0, allMb: 0, processes: 0 };
  const look = async (): Promise<void> => {
    const children = (await marked(marker)).filter((each) => each !== pid);
    const agentMb = await residentNow(pid);
    const each = await Promise.all(children.map(residentNow));
    peak = {
      agentMb: Math.max(peak.agentMb, agentMb),
      allMb: Math.max(
        peak.allMb,
        each.reduce((sum, mb) => sum + mb, agentMb),
      ),
      processes: Math.max(peak.processes, children.length + 1),
    };
  };
  const looking = (async () => {
    while (!stop.signal.aborted) {
      await look();
      await delay(everyMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  })();
  return {
    stop: async () => {
      stop.abort();
      await looking;
      return peak;
    },
  };
}
