import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/types.ts';
import { sweepLeftovers as sweepBeside } from '../state/disk.ts';

/**
 * Removes what an agent that was killed could not put away: reports of runs, and the new baseline that it was writing; and
 * what was built for workers that there are no more since `MAX_CONCURRENT_TASKS` is less than it was. The state file, the private repository and the landings see to their own. Only for the holder of the guard.
 */
export async function sweepLeftovers({
  cacheFolder,
  baselineFile,
  maxConcurrentTasks,
}: Pick<Config, 'cacheFolder' | 'baselineFile' | 'maxConcurrentTasks'>): Promise<void> {
  await rm(join(cacheFolder, 'reports'), { recursive: true, force: true });
  const builds = join(cacheFolder, 'builds');
  for (const name of await readdir(builds).catch(() => [])) {
    const worker = Number(/^[a-z]+-(\d+)$/.exec(name)?.[1] ?? 1);
    if (worker > maxConcurrentTasks) await rm(join(builds, name), { recursive: true, force: true });
  }
  await sweepBeside(baselineFile);
}
