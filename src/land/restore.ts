import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../errors.ts';
import { failpoint } from '../failpoint.ts';
import { blobId } from '../workspace/objects.ts';
import { type FileChange, placeFiles } from './files.ts';
import { type KeptFile, keepMove, readKept, readKeptBytes } from './kept.ts';

export type Restored =
  /** `merged`: files that the person had changed, and into which the change went all the same. */
  | { readonly kind: 'restored'; readonly files: readonly string[]; readonly merged: readonly string[] }
  /** Nothing was changed: in these files the person's lines stand against it. */
  | { readonly kind: 'conflict'; readonly paths: readonly string[] };

export interface RestoreInput {
  readonly root: string;
  /** Where `keepPatch` put it. */
  readonly folder: string;
  /** `undo` brings the old side back, `apply` puts the new side in. */
  readonly direction: 'undo' | 'apply';
  /** Both sides of what it is about to change are kept there first: see `recoverLanding`. */
  readonly journal?: string;
  /** Paths that are left as they are. */
  readonly except?: ReadonlySet<string>;
  /** Merges two versions that came from one; undefined when it cannot. */
  readonly merge: (versions: {
    current: Uint8Array;
    base: Uint8Array;
    other: Uint8Array;
  }) => Promise<Buffer | undefined>;
}

/** So often is it tried again when the person saves in the very moment. */
const maxTries = 3;

interface Side {
  readonly blob: string | null;
  readonly mode: number;
}

/** Makes a kept change, or takes it back; on files that were changed since, by a merge. All files or none. */
export async function restore(input: RestoreInput): Promise<Restored> {
  const kept = (await readKept(input.folder)).filter(({ path }) => !input.except?.has(path));
  for (let attempt = 1; ; attempt++) {
    const plans = await Promise.all(kept.map((file) => planFile(input, file)));
    const conflicts = plans.filter((plan) => plan.kind === 'conflict').map(({ path }) => path);
    if (conflicts.length > 0) return { kind: 'conflict', paths: conflicts };
    const changes = plans.flatMap((plan) => (plan.kind === 'change' ? [plan.change] : []));
    if (input.journal !== undefined) await keepMove(input.root, input.journal, changes);
    await failpoint('move.planned');
    const placed = await placeFiles(input.root, changes);
    await failpoint('move.placed');
    if (placed.kind === 'placed') {
      const merged = plans.filter((plan) => plan.kind === 'change' && plan.isMerged).map(({ path }) => path);
      return { kind: 'restored', files: changes.map(({ path }) => path), merged };
    }
    if (attempt === maxTries) return { kind: 'conflict', paths: [placed.path] };
  }
}

type FilePlan =
  | { readonly kind: 'nothing'; readonly path: string }
  | { readonly kind: 'conflict'; readonly path: string }
  | { readonly kind: 'change'; readonly path: string; readonly change: FileChange; readonly isMerged: boolean };

async function planFile({ root, folder, direction, merge }: RestoreInput, file: KeptFile): Promise<FilePlan> {
  const { path } = file;
  const oldSide: Side = { blob: file.old_blob, mode: file.old_mode };
  const newSide: Side = { blob: file.new_blob, mode: file.new_mode };
  const [from, to] = direction === 'undo' ? [newSide, oldSide] : [oldSide, newSide];
  const current = await readCurrent(join(root, path));
  if (current === 'not-a-file') return { kind: 'conflict', path };
  const currentBlob = current === undefined ? null : blobId(current);
  if (currentBlob === to.blob) return { kind: 'nothing', path };
  const change = (newBytes: Uint8Array | undefined, isMerged: boolean): FilePlan => ({
    kind: 'change',
    path,
    isMerged,
    change: { path, oldBlob: currentBlob ?? undefined, newBytes, newMode: to.mode },
  });
  const wanted = to.blob === null ? undefined : await readKeptBytes(folder, to.blob);
  if (currentBlob === from.blob) return change(wanted, false);
  if (current === undefined || wanted === undefined || from.blob === null) return { kind: 'conflict', path };
  const merged = await merge({ current, base: await readKeptBytes(folder, from.blob), other: wanted });
  return merged === undefined ? { kind: 'conflict', path } : change(merged, true);
}

async function readCurrent(file: string): Promise<Buffer | undefined | 'not-a-file'> {
  try {
    return (await lstat(file)).isFile() ? await readFile(file) : 'not-a-file';
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
