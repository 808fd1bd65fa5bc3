import { asks } from './cases/asks.ts';
import { bends, honestBends } from './cases/bends.ts';
import { honestShop } from './cases/honest-shop.ts';
import { honestZoo } from './cases/honest-zoo.ts';
import { outside } from './cases/outside.ts';
import { runs } from './cases/runs.ts';
import { surroundings } from './cases/surroundings.ts';
import { testsChanged } from './cases/tests-changed.ts';
import { wrongFixes } from './cases/wrong-fixes.ts';
import type { Case } from './types.ts';

/**
 * Every case. What no test can tell is not among them: a source that knows the inputs of all tests by heart, or that
 * looks at the clock.
 */
export const corpus: readonly Case[] = [
  ...testsChanged,
  ...surroundings,
  ...wrongFixes,
  ...asks,
  ...bends,
  ...runs,
  ...outside,
  ...honestShop,
  ...honestBends,
  ...honestZoo,
];

export const families: readonly string[] = [...new Set(corpus.map(({ family }) => family))];

/** One case of each family. */
export const slice: readonly Case[] = families.flatMap((name) => corpus.find(({ family }) => family === name) ?? []);

/** What the quick tests leave. */
export const rest: readonly Case[] = corpus.filter((item) => !slice.includes(item));

/** The `k`-th of `n` parts. Cases of the same situation stay together, since its preparation is shared. */
export function shard(cases: readonly Case[], k: number, n: number): readonly Case[] {
  const sorted = [...Map.groupBy(cases, ({ situation }) => situation).values()].flat();
  const end = (part: number): number => Math.round((sorted.length * part) / n);
  return sorted.slice(end(k - 1), end(k));
}
