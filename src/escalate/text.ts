import { stripVTControlCharacters } from 'node:util';

/** Of text from the project: no escape codes, no control or direction characters, one kind of line end. */
export function cleanText(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(/[^\P{Cc}\n\t]|[\u202A-\u202E\u2066-\u2069]/gu, '')
    .toWellFormed();
}

/** At most `limit` characters: three quarters from the beginning, where a failure says what it is, the rest from the end. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const note = `\n… ${text.length - limit} characters left out …\n`;
  const room = Math.max(0, limit - note.length);
  const head = Math.ceil(room * 0.75);
  const tail = room - head;
  return `${text.slice(0, head)}${note}${tail === 0 ? '' : text.slice(-tail)}`.toWellFormed().slice(0, limit);
}

/** On one line, cut at its end. */
export function oneLine(text: string, limit: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= limit ? line : `${line.slice(0, limit - 1)}…`.toWellFormed();
}

/** A fence longer than any run of backticks inside, so that the content cannot close it. */
export function fence(text: string, language = ''): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}${language}\n${text}\n${ticks}`;
}

/** As code, in which a service finds no mention, no link and no markup. */
export function inlineCode(text: string, limit = 300): string {
  return `\`${oneLine(text.replaceAll('`', "'"), limit) || '-'}\``;
}

/** For places that take no code: an invisible character keeps `@name` and `#1` from being mentions. */
export function withoutMentions(text: string): string {
  return text.replace(/[@#]/g, '$&\u200B').replaceAll('`', "'").replaceAll('<', '‹').replaceAll('>', '›');
}

export function dollars(amount: number): string {
  return `$${amount.toFixed(4)}`;
}

export function duration(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
