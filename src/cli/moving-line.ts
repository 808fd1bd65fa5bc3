import { styleText } from 'node:util';
import { cutTo, widthOf } from './width.ts';

/** What of a terminal is needed to draw in place. */
export type Terminal = Pick<NodeJS.WriteStream, 'write' | 'columns'>;

const eraseBelow = '\x1b[J';
const usualColumns = 80;

/**
 * One line below all that is printed, drawn anew in its place. The cursor waits at its end and is never hidden, so that no
 * exit can leave the terminal without one.
 */
export class MovingLine {
  readonly #out: Terminal;
  #wanted = '';
  #drawn = '';

  constructor(out: Terminal) {
    this.#out = out;
  }

  /** Above the moving line, to stay. */
  print(lines: readonly string[]): void {
    if (lines.length === 0) return;
    const erase = this.#erased();
    this.#out.write(`${erase}${lines.map((line) => `${line}\n`).join('')}${this.#draw()}`);
  }

  /** From now on this is the moving line; empty is none. */
  show(text: string): void {
    if (text === this.#wanted) return;
    this.#wanted = text;
    const erase = this.#erased();
    this.#out.write(`${erase}${this.#draw()}`);
  }

  /** Takes it away, until the next `show` or `redraw`. */
  erase(): void {
    const erase = this.#erased();
    if (erase !== '') this.#out.write(erase);
  }

  /** After somebody else has written, as a shell does that has stopped and continued this process. */
  redraw(): void {
    this.#drawn = '';
    const line = this.#draw();
    if (line !== '') this.#out.write(line);
  }

  #draw(): string {
    this.#drawn = cutTo(this.#wanted, this.#columns() - 1);
    return this.#drawn === '' ? '' : styleText('gray', this.#drawn, { stream: this.#out as NodeJS.WriteStream });
  }

  /** In a terminal that was made narrower since, the line has been folded and takes several rows. */
  #erased(): string {
    if (this.#drawn === '') return '';
    const rows = Math.ceil(widthOf(this.#drawn) / this.#columns());
    this.#drawn = '';
    return `${rows > 1 ? `\x1b[${rows - 1}A` : ''}\r${eraseBelow}`;
  }

  #columns(): number {
    return this.#out.columns || usualColumns;
  }
}
