import { widthOf } from '../../src/cli/width.ts';

const introducer = '\x1b[';
/** Escape codes, and characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals obey control characters
const parts = /\x1b\[[?\d;]*[A-Za-z]|./gsu;

/** What a terminal of this width shows after this output: text, line ends, colours, erasing to the end and below, moving up and within the line. */
export function screenOf(output: string, columns: number): string[] {
  const rows: string[] = [''];
  let [row, column] = [0, 0];
  const down = (): void => {
    row += 1;
    if (rows.length <= row) rows.push('');
  };
  for (const [part] of output.matchAll(parts)) {
    const code = part.startsWith(introducer) ? part.slice(introducer.length) : undefined;
    if (part === '\r') column = 0;
    else if (part === '\n') down();
    else if (code === 'G' || code === '1G') column = 0;
    else if (code?.endsWith('G')) column = Number.parseInt(code, 10) - 1;
    else if (code === 'J' || code === '0J') rows.splice(row, rows.length, (rows[row] ?? '').slice(0, column));
    else if (code === 'K') rows[row] = (rows[row] ?? '').slice(0, column);
    else if (code?.endsWith('A')) row = Math.max(0, row - Number.parseInt(code, 10));
    else if (code?.endsWith('m') || part === '\x07') continue;
    else if (code !== undefined) throw new Error(`An escape code that should not be there: ${JSON.stringify(part)}`);
    else {
      if (column + widthOf(part) > columns) {
        down();
        column = 0;
      }
      const before = (rows[row] ?? '').padEnd(column);
      rows[row] = `${before.slice(0, column)}${part}${before.slice(column + 1)}`;
      column += widthOf(part);
    }
    // A terminal turns the line end of a program into both.
    if (part === '\n') column = 0;
  }
  return rows;
}
