/** A text to be found, and what is found with it: nothing (the text itself counts) or the format that it begins. */
export interface Pattern {
  readonly text: string;
  readonly format?: number;
}

/**
 * Finds any number of texts in one pass (Aho and Corasick): the time grows with the length of what is read and with
 * nothing else, whatever the texts are and however cunningly the input was made.
 */
export class Automaton {
  /** By node: how long the longest known beginning is that the text read so far ends with. */
  readonly depth: readonly number[];
  /** By node: how long the longest pattern without a format is that ends here; 0 for none. */
  readonly literal: readonly number[];
  /** By node: the formats whose beginning ends here, with its length. */
  readonly begins: readonly (readonly { readonly format: number; readonly length: number }[])[];
  readonly #next = new Map<number, number>();
  readonly #fail: number[] = [0];
  /** The code units with which a pattern begins; all others are skipped at the root. */
  readonly #first = new Uint8Array(65_536);

  constructor(patterns: readonly Pattern[]) {
    const depth = [0];
    const literal = [0];
    const begins: { format: number; length: number }[][] = [[]];
    for (const { text, format } of patterns) {
      let node = 0;
      for (let at = 0; at < text.length; at++) {
        const key = node * 65_536 + text.charCodeAt(at);
        const known = this.#next.get(key);
        node = known ?? depth.length;
        if (known !== undefined) continue;
        this.#next.set(key, node);
        depth.push(at + 1);
        literal.push(0);
        begins.push([]);
      }
      this.#first[text.charCodeAt(0)] = 1;
      if (format === undefined) literal[node] = text.length;
      else begins[node]?.push({ format, length: text.length });
    }
    this.#link(literal, begins);
    this.depth = depth;
    this.literal = literal;
    this.begins = begins;
  }

  /** The node after one more code unit. 0 is the root. */
  step(node: number, unit: number): number {
    if (node === 0 && this.#first[unit] === 0) return 0;
    for (let at = node; ; at = this.#fail[at] ?? 0) {
      const next = this.#next.get(at * 65_536 + unit);
      if (next !== undefined) return next;
      if (at === 0) return 0;
    }
  }

  /** Nodes are numbered so that a parent comes before its children, but only level by level are all suffixes known. */
  #link(literal: number[], begins: { format: number; length: number }[][]): void {
    const children: [parent: number, unit: number, child: number][][] = begins.map(() => []);
    for (const [key, child] of this.#next) {
      const parent = Math.floor(key / 65_536);
      children[parent]?.push([parent, key % 65_536, child]);
    }
    const queue = [...(children[0] ?? [])];
    for (let head = 0; head < queue.length; head++) {
      const [parent, unit, child] = queue[head] ?? [0, 0, 0];
      const suffix = parent === 0 ? 0 : this.step(this.#fail[parent] ?? 0, unit);
      this.#fail[child] = suffix;
      literal[child] ||= literal[suffix] ?? 0;
      begins[child]?.push(...(begins[suffix] ?? []));
      for (const next of children[child] ?? []) queue.push(next);
    }
  }
}
