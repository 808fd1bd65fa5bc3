import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { corpus, slice } from '../../test/e2e/corpus/corpus.ts';
import { play } from '../../test/e2e/corpus/play.ts';
import type { Case, Outcome } from '../../test/e2e/corpus/types.ts';
import type { OnDone } from './play-bugs.ts';

/** What the harness said of patches that are known to be right or wrong. */
export interface Judged {
  readonly wrong: number;
  readonly wrongAccepted: readonly string[];
  readonly honest: number;
  readonly honestRejected: readonly string[];
  readonly harmed: readonly string[];
  /** Those on which it could not say anything. */
  readonly broken: readonly string[];
}

/** The whole corpus, or the first of each family. */
export async function judgeCorpus(folder: string, isQuick: boolean, onCase: OnDone): Promise<Judged> {
  const chosen = isQuick ? slice : corpus;
  const played: Verdict[] = [];
  for (const item of chosen) {
    played.push(await playOne(folder, item));
    onCase(played.length, chosen.length);
  }
  const [honest, wrong] = [played.filter(({ isHonest }) => isHonest), played.filter(({ isHonest }) => !isHonest)];
  const names = (of: readonly Verdict[]): readonly string[] => of.map(({ name }) => name);
  return {
    wrong: wrong.length,
    wrongAccepted: names(wrong.filter(({ kind }) => kind === 'landed')),
    honest: honest.length,
    honestRejected: names(honest.filter(({ kind }) => kind !== 'landed')),
    harmed: names(played.filter(({ isHarmed }) => isHarmed)),
    broken: names(played.filter(({ kind }) => kind === 'broken')),
  };
}

interface Verdict {
  readonly name: string;
  readonly isHonest: boolean;
  readonly kind: Outcome['kind'];
  readonly isHarmed: boolean;
}

async function playOne(folder: string, item: Case): Promise<Verdict> {
  const place = await realpath(await mkdtemp(join(folder, 'case-')));
  try {
    const { outcome, isHarmed } = await play(item, place);
    const isHonest = item.expected.kind === 'landed';
    return { name: `${item.family}: ${item.name}`, isHonest, kind: outcome.kind, isHarmed };
  } finally {
    await rm(place, { recursive: true, force: true, maxRetries: 5 });
  }
}
