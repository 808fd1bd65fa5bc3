import type { BytePath } from './paths.ts';

/** What a tree holds at a place. The mode as git prints it, six digits; `040000` is a tree. */
export interface Entry {
  readonly mode: string;
  readonly id: string;
}

export interface NamedEntry extends Entry {
  readonly name: BytePath;
}

export const TREE = '040000';
const ID_BYTES = 20;

/** `<mode> <name>\0<20 bytes of id>`, one after the other (git-scm.com, "Git Objects"). */
export function parseTree(bytes: Buffer): NamedEntry[] {
  const entries: NamedEntry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const end = bytes.indexOf(0, space);
    const mode = bytes.toString('latin1', at, space).padStart(6, '0');
    const name = bytes.toString('latin1', space + 1, end);
    at = end + 1 + ID_BYTES;
    entries.push({ mode, name, id: bytes.toString('hex', end + 1, at) });
  }
  return entries;
}

export function formatTree(entries: readonly NamedEntry[]): Buffer {
  return Buffer.concat(
    entries.flatMap(({ mode, name, id }) => [
      Buffer.from(`${mode.replace(/^0+/, '')} ${name}\0`, 'latin1'),
      Buffer.from(id, 'hex'),
    ]),
  );
}

export const isTree = ({ mode }: Entry): boolean => mode === TREE;

/** Names are compared as bytes, that of a folder as if it ended in `/`. */
export function sortKey(entry: NamedEntry): string {
  return isTree(entry) ? `${entry.name}/` : entry.name;
}
