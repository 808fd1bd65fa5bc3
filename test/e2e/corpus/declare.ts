import { expect, test } from 'vitest';
import { scratch } from '../../rig/scratch.ts';
import { play } from './play.ts';
import type { Case } from './types.ts';

/** A busy machine may take this long for the baseline, the triage and the verdict of a case. */
const timeoutMs = 10 * 60_000;

/** A test for each case. */
export function declareCases(cases: readonly Case[]): void {
  for (const item of cases) {
    test(
      `${item.family}: ${item.name}`,
      async () => {
        const { deviations } = await play(item, await scratch('corpus'));
        expect(deviations).toEqual([]);
      },
      timeoutMs,
    );
  }
}
