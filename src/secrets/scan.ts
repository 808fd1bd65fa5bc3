import type { Automaton } from './automaton.ts';
import { type Format, formats } from './formats.ts';

/** A stretch of the text, by its code units; `end` does not belong to it. */
export interface Stretch {
  start: number;
  end: number;
}

/** A secret of a known kind whose beginning was seen. */
interface Candidate {
  readonly format: Format;
  start: number;
  run: number;
  count: number;
  /** Where the part that is secret begins. */
  from: number;
  /** What is said of it already: from here on it only grows. */
  found: Stretch | undefined;
}

const behindCharacters = 64;
/** So much in front of a beginning decides whether it begins a word; the rest of what is kept may be of the beginning. */
const frontCharacters = 40;
/** Its last letter or digit is of no word: an escape in JSON or in an address, a colour of a terminal. */
const escapeAtEnd = /(?:\\(?:[a-z]|u[\da-f]{4}|x[\da-f]{2})|%[\da-f]{2}|\[[\d;:?]{0,32}[a-z])$/i;

/**
 * Reads a text piece by piece and says which stretches of it are secret. What it says of a place depends on the text
 * alone, never on where the pieces were cut. At most one candidate of each format is followed at a time: a later one
 * inside the same run would end where the earlier one does.
 */
export class Scan {
  /** Ordered and apart from each other; those before `settled` change no more. */
  readonly found: Stretch[] = [];
  readonly #automaton: Automaton;
  readonly #candidates = new Map<number, Candidate>();
  #node = 0;
  #at = 0;
  /** The end of what was read before, for the look at what stands in front of a beginning. */
  #behind = '';

  constructor(automaton: Automaton) {
    this.#automaton = automaton;
  }

  /** Everything before this place is decided. */
  get settled(): number {
    let place = this.#at - (this.#automaton.depth[this.#node] ?? 0);
    for (const { found, start } of this.#candidates.values()) if (found === undefined) place = Math.min(place, start);
    return place;
  }

  read(text: string): void {
    const { begins, literal } = this.#automaton;
    const base = this.#at;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      if (this.#candidates.size > 0)
        for (const [id, one] of this.#candidates) this.#follow(id, one, unit, base + index);
      this.#node = this.#automaton.step(this.#node, unit);
      if (this.#node === 0) continue;
      const length = literal[this.#node] ?? 0;
      if (length > 0) this.#add(base + index + 1 - length, base + index + 1);
      for (const begin of begins[this.#node] ?? []) this.#begin(begin, text, index, base);
    }
    this.#at = base + text.length;
    this.#behind = (this.#behind + text.slice(-behindCharacters)).slice(-behindCharacters);
  }

  #begin(begin: { format: number; length: number }, text: string, index: number, base: number): void {
    const format = formats[begin.format];
    if (format === undefined || this.#candidates.has(begin.format)) return;
    const before = index - begin.length;
    if (format.wordStart && endsInWord(this.#front(text, before))) return;
    const start = base + before + 1;
    const from = format.from === -1 ? start : base + index + 1;
    this.#candidates.set(begin.format, { format, start, run: 0, count: 0, from, found: undefined });
  }

  /** The end of what was read up to `last`, a place in `text`; below 0 it lies in what was read before. */
  #front(text: string, last: number): string {
    if (last < 0) return this.#behind.slice(0, this.#behind.length + last + 1);
    const from = last + 1 - frontCharacters;
    return from < 0 ? this.#behind + text.slice(0, last + 1) : text.slice(from, last + 1);
  }

  /** One more code unit after a beginning: it goes on, is complete, or was none. */
  #follow(id: number, one: Candidate, unit: number, at: number): void {
    const { runs, from, to } = one.format;
    let run = runs[one.run];
    if (run !== undefined && !run.kind.has(unit)) {
      if (one.found !== undefined || one.count < run.min || one.run === runs.length - 1)
        return void this.#candidates.delete(id);
      one.run += 1;
      one.count = 0;
      if (one.run === from) one.from = at;
      run = runs[one.run];
    }
    const isLast = one.run === runs.length - 1;
    if (run === undefined || !run.kind.has(unit) || (!isLast && one.count >= run.max))
      return void this.#candidates.delete(id);
    one.count += 1;
    if (!isLast || one.count < run.min) return;
    if (to < one.run) {
      // What ends it is complete, and no part of it.
      this.#add(one.from, at);
      this.#candidates.delete(id);
      return;
    }
    one.found = { start: one.from, end: at + 1 };
    this.#add(one.from, at + 1);
  }

  /** Secrets that touch or overlap are one: no rest of the other may stay. */
  #add(start: number, end: number): void {
    let first = start;
    let last = this.found.at(-1);
    while (last !== undefined && last.end >= first) {
      if (last.start <= first && last.end >= end) return;
      this.found.pop();
      first = Math.min(first, last.start);
      end = Math.max(end, last.end);
      last = this.found.at(-1);
    }
    this.found.push({ start: first, end });
  }
}

function endsInWord(front: string): boolean {
  return isWord(front.charCodeAt(front.length - 1)) && !escapeAtEnd.test(front);
}

function isWord(unit: number): boolean {
  return (unit >= 48 && unit <= 57) || (unit >= 65 && unit <= 90) || (unit >= 97 && unit <= 122) || unit === 95;
}
