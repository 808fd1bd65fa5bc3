import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A measured number with its unit and, where the project promises one, the limit it is held against. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: 'ms' | 'MB' | 'MB/s' | 'KB' | 'tokens' | '%' | 'ratio' | '/s';
  /** Where the middle half of the samples lies. */
  readonly spread?: readonly [low: number, high: number];
  readonly samples?: number;
  /** `<` or `≥` and a number, in the same unit. */
  readonly target?: string;
  /** What it was measured against and how, in a few words. */
  readonly note?: string;
}

/** One benchmark. `isQuick` asks for few repetitions of small things: to see that it works, not for numbers to quote. */
export interface Suite {
  readonly name: string;
  readonly title: string;
  /** What is less in its quick form. */
  readonly quickly: string;
  /** Figures without which it has not measured what it is there for. */
  readonly promises: readonly string[];
  readonly run: (isQuick: boolean) => Promise<readonly Figure[]>;
}

/** The fewest repetitions of anything that is quoted. */
export const leastRounds = 5;
/** In both orders once. */
export const quickRounds = 2;

/** What is wrong with the figures of a suite, however fast or slow it was; nothing when it has done its work. */
export function faultsOf({ promises }: Pick<Suite, 'promises'>, figures: readonly Figure[]): readonly string[] {
  const names = new Set(figures.map(({ name }) => name.trim()));
  const missing = promises.filter((name) => !names.has(name));
  const empty = figures.filter(({ value, samples }) => !Number.isFinite(value) || samples === 0);
  return [
    ...missing.map((name) => `it gives no figure “${name}”`),
    ...empty.map(({ name, samples }) => `“${name.trim()}” has no value, of ${samples ?? 'unknown'} samples`),
  ];
}

/** Whether a figure keeps what is promised; undefined where nothing is. */
export function isMet({ value, target }: Pick<Figure, 'value' | 'target'>): boolean | undefined {
  const [, sign, limit] = /^([<≤≥]) ([\d.]+)$/.exec(target ?? '') ?? [];
  if (limit === undefined) return undefined;
  return sign === '<' ? value < Number(limit) : sign === '≤' ? value <= Number(limit) : value >= Number(limit);
}

/** The value below which the share `p` (0 to 1) of the samples lies; nearest rank. */
export function percentile(samples: readonly number[], p: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const rank = Math.max(0, Math.ceil(p * sorted.length) - 1);
  return sorted[rank] ?? Number.NaN;
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5);
}

/** The median of samples, or another percentile, and where their middle half lies. */
export function figureOf(
  name: string,
  samples: readonly number[],
  unit: Figure['unit'],
  { p = 0.5, ...about }: Pick<Figure, 'target' | 'note'> & { readonly p?: number } = {},
): Figure {
  const spread = [percentile(samples, 0.25), percentile(samples, 0.75)] as const;
  // Beside another percentile the middle half says nothing.
  const lies = p === 0.5 ? { spread } : {};
  return { name, value: percentile(samples, p), unit, ...lies, samples: samples.length, ...about };
}

/** What is held against each other, by its name: one turn of it gives one sample. */
type Acts<Each> = { readonly [Name in keyof Each]: (round: number) => Promise<Each[Name]> };
type Samples<Each> = { [Name in keyof Each]: Each[Name][] };

/**
 * Everything once in each round, and in alternating order, so that a machine that slows down slows all of them. The
 * rounds before the first only warm up: they are round 0 and below, and are not counted.
 */
export async function paired<Each>(acts: Acts<Each>, rounds: number, warmUps = 1): Promise<Samples<Each>> {
  const names = Object.keys(acts) as (keyof Each)[];
  const samples = {} as Samples<Each>;
  for (const name of names) samples[name] = [];
  for (let round = 1 - warmUps; round <= rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const sample = await acts[name](round);
      if (round > 0) samples[name].push(sample);
    }
  }
  return samples;
}

/** Round by round, so that a machine that is busy now and then does not tell. */
export function ratios(ours: readonly number[], others: readonly number[]): readonly number[] {
  return ours.map((value, round) => value / (others[round] ?? Number.NaN));
}

/** How long something takes, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

type Release = () => Promise<void>;
/** Takes what must be ended afterwards. */
export type Defer = (release: Release) => void;

/** Runs something with a list of what must be ended afterwards, in reverse order, whatever happens. */
export async function withReleases<T>(use: (defer: Defer) => Promise<T>): Promise<T> {
  const releases: Release[] = [];
  try {
    return await use((release) => releases.push(release));
  } finally {
    for (const release of releases.reverse()) await release();
  }
}

/** An empty folder that is removed afterwards. */
export async function scratch(defer: Defer): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mendwatch-bench-'));
  defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}
