/** A measured number with its unit and, where the project promises one, the limit it is held against. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: 'ms' | 'MB' | 'MB/s' | '%' | 'ratio' | '/s';
  /** `<` or `≥` and a number, in the same unit. */
  readonly target?: string;
  /** What it was measured against and how, in a few words. */
  readonly note?: string;
}

/** One benchmark. `isQuick` asks for few repetitions: to see that it works, not for numbers to quote. */
export interface Suite {
  readonly name: string;
  readonly title: string;
  readonly run: (isQuick: boolean) => Promise<readonly Figure[]>;
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
