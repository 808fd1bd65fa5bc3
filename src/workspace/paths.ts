import { isAbsolute, relative, sep } from 'node:path';

/**
 * A path relative to a root as git prints it with `-z`: bytes, each one as the character of that number (latin1). Names
 * of files need not be text, and a string serves as a key in sets where a Buffer does not.
 */
export type BytePath = string;

export function toBytePath(path: string): BytePath {
  return Buffer.from(path, 'utf8').toString('latin1');
}

/** For people and for the other rooms; what is no UTF-8 becomes U+FFFD, as in everything that Node lists. */
export function toText(path: BytePath): string {
  return Buffer.from(path, 'latin1').toString('utf8');
}

/** The bytes of a path below `root`, as the calls of `node:fs` take it. */
export function below(root: string, path: BytePath): Buffer {
  return Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, 'latin1')]);
}

/** Fields that end in NUL. Each is a text of its own: one that is cut out of the whole would keep all of it in memory. */
export function splitNul(output: Buffer): BytePath[] {
  const fields: BytePath[] = [];
  for (let start = 0; ; ) {
    const end = output.indexOf(0, start);
    if (end < 0) return fields;
    fields.push(output.toString('latin1', start, end));
    start = end + 1;
  }
}

/** A part of a text as a text of its own, for what is kept: a part alone would keep the whole. */
export function ownText(part: BytePath): BytePath {
  return Buffer.from(part, 'latin1').toString('latin1');
}

export function joinNul(paths: Iterable<BytePath>): Buffer {
  let text = '';
  for (const path of paths) text += `${path}\0`;
  return Buffer.from(text, 'latin1');
}

export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** Whether `path` is `folder` or lies in it. */
export function isWithin(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`);
}

/** The folders above a path, nearest first, without the root. */
export function ancestorsOf(path: BytePath): BytePath[] {
  const found: BytePath[] = [];
  for (let at = parentOf(path); at !== ''; at = parentOf(at)) found.push(at);
  return found;
}

/** Whether `path` is one of `places` or lies in one. */
export function isAtOrIn(path: BytePath, places: ReadonlySet<BytePath>): boolean {
  for (let at = path; at !== ''; at = parentOf(at)) if (places.has(at)) return true;
  return false;
}

/**
 * `path` relative to `root` with `/`, or undefined when it lies outside.
 *
 * @param path absolute, or relative to `root`.
 */
export function relativeTo(root: string, path: string): string | undefined {
  const found = isAbsolute(path) ? relative(root, path) : relative(root, `${root}/${path}`);
  if (found === '..' || found.startsWith(`..${sep}`) || isAbsolute(found)) return undefined;
  return sep === '/' ? found : found.replaceAll(sep, '/');
}

/** For what `relativeTo` found: strictly below the root. */
export function isInside(path: string | undefined): path is string {
  return path !== undefined && path !== '';
}

/** A pattern of an ignore file that means exactly this path below the folder of the file. */
export function ignorePattern(path: string): string {
  return `/${path.replace(/[\\*?[\]!# ]/g, '\\$&')}`;
}

/** Files that a landing puts beside the originals for a moment. */
export const temporaryFile = /(^|\/)\.mendwatch-[0-9a-f]{16}(-(old|new))?$/;
