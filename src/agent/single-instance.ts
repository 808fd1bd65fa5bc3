import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Config } from '../config/types.ts';
import { AlreadyRunningError } from '../errors.ts';
import { takeGuard } from '../state/guard.ts';

/** As much of a state file as tells who is running; anything else may be in any condition. */
const holderSchema = z.object({
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
  const what = guard.heldBy === stateFile ? `the state file ${stateFile}` : `the project ${projectRoot}`;
  throw new AlreadyRunningError(
    `An agent is already running on ${what}${await whoRuns(stateFile)}.`,
    'Stop it first, or leave it to its work.',
  );
}

async function whoRuns(stateFile: string): Promise<string> {
  try {
    const { orchestrator } = holderSchema.parse(JSON.parse(await readFile(stateFile, 'utf8'))).processes;
    const { status, pid, host, started_at } = orchestrator;
    // The other one has this project with a state file of its own: this file tells of an earlier agent.
    if (status === 'stopped') return '';
    return `: process ${pid ?? '?'} on ${host ?? '?'}, since ${started_at ?? '?'}`;
  } catch {
    return '';
  }
}
