import type { BytePath } from './paths.ts';

/** Snapshots are compared by id: the same tree and parent give the same commit at any time on any machine. */
export const identity = {
  name: 'mendwatch',
  email: 'mendwatch@localhost',
  date: '1000000000 +0000',
  message: 'snapshot',
} as const;

export interface NamedChange {
  readonly path: BytePath;
  /** Whether the tree had a file or link there. */
  readonly isKnown: boolean;
  /** A file or link as it is on the disk; undefined where there is none any more. */
  readonly now: { readonly mode: string; readonly bytes: Buffer } | undefined;
}

/** What git-fast-import(1) makes a commit of: a tree with these changes. It answers with the ids of commit and tree. */
export function importStream(ref: string, tree: string, changes: readonly NamedChange[]): Buffer {
  const { name, email, date, message } = identity;
  const who = `${name} <${email}> ${date}`;
  const parts: Buffer[] = [];
  const say = (text: string): void => void parts.push(Buffer.from(text, 'latin1'));
  say(`commit ${ref}\nmark :1\nauthor ${who}\ncommitter ${who}\n`);
  say(`data ${message.length + 1}\n${message}\n`);
  say(`M 040000 ${tree} ""\n`);
  for (const { path, now } of changes) {
    if (now === undefined) {
      say(`D ${quoted(path)}\n`);
    } else {
      say(`M ${now.mode} inline ${quoted(path)}\ndata ${now.bytes.length}\n`);
      parts.push(now.bytes);
      say('\n');
    }
  }
  say('get-mark :1\nls :1 ""\ndone\n');
  return Buffer.concat(parts);
}

function quoted(path: BytePath): string {
  const inside = path.replace(/[^\w ./@+-]/g, (byte) => `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`);
  return `"${inside}"`;
}
