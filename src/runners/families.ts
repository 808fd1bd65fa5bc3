import type { Family } from './types.ts';
import { vitest } from './vitest/family.ts';

/** All that can be run, in the order in which they are told of. */
export const families: readonly Family[] = [vitest];
