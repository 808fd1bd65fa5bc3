import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GitError } from './git.ts';
import { patchTo } from './patches.ts';
import { type BytePath, splitNul, toText } from './paths.ts';
import { PrivateIndex } from './private-index.ts';
import type { Shadow } from './shadow.ts';
import type { Patch, Replay, Snapshot } from './types.ts';

interface Side {
  readonly mode: string;
  readonly id: string;
}

/** A path that both sides changed: stages 1 to 3 of git-merge-file's world. */
interface Clash {
  readonly path: BytePath;
  readonly sides: readonly [base: Side | undefined, ours: Side | undefined, theirs: Side | undefined];
}

interface Merged extends Side {
  readonly path: BytePath;
}

/** Merges file by file in an index of its own: works with every git, and no history is needed. */
export async function replay(shadow: Shadow, patch: Patch, onto: Snapshot): Promise<Replay> {
  if (onto.tree === patch.base.tree) {
    return { kind: 'replayed', patch: { ...patch, base: onto } };
  }
  const index = PrivateIndex.once(shadow, '');
  const place = { index: index.file };
  try {
    await shadow.run(place, ['read-tree', onto.tree]);
    const trees = [patch.base.tree, onto.tree, patch.result.tree];
    await shadow.run(place, ['read-tree', '-i', '-m', '--aggressive', ...trees]);
    const { merged, conflicts } = await mergeAll(shadow, index.file, await clashes(shadow, index.file));
    if (conflicts.length > 0) return { kind: 'conflict', paths: conflicts.map(toText) };
    if (merged.length > 0)
      await shadow.run(place, ['update-index', '-z', '--index-info'], { input: indexInfo(merged) });
    const { stdout } = await shadow.run(place, ['write-tree']);
    return { kind: 'replayed', patch: await patchTo(shadow, onto, stdout.toString('latin1').trim()) };
  } catch (error) {
    // A file on one side and a folder of the same name on the other.
    if (error instanceof GitError && /You have both/.test(error.stderr)) {
      return { kind: 'conflict', paths: patch.changes.map(({ path }) => path) };
    }
    throw error;
  } finally {
    await index.discard();
  }
}

/** `<mode> <id> <stage>\t<path>`, git-ls-files(1). */
async function clashes(shadow: Shadow, index: string): Promise<Clash[]> {
  const { stdout } = await shadow.run({ index }, ['ls-files', '-u', '-z']);
  const found = new Map<BytePath, [Side | undefined, Side | undefined, Side | undefined]>();
  for (const line of splitNul(stdout)) {
    const path = line.slice(line.indexOf('\t') + 1);
    const [mode = '', id = '', stage = '1'] = line.slice(0, line.indexOf('\t')).split(' ');
    const sides = found.get(path) ?? [undefined, undefined, undefined];
    sides[Number(stage) - 1] = { mode, id };
    found.set(path, sides);
  }
  return Array.from(found, ([path, sides]) => ({ path, sides }));
}

async function mergeAll(
  shadow: Shadow,
  index: string,
  all: readonly Clash[],
): Promise<{ merged: Merged[]; conflicts: BytePath[] }> {
  const merged: Merged[] = [];
  const conflicts: BytePath[] = [];
  if (all.length === 0) return { merged, conflicts };
  const folder = await mkdtemp(`${index}-merge-`);
  try {
    const blobs = await shadow.objects.blobs(all.flatMap(({ sides }) => sides.flatMap((side) => side?.id ?? [])));
    for (const clash of all) {
      const side = await mergeOne(shadow, folder, clash, blobs);
      if (side) merged.push({ ...side, path: clash.path });
      else conflicts.push(clash.path);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { merged, conflicts };
}

/** @returns undefined when a person has to decide: not three texts, or the same lines on both sides. */
async function mergeOne(
  shadow: Shadow,
  folder: string,
  { sides: [base, ours, theirs] }: Clash,
  blobs: ReadonlyMap<string, Buffer>,
): Promise<Side | undefined> {
  if (!base || !ours || !theirs) return undefined;
  if (![base, ours, theirs].every(({ mode }) => mode.startsWith('100'))) return undefined;
  const mode = ours.mode === base.mode ? theirs.mode : ours.mode;
  if (ours.id === base.id || ours.id === theirs.id) return { mode, id: theirs.id };
  if (theirs.id === base.id) return { mode, id: ours.id };
  await mkdir(folder, { recursive: true });
  const files = await Promise.all(
    [ours, base, theirs].map(async ({ id }, number) => {
      const file = join(folder, String(number));
      await writeFile(file, blobs.get(id) ?? Buffer.alloc(0));
      return file;
    }),
  );
  // git-merge-file(1): the number of conflicts (at most 127), 255 for what it cannot merge (binary).
  const accept = [...Array(127).keys()].map((count) => count + 1).concat(255);
  const { code, stdout } = await shadow.run({}, ['merge-file', '-p', '-q', ...files], { accept });
  if (code !== 0) return undefined;
  return { mode, id: await shadow.objects.write('blob', stdout) };
}

function indexInfo(merged: readonly Merged[]): Buffer {
  return Buffer.from(merged.map(({ mode, id, path }) => `${mode} ${id} 0\t${path}\0`).join(''), 'latin1');
}
