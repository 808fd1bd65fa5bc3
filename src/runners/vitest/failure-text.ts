import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { isOwn, relativePath } from './paths.ts';
import type { RawError } from './raw-report.ts';

const MESSAGE_LIMIT = 8_000;
const PART_LIMIT = 3_500;
const FRAME_LIMIT = 10;

/** Text without colours and control codes, and the same whichever lane it came from: the root's path is left out. */
export function plainText(text: string, root: string): string {
  const plain = stripVTControlCharacters(text).replaceAll('\r\n', '\n');
  const folder = root.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return plain.replaceAll(new RegExp(`(?:file://|/@fs)?${folder}(?:/|(?![\\w.-]))`, 'g'), (found) =>
    found.endsWith('/') ? '' : '.',
  );
}

/** At most `limit` characters, with the middle left out. */
export function cutMiddle(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const head = Math.floor((limit - 60) * 0.6);
  const tail = limit - 60 - head;
  return `${text.slice(0, head)}\n… ${text.length - head - tail} characters left out …\n${text.slice(-tail)}`;
}

/** A failure for people and models: message, difference, frames inside the project, causes. At most 8,000 characters. */
export function failureText(error: RawError, root: string): string {
  const parts = [describe(error, root)];
  for (let cause = error.cause; cause !== undefined; cause = cause.cause) {
    parts.push(`Caused by: ${describe(cause, root)}`);
  }
  return cutMiddle(parts.join('\n'), MESSAGE_LIMIT);
}

function describe(error: RawError, root: string): string {
  const message = plainText(error.message, root);
  const named = error.name === '' || message.startsWith(`${error.name}:`) ? message : `${error.name}: ${message}`;
  const diff = plainText(error.diff, root).trimEnd();
  const parts = [cutMiddle(named, PART_LIMIT)];
  if (diff !== '' && !named.includes(diff)) parts.push('', cutMiddle(diff, PART_LIMIT), '');
  return [...parts, ...framesOf(error, root)].join('\n');
}

function framesOf(error: RawError, root: string): string[] {
  const frames = error.frames ?? parseStack(error.stack);
  return frames
    .map(({ file, line, column, method }) => ({ path: ownPath(file, root), line, column, method }))
    .filter(({ path }) => path !== undefined)
    .slice(0, FRAME_LIMIT)
    .map(({ path, line, column, method }) => `    at ${method === '' ? '' : `${method} `}${path}:${line}:${column}`);
}

function ownPath(file: string, root: string): string | undefined {
  const path = relativePath(root, file.startsWith('file://') ? fromUrl(file) : file.replace(/^\/@fs(?=\/)/, ''));
  return isOwn(path) && path.includes('.') ? path : undefined;
}

function fromUrl(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    return url;
  }
}

/** Frames of V8: `at name (file:line:column)`, `at file:line:column`, and both with `async`. */
function parseStack(stack: string): { file: string; line: number; column: number; method: string }[] {
  return stack.split('\n').flatMap((text) => {
    const match = /^\s*at (?:(.*?) \(|async )?(.+?):(\d+):(\d+)\)?$/.exec(stripVTControlCharacters(text));
    const [, method = '', file = '', line = '', column = ''] = match ?? [];
    return match ? [{ file: file.replace(/\?.*$/, ''), line: Number(line), column: Number(column), method }] : [];
  });
}
