import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Shadow } from './shadow.ts';

export interface TidyLimits {
  /** From so many objects or packs on there is something to tidy up: about a thousand saves. */
  readonly looseObjects: number;
  readonly packs: number;
  /** A larger repository keeps only what is younger than an hour, and not a day. */
  readonly packedBytes: number;
}

const defaults: TidyLimits = { looseObjects: 5_000, packs: 20, packedBytes: 2 * 2 ** 30 };

/** No deltas: they would save little on disk and cost a core for a minute. */
const settings = ['pack.window=0', 'pack.threads=1', 'gc.writeCommitGraph=false', 'repack.writeBitmaps=false'];

/**
 * Puts what the last snapshot and the lanes need into one pack, and removes what nobody has needed for a day: the state
 * file and patches that are on their way may still name it. Git lets others read and write meanwhile.
 *
 * @returns whether there was something to do.
 */
export async function tidy(shadow: Shadow, limits: Partial<TidyLimits> = {}): Promise<boolean> {
  const { looseObjects, packs, packedBytes } = { ...defaults, ...limits };
  const found = await contentOf(join(shadow.dir, 'objects'));
  if (found.looseObjects < looseObjects && found.packs < packs) return false;
  const expiry = found.packedBytes > packedBytes ? '1.hour.ago' : '1.day.ago';
  const options = settings.flatMap((setting) => ['-c', setting]);
  await shadow.run({}, [...options, 'gc', '--quiet', `--prune=${expiry}`]);
  return true;
}

async function contentOf(objects: string): Promise<TidyLimits> {
  const names = await readdir(objects);
  const fanOut = names.filter((name) => /^[0-9a-f]{2}$/.test(name));
  const loose = await Promise.all(fanOut.map(async (name) => (await readdir(join(objects, name))).length));
  const packs = (await readdir(join(objects, 'pack'))).filter((name) => name.endsWith('.pack'));
  const sizes = await Promise.all(packs.map(async (name) => (await stat(join(objects, 'pack', name))).size));
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
  return { looseObjects: sum(loose), packs: packs.length, packedBytes: sum(sizes) };
}
