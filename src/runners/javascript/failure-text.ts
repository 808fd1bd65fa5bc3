import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { isOwn, relativePath } from '../report/paths.ts';
import { cutMiddle, messageLimit, plainText } from '../report/text.ts';
import type { RawError } from './raw-error.ts';

const PART_LIMIT = 3_500;
const FRAME_LIMIT = 10;

/** A failure for people and models: message, difference, frames inside the project, causes. At most 8,000 characters. */
export function failureText(error: RawError, root: string): string {
  const parts = [describe(error, root)];
  for (let cause = error.cause; cause !== undefined; cause = cause.cause) {
    parts.push(`Caused by: ${describe(cause, root)}`);
  }
  return cutMiddle(parts.join('\n'), messageLimit);
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
