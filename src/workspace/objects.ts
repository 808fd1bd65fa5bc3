import { createHash } from 'node:crypto';
import { type BytePath, splitNul, toText } from './paths.ts';
import type { Shadow } from './shadow.ts';
import type { ChangeKind, TreeChange } from './types.ts';

/** The id git gives these bytes: SHA-1 over `blob <length>\0<bytes>` (git-scm.com, "Git Objects"). */
export function blobId(bytes: Uint8Array): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

/** Ids come from outside (state file, commands): nothing else may become an argument of git. */
export function checkId(id: string): string {
  if (!/^[0-9a-f]{40}$/.test(id)) throw new TypeError(`Not the id of a git object: ${JSON.stringify(id)}`);
  return id;
}

export async function changesBetween(shadow: Shadow, from: string, to: string): Promise<TreeChange[]> {
  if (from === to) return [];
  const args = ['diff-tree', '-r', '-z', '--raw', '--no-abbrev', '--no-renames', checkId(from), checkId(to)];
  const { stdout } = await shadow.run({}, args);
  const changes: TreeChange[] = [];
  for (let at = 0; at < stdout.length; ) {
    const pathAt = stdout.indexOf(0, at) + 1;
    const end = stdout.indexOf(0, pathAt);
    changes.push(parseChange(stdout, at, stdout.toString('utf8', pathAt, end)));
    at = end + 1;
  }
  return changes;
}

const kinds: Readonly<Record<string, ChangeKind>> = { A: 'added', D: 'deleted' };

/**
 * `:<old mode> <new mode> <old id> <new id> <status>`, git-diff-tree(1), "Raw output format". Each part is read by
 * itself: the ids are kept for the agent's whole life, and one that is cut out of a text keeps all of that text.
 */
function parseChange(output: Buffer, at: number, path: string): TreeChange {
  const part = (from: number, to: number): string => output.toString('latin1', at + from, at + to);
  return {
    path,
    kind: kinds[part(97, 98)] ?? 'modified',
    oldMode: part(1, 7),
    newMode: part(8, 14),
    oldBlob: part(15, 55),
    newBlob: part(56, 96),
  };
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

export async function readBlob(shadow: Shadow, id: string): Promise<Buffer> {
  return (await shadow.run({}, ['cat-file', 'blob', checkId(id)])).stdout;
}

/** Many blobs with one process. Rejects when one is missing. */
export async function readBlobs(shadow: Shadow, ids: readonly string[]): Promise<Map<string, Buffer>> {
  const wanted = [...new Set(ids.map(checkId))];
  const blobs = new Map<string, Buffer>();
  if (wanted.length === 0) return blobs;
  const input = Buffer.from(wanted.map((id) => `${id}\n`).join(''));
  const { stdout } = await shadow.run({}, ['cat-file', '--batch'], { input });
  for (let at = 0; at < stdout.length; ) {
    const lineEnd = stdout.indexOf(0x0a, at);
    const [id = '', type, size] = stdout.toString('latin1', at, lineEnd).split(' ');
    if (type !== 'blob') throw new Error(`The object ${id} is ${type ?? 'missing'} and not a blob`);
    const start = lineEnd + 1;
    blobs.set(id, stdout.subarray(start, start + Number(size)));
    at = start + Number(size) + 1;
  }
  return blobs;
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
export async function readFileOf(shadow: Shadow, tree: string, path: string): Promise<Buffer | undefined> {
  if (path === '') return undefined;
  const args = ['--literal-pathspecs', 'ls-tree', '-z', '--full-tree', checkId(tree), '--', path];
  const [line = ''] = splitNul((await shadow.run({}, args)).stdout);
  const [, type, id = ''] = line.slice(0, line.indexOf('\t')).split(' ');
  return type === 'blob' ? readBlob(shadow, id) : undefined;
}
