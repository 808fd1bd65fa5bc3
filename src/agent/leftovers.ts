import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/types.ts';
import { sweepLeftovers as sweepBeside } from '../state/disk.ts';

/**
 * Removes what an agent that was killed could not put away: reports of runs, and the new baseline that it was writing.
 * The state file, the private repository and the landings see to their own. Only for the holder of the guard.
 */
export async function sweepLeftovers({
  cacheFolder,
  baselineFile,
}: Pick<Config, 'cacheFolder' | 'baselineFile'>): Promise<void> {
  await rm(join(cacheFolder, 'reports'), { recursive: true, force: true });
  await sweepBeside(baselineFile);
}
