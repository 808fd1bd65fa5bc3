import { createHash } from 'node:crypto';
import { type BytePath, splitNul, toBytePath, toText } from './paths.ts';
import type { Shadow } from './shadow.ts';
import { compareTrees, entryAt } from './trees.ts';
import type { TreeChange } from './types.ts';

/** Where there is no file. */
export const NO_BLOB = '0'.repeat(40);
const NO_MODE = '000000';

/** The id git gives these bytes: SHA-1 over `blob <length>\0<bytes>` (git-scm.com, "Git Objects"). */
export function blobId(bytes: Uint8Array): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

/** Ids come from outside (state file, commands): nothing else may become an argument of git. */
export function checkId(id: string): string {
  if (!/^[0-9a-f]{40}$/.test(id)) throw new TypeError(`Not the id of a git object: ${JSON.stringify(id)}`);
  return id;
}

export async function changesBetween({ objects }: Shadow, from: string, to: string): Promise<TreeChange[]> {
  if (from === to) return [];
  const found = await compareTrees(objects, checkId(from), checkId(to));
  return found.map(({ path, before, after }) => ({
    path: toText(path),
    kind: before === undefined ? 'added' : after === undefined ? 'deleted' : 'modified',
    oldMode: before?.mode ?? NO_MODE,
    newMode: after?.mode ?? NO_MODE,
    oldBlob: before?.id ?? NO_BLOB,
    newBlob: after?.id ?? NO_BLOB,
  }));
}

/** Unified text for reading, with renames recognised; at most `limit` characters and a note. */
export async function readableDiff(
  shadow: Shadow,
  from: string,
  to: string,
  options: { readonly paths?: readonly string[]; readonly limit: number },
): Promise<string> {
  if (options.paths?.length === 0) return '';
  const args = [
    'diff-tree',
    '-r',
    '-p',
    '-M',
    '--no-color',
    checkId(from),
    checkId(to),
    '--',
    ...(options.paths ?? []),
  ];
  // No character takes more than four bytes.
  const { stdout, cut } = await shadow.run({}, ['--literal-pathspecs', ...args], { cutBytes: options.limit * 4 });
  const text = stdout.toString('utf8');
  if (!cut && text.length <= options.limit) return text;
  return `${text.slice(0, options.limit)}\n[the rest of the difference is left out after ${options.limit} characters]\n`;
}

export interface TreeEntry {
  readonly mode: string;
  readonly id: string;
  readonly path: BytePath;
}

export async function treeEntries(shadow: Shadow, tree: string): Promise<TreeEntry[]> {
  return parseEntries((await shadow.run({}, ['ls-tree', '-r', '-z', '--full-tree', checkId(tree)])).stdout);
}

/** What `ls-tree -r -z` prints. */
export function parseEntries(output: Buffer): TreeEntry[] {
  return splitNul(output).map((line) => {
    const [mode = '', , id = ''] = line.slice(0, line.indexOf('\t')).split(' ');
    return { mode, id, path: line.slice(line.indexOf('\t') + 1) };
  });
}

export async function listTree(shadow: Shadow, tree: string): Promise<string[]> {
  const { stdout } = await shadow.run({}, ['ls-tree', '-r', '-z', '--full-tree', '--name-only', checkId(tree)]);
  return splitNul(stdout).map(toText);
}

/** @returns undefined when the tree has no file or link at this path. */
export async function readFileOf({ objects }: Shadow, tree: string, path: string): Promise<Buffer | undefined> {
  const entry = await entryAt(objects, checkId(tree), toBytePath(path));
  return entry !== undefined && /^1[02]/.test(entry.mode) ? objects.blob(entry.id) : undefined;
}
