import type { Case, Expected, Operation, Situation } from '../types.ts';

export const landed: Expected = { kind: 'landed' };

export function refused(reason: RegExp): Expected {
  return { kind: 'refused', reason };
}

export function parked(reason: RegExp): Expected {
  return { kind: 'parked', reason };
}

type More = Partial<Pick<Case, 'expected' | 'mischief' | 'meanwhile' | 'protectedPaths' | 'timeoutMs' | 'afterwards'>>;

/** One case of a family: what it is called, what the model does, and what differs from the family's usual. */
export type Entry = readonly [name: string, fix: Operation | readonly Operation[], more?: More];

/** Cases that share a situation and, unless they say otherwise, an end. */
export function family(
  name: string,
  common: { readonly situation: Situation; readonly expected: Expected },
  entries: readonly Entry[],
): readonly Case[] {
  return entries.map(([title, fix, more]) => ({
    ...common,
    family: name,
    name: title,
    fix: typeof fix === 'function' ? [fix] : fix,
    ...more,
  }));
}
