import { stripVTControlCharacters } from 'node:util';

/** What a failure's message may hold, in characters. */
export const messageLimit = 8_000;

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
