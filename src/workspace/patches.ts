import { isUtf8 } from 'node:buffer';
import { rm, writeFile } from 'node:fs/promises';
import { changesBetween, NO_BLOB } from './objects.ts';
import { PrivateIndex } from './private-index.ts';
import type { Shadow } from './shadow.ts';
import type { Patch, Snapshot, TreeChange } from './types.ts';

/** The patch that leads from a snapshot to a tree. */
export async function patchTo(shadow: Shadow, base: Snapshot, tree: string): Promise<Patch> {
  const [changes, text] = await Promise.all([
    changesBetween(shadow, base.tree, tree),
    patchText(shadow, base.tree, tree, []),
  ]);
  if (isUtf8(text)) return { base, result: { tree }, changes, text: text.toString('utf8') };
  // Such bytes would not survive in a string: these files are printed the way that binary files are.
  const opaque = await notText(shadow, changes);
  const exact = await withAttributes(shadow, opaque, (settings) => patchText(shadow, base.tree, tree, settings));
  return { base, result: { tree }, changes, text: exact.toString('utf8') };
}

async function patchText(shadow: Shadow, from: string, to: string, settings: readonly string[]): Promise<Buffer> {
  const options = ['-r', '-p', '--binary', '--full-index', '--no-renames', '--no-color', '--no-ext-diff'];
  return (await shadow.run({}, [...settings, 'diff-tree', ...options, from, to])).stdout;
}

async function notText(shadow: Shadow, changes: readonly TreeChange[]): Promise<string[]> {
  const idsOf = ({ oldBlob, newBlob }: TreeChange) => [oldBlob, newBlob].filter((id) => id !== NO_BLOB);
  const blobs = await shadow.objects.blobs(changes.flatMap(idsOf));
  const isText = (id: string) => isUtf8(blobs.get(id) ?? Buffer.alloc(0));
  return changes.filter((change) => !idsOf(change).every(isText)).map(({ path }) => path);
}

/** Git takes attributes from a file only. `core.attributesFile` given last wins over the one of every call. */
async function withAttributes<T>(
  shadow: Shadow,
  binaryPaths: readonly string[],
  use: (settings: readonly string[]) => Promise<T>,
): Promise<T> {
  const { file } = PrivateIndex.once(shadow, '');
  try {
    await writeFile(file, binaryPaths.map((path) => `${attributePattern(path)} -diff\n`).join(''));
    return await use(['-c', `core.attributesFile=${file}`]);
  } finally {
    await rm(file, { force: true });
  }
}

/** Names with unusual characters are matched loosely: more files than needed are then printed as binary. */
function attributePattern(path: string): string {
  return `/${path.replace(/[^\w./@+-]+/gu, '*')}`;
}
