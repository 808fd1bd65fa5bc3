import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Config } from '../../config/types.ts';
import { replaceFile } from '../../state/disk.ts';

const schema = z.object({
  at: z.iso.datetime(),
  cache_bytes: z.number().nonnegative(),
  runs_bytes: z.number().nonnegative(),
});

/** What the housekeeping found last, after it had made room. */
export type SpaceRecord = z.infer<typeof schema>;

/** Beside the state file, since other processes want to know. */
export function spaceFileOf({ stateFile }: Pick<Config, 'stateFile'>): string {
  return join(dirname(stateFile), 'space.json');
}

/** Undefined where nothing was found yet. */
export async function readSpace(config: Pick<Config, 'stateFile'>): Promise<SpaceRecord | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(spaceFileOf(config), 'utf8')));
  } catch {
    return undefined;
  }
}

export async function writeSpace(config: Pick<Config, 'stateFile'>, record: SpaceRecord): Promise<void> {
  await replaceFile(spaceFileOf(config), `${JSON.stringify(record)}\n`);
}

export interface Excess {
  readonly what: 'cache' | 'runs';
  readonly bytes: number;
  readonly limitBytes: number;
}

type Limits = Pick<Config, 'maxCacheBytes' | 'maxRunsBytes'>;

/** Which limits cannot be kept. */
export function excessOf(record: Pick<SpaceRecord, 'cache_bytes' | 'runs_bytes'>, limits: Limits): readonly Excess[] {
  const all: readonly Excess[] = [
    { what: 'cache', bytes: record.cache_bytes, limitBytes: limits.maxCacheBytes },
    { what: 'runs', bytes: record.runs_bytes, limitBytes: limits.maxRunsBytes },
  ];
  return all.filter(({ bytes, limitBytes }) => bytes > limitBytes);
}
