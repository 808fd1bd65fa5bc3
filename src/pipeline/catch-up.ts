import type { Patch } from '../workspace/types.ts';
import type { Crew } from './crew.ts';
import type { Parts } from './parts.ts';

export interface CaughtUp {
  readonly patch: Patch;
  /** So much had been landed when the tree was looked at that it is made on. */
  readonly landed: number;
}

/**
 * A patch on the tree of now, where others have landed since it was made: proven on its own tree, it would have to be
 * proven again. Gives the files where the two cannot be brought together; what the person has done is left to the landing.
 */
export async function catchUp(
  { workspace }: Parts,
  { landed }: Crew,
  made: CaughtUp,
): Promise<CaughtUp | { readonly lostTo: readonly string[] }> {
  const { files } = landed.since(made.landed);
  if (files.size === 0) return made;
  const count = landed.count;
  const replay = await workspace.replay(made.patch, await workspace.snapshot());
  if (replay.kind === 'conflict') return replay.paths.some((path) => files.has(path)) ? { lostTo: replay.paths } : made;
  return replay.patch.changes.length === 0 ? made : { patch: replay.patch, landed: count };
}
