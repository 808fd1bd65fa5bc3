import { Automaton } from './automaton.ts';
import { detect } from './detector.ts';
import { formats } from './formats.ts';
import { Scan, type Stretch } from './scan.ts';
import { shapesOf, shortestSecret } from './shapes.ts';

const replacement = '[secret]';

/** So many values are kept; the oldest go first. */
const maxValues = 2_000;

/** Takes secrets out of texts: the values that it was told of, in all their shapes, and everything of a known format. */
export interface Scrubber {
  /** A text without its secrets; at once, in a time that grows with its length alone. */
  readonly scrub: (text: string) => string;
  /**
   * The same, and everything that the detector knows beside: for what is stored, sent or shown to a model, where a few
   * milliseconds do not count.
   */
  readonly clean: (text: string) => Promise<string>;
  /** Like `scrub`, for a text that comes in pieces. */
  stream(): ScrubbedStream;
  /** Values that are secret from now on. One that is replaced later stays secret: old output still holds it. */
  learn(values: readonly string[]): void;
}

/** The pieces that come out, put together, are what `scrub` makes of the whole, wherever it was cut. */
export interface ScrubbedStream {
  /** Gives what is decided; the beginning of what may be a secret waits for the next piece. */
  push(piece: string): string;
  end(): string;
}

export function createScrubber(secrets: readonly string[]): Scrubber {
  const values = new Set<string>();
  let automaton: Automaton | undefined;
  const current = (): Automaton => {
    automaton ??= automatonOf(values);
    return automaton;
  };
  const learn = (more: readonly string[]): void => {
    for (const value of more) {
      if (value.length < shortestSecret || values.has(value)) continue;
      values.add(value);
      automaton = undefined;
      const [oldest] = values;
      if (values.size > maxValues && oldest !== undefined) values.delete(oldest);
    }
  };
  const scrub = (text: string): string => {
    const scan = new Scan(current());
    scan.read(text);
    return withoutStretches(text, scan.found);
  };
  learn(secrets);
  return {
    learn,
    scrub,
    clean: async (text) => {
      const scrubbed = scrub(text);
      return withoutStretches(scrubbed, await detect(scrubbed));
    },
    stream: () => new Stream(new Scan(current())),
  };
}

/** The text with these stretches of it, ordered and apart, replaced. */
function withoutStretches(text: string, found: readonly Stretch[]): string {
  if (found.length === 0) return text;
  let rest = '';
  let at = 0;
  for (const { start, end } of found) {
    rest += text.slice(at, start) + replacement;
    at = end;
  }
  return rest + text.slice(at);
}

function automatonOf(values: ReadonlySet<string>): Automaton {
  const literals = [...values].flatMap(shapesOf).map((text) => ({ text }));
  const begins = formats.flatMap((format, index) => format.begins.map((text) => ({ text, format: index })));
  return new Automaton([...literals, ...begins]);
}

class Stream implements ScrubbedStream {
  readonly #scan: Scan;
  #held = '';
  /** Where in the whole text the held part begins. */
  #from = 0;
  /** What was given out last was a secret: one that goes on is not named twice. */
  #inSecret = false;

  constructor(scan: Scan) {
    this.#scan = scan;
  }

  push(piece: string): string {
    this.#held += piece;
    this.#scan.read(piece);
    let to = this.#scan.settled;
    // Half of a character cannot be written by itself.
    if (isHighSurrogate(this.#held.charCodeAt(to - this.#from - 1))) to -= 1;
    return this.#give(to);
  }

  end(): string {
    return this.#give(this.#from + this.#held.length);
  }

  #give(to: number): string {
    const { found } = this.#scan;
    let given = '';
    let at = this.#from;
    if (to <= at) return '';
    for (const { start, end } of found) {
      if (start >= to) break;
      if (end < at || (end === at && !this.#inSecret)) continue;
      if (start > at) {
        given += this.#text(at, start);
        this.#inSecret = false;
      }
      if (end > at && !this.#inSecret) given += replacement;
      at = Math.max(at, Math.min(end, to));
      this.#inSecret = true;
    }
    if (at < to) {
      given += this.#text(at, to);
      this.#inSecret = false;
    }
    this.#held = this.#held.slice(to - this.#from);
    this.#from = to;
    while ((found[0]?.end ?? to) < to) found.shift();
    return given;
  }

  #text(start: number, end: number): string {
    return this.#held.slice(start - this.#from, end - this.#from);
  }
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
