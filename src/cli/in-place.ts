import type { Terminal } from './moving-line.ts';
import { cutTo, widthOf } from './width.ts';

const usual = { columns: 80, rows: 24 };

/** Lines that take the place of those that were drawn before; not more than the terminal shows. */
export class InPlace {
  readonly #out: Terminal & { readonly rows: number };
  #drawn: readonly string[] = [];

  constructor(out: Terminal & { readonly rows: number }) {
    this.#out = out;
  }

  draw(lines: readonly string[]): void {
    const { columns, rows } = this.#size();
    // In a terminal that was made narrower since, a line has been folded and takes several rows.
    const above = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0);
    this.#drawn = lines.slice(0, Math.max(1, rows - 1)).map((line) => cutTo(line, columns));
    const up = Math.min(above, rows - 1);
    // Line by line: some terminals keep a screen that is erased as a whole in their history.
    const text = this.#drawn.map((line) => `\x1b[K${line}\n`).join('');
    this.#out.write(`${up > 0 ? `\x1b[${up}A` : ''}\r${text}\x1b[J`);
  }

  /** Somebody else has written meanwhile: the next is drawn below. */
  begin(): void {
    this.#drawn = [];
  }

  #size(): { columns: number; rows: number } {
    return { columns: this.#out.columns || usual.columns, rows: this.#out.rows || usual.rows };
  }
}
