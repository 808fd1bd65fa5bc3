import { stripVTControlCharacters } from 'node:util';
import { widthOf } from './width.ts';

type Out = Pick<NodeJS.WriteStream, 'columns' | 'isTTY'>;

/**
 * The line as rows that are broken between words, where it is too long for the terminal. Without a terminal it stays as it is.
 *
 * @param hang columns before each row but the first; by default below what follows a name that stands in a column of its own,
 *   else as many as the line begins with, and two
 */
export function wrapped(line: string, { isTTY, columns = 0 }: Out, hang?: number): string {
  if (!isTTY || columns < leastColumns || widthOf(stripVTControlCharacters(line)) <= columns) return line;
  const lead = /^ */.exec(line)?.[0] ?? '';
  const named = /^ *\S+ {2,}/.exec(line)?.[0].length;
  const indent = ' '.repeat(Math.min(hang ?? named ?? lead.length + 2, Math.floor(columns / 2)));
  const rows: string[] = [];
  let row = lead;
  let used = lead.length;
  let isEmpty = true;
  for (const word of line.slice(lead.length).split(' ')) {
    const width = widthOf(stripVTControlCharacters(word));
    if (!isEmpty && used + 1 + width > columns) {
      rows.push(row.trimEnd());
      [row, used, isEmpty] = [indent, indent.length, true];
      // What parts the words of one row does not begin the next.
      if (word === '') continue;
    }
    row += isEmpty ? word : ` ${word}`;
    used += isEmpty ? width : width + 1;
    isEmpty = false;
  }
  return [...rows, row].join('\n');
}

/** The same for each line of a text. */
export function wrappedText(text: string, out: Out): string {
  return text
    .split('\n')
    .map((line) => wrapped(line, out))
    .join('\n');
}

/** On less nothing is won. */
const leastColumns = 20;
