import { createHash } from 'node:crypto';
import { availableParallelism, loadavg } from 'node:os';
import { basename } from 'node:path';
import { z } from 'zod';
import type { TimeLimit } from '../domain/execution.ts';
import { parseJson } from './parse-json.ts';

/** How long executions took, in milliseconds, the newest last. */
type Durations = readonly number[];

const limits = {
  /** Of each kind of key; what was used longest ago goes first. */
  keys: 2_000,
  samples: 50,
};

/** With fewer executions, those of a wider kind tell more. */
const enoughSamples = 3;
const highPercentile = 0.95;
/** Room above the slow ones: a limit is there to end what hangs, not what has a bad day. */
const margin = 4;
const floorMs = 120_000;
/** A machine with more to do than processors is given more time, up to this factor. */
const mostLoad = 4;

const durationsSchema = z.array(z.tuple([z.string(), z.array(z.number().nonnegative())]));
const schema = z.object({
  version: z.literal(1),
  same: durationsSchema,
  similar: durationsSchema,
  program: durationsSchema,
});

/** What executions took, by command, by its shape and by its program. Looked up in memory alone. */
export class History {
  readonly #same = new Map<string, Durations>();
  readonly #similar = new Map<string, Durations>();
  readonly #program = new Map<string, Durations>();

  /** Whatever is not a history is left out: it is worth nothing but time. */
  static parse(text: string): History {
    const history = new History();
    const parsed = schema.safeParse(parseJson(text));
    if (!parsed.success) return history;
    for (const [key, durations] of parsed.data.same) history.#same.set(key, durations);
    for (const [key, durations] of parsed.data.similar) history.#similar.set(key, durations);
    for (const [key, durations] of parsed.data.program) history.#program.set(key, durations);
    return history;
  }

  toString(): string {
    return JSON.stringify({
      version: 1,
      same: [...this.#same],
      similar: [...this.#similar],
      program: [...this.#program],
    });
  }

  /** One that ran into its limit counts as one that takes at least so long. */
  record(command: string, durationMs: number): void {
    const { same, similar, program } = keysOf(command);
    const duration = Math.round(durationMs);
    remember(this.#same, same, duration);
    remember(this.#similar, similar, duration);
    remember(this.#program, program, duration);
  }

  /** A limit for a command that was given none. Never above `mostMs`. */
  estimate(command: string, defaultMs: number, mostMs: number, load = currentLoad()): TimeLimit {
    const { same, similar, program } = keysOf(command);
    const found: ReadonlyArray<readonly [TimeLimit['basis'], Durations | undefined]> = [
      ['same command', this.#same.get(same)],
      ['similar commands', this.#similar.get(similar)],
      ['same program', this.#program.get(program)],
    ];
    for (const [basis, durations = []] of found) {
      if (durations.length < enoughSamples) continue;
      const sorted = durations.toSorted((a, b) => a - b);
      const slow = sorted[Math.ceil(highPercentile * sorted.length) - 1] ?? 0;
      const roomyMs = Math.ceil(slow * margin * Math.min(Math.max(load, 1), mostLoad));
      // That others of its kind were quick is no reason to end this one early.
      const leastMs = basis === 'same command' ? Math.min(floorMs, defaultMs) : defaultMs;
      return { limitMs: Math.min(Math.max(roomyMs, leastMs), mostMs), basis, samples: sorted.length };
    }
    return { limitMs: Math.min(defaultMs, mostMs), basis: 'default', samples: 0 };
  }
}

function remember(durations: Map<string, Durations>, key: string, durationMs: number): void {
  const earlier = durations.get(key) ?? [];
  // Deleted and set, so that the order of the map is the order of use.
  durations.delete(key);
  durations.set(key, [...earlier, durationMs].slice(-limits.samples));
  const [oldest] = durations.keys();
  if (durations.size > limits.keys && oldest !== undefined) durations.delete(oldest);
}

/** Hashed: a command may hold what must not be stored. */
function keysOf(command: string): { readonly same: string; readonly similar: string; readonly program: string } {
  const same = command.trim();
  const words = same
    .replace(/"[^"]*"|'[^']*'/g, '""')
    .split(/\s+/)
    .filter((word) => !/^\w+=/.test(word));
  const [first = '', ...rest] = words;
  const name = basename(first);
  const similar = [name, ...rest.map((word) => word.replace(/^[^-].*\/.*$/, '/').replace(/\d+/g, '0'))].join(' ');
  const [second = ''] = rest;
  // The name of a subcommand says more than the program alone: `npm test` and `npm ci` have little in common.
  const program = /^[a-z][a-z:-]*$/.test(second) ? `${name} ${second}` : name;
  return { same: hash(same), similar: hash(similar), program: hash(program) };
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}

function currentLoad(): number {
  return (loadavg()[0] ?? 0) / availableParallelism();
}
