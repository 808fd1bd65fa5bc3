import type { TreeChange, Workspace } from '../workspace/types.ts';

/** Of a renamed file that was changed as well, at least so much is found again. */
const alike = 0.5;
const mostLookedAt = 20;
const largestBytes = 1024 * 1024;

/**
 * What the person has done to the files in which a patch cannot be brought to their tree: `you renamed a.ts to b.ts; you
 * changed the same lines in c.ts`.
 *
 * @param base the tree that the patch was made on
 * @param now the person's
 */
export async function sayConflict(
  workspace: Pick<Workspace, 'changes' | 'blob'>,
  { base, now, paths }: { readonly base: string; readonly now: string; readonly paths: readonly string[] },
): Promise<string> {
  const changes = await workspace.changes(base, now);
  const sayings = new Map<string, string[]>();
  const say = (what: string, path: string): void => void sayings.set(what, [...(sayings.get(what) ?? []), path]);
  // Of a folder in the place of a file git names all files of the patch.
  const touched = paths.filter((path) => changes.some((change) => change.path === path));
  for (const path of touched.length === 0 ? paths : touched) {
    const theirs = changes.find((change) => change.path === path);
    if (theirs?.kind === 'added') say('you added', path);
    else if (theirs?.kind !== 'deleted') say('you changed the same lines in', path);
    else {
      const moved = await movedTo(workspace, theirs, changes);
      if (moved === undefined) say('you removed', path);
      else say('you renamed', `${path} to ${moved}`);
    }
  }
  return Array.from(sayings, ([what, which]) => `${what} ${which.join(', ')}`).join('; ');
}

/** Where a file that is gone may be now: the same bytes, else most of the same lines. */
async function movedTo(
  { blob }: Pick<Workspace, 'blob'>,
  { oldBlob, path }: TreeChange,
  changes: readonly TreeChange[],
): Promise<string | undefined> {
  const added = changes.filter(({ kind }) => kind === 'added');
  const same = added.find(({ newBlob }) => newBlob === oldBlob);
  if (same !== undefined || added.length === 0) return same?.path;
  const ending = /\.\w+$/.exec(path)?.[0] ?? '';
  const before = linesOf(await blob(oldBlob));
  let best: { readonly path: string; readonly share: number } | undefined;
  for (const each of added.filter((one) => one.path.endsWith(ending)).slice(0, mostLookedAt)) {
    const after = linesOf(await blob(each.newBlob));
    const share = [...before].filter((line) => after.has(line)).length / Math.max(before.size, after.size, 1);
    if (share >= alike && share > (best?.share ?? 0)) best = { path: each.path, share };
  }
  return best?.path;
}

function linesOf(bytes: Buffer): ReadonlySet<string> {
  if (bytes.length > largestBytes) return new Set();
  const lines = bytes.toString('utf8').split('\n');
  return new Set(lines.map((line) => line.trim()).filter((line) => line.length > 2));
}
