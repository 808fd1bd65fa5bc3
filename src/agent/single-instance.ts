import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { localTime } from '../clock.ts';
import type { Config } from '../config/types.ts';
import { AlreadyRunningError } from '../errors.ts';
import { holderOf, takeGuard } from '../state/guard.ts';

/** As much of a state file as tells who is running; anything else may be in any condition. */
const recordSchema = z.object({
  processes: z.object({
    orchestrator: z.object({
      status: z.string(),
      pid: z.number().nullable(),
      host: z.string().nullable(),
      started_at: z.string().nullable(),
    }),
  }),
});

/** Holds the state file and the project for this process until it ends. @throws AlreadyRunningError */
export async function holdGuard({ stateFile, projectRoot }: Config): Promise<() => Promise<void>> {
  const guard = await takeGuard([stateFile, projectRoot]);
  if (!('heldBy' in guard)) return () => guard.release();
  const isOfState = guard.heldBy === stateFile;
  const what = isOfState ? `the state file ${stateFile}` : `the project ${projectRoot}`;
  throw new AlreadyRunningError(
    `An agent is already running on ${what}${await whoRuns(guard.heldBy, stateFile)}.`,
    'Stop it first, or leave it to its work.',
  );
}

/** It says so itself; where it is frozen, its state file does, if this is its own. */
async function whoRuns(heldBy: string, stateFile: string): Promise<string> {
  const holder = await holderOf(heldBy);
  if (holder !== undefined) return `: process ${holder.pid} on ${holder.host}, since ${localTime(holder.since)}`;
  if (heldBy !== stateFile) return '';
  try {
    const { orchestrator } = recordSchema.parse(JSON.parse(await readFile(stateFile, 'utf8'))).processes;
    const { status, pid, host, started_at } = orchestrator;
    if (status === 'stopped') return '';
    return `: process ${pid ?? '?'} on ${host ?? '?'}, since ${started_at === null ? '?' : localTime(started_at)}`;
  } catch {
    return '';
  }
}
