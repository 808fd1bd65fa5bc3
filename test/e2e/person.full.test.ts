import { expect, test } from 'vitest';
import { type Deed, deeds, moments, play } from './person.ts';

const seed = Date.now() % 100_000;

/** How it may end when the person came before the landing. */
const ends: Readonly<Record<Deed, readonly string[]>> = {
  'other lines': ['fixed'],
  'same lines': ['parked'],
  'another file': ['fixed'],
  deletes: ['parked'],
  reverts: ['clean'],
};

const plays = moments.flatMap((moment, row) =>
  deeds.map((deed, column) => [moment, (seed * (row * deeds.length + column + 7)) % 701, deed] as const),
);

test.each(plays)(
  'F22 F23 LAND-1 LAND-5: in the phase %s, after %i ms, the person does this: %s',
  async (moment, delayMs, deed) => {
    const { outcome, wasLate } = await play(deed, moment, delayMs);
    // While it lands, theirs may take the place of what has just been put there; the landing is told a moment later.
    const mayBeLate = wasLate || moment === 'land';
    expect([...(wasLate ? [] : ends[deed]), ...(mayBeLate ? ['fixed'] : [])]).toContain(outcome);
  },
  180_000,
);
