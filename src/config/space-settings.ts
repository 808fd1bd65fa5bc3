import type { Setting } from './setting.ts';
import { wholeNumber } from './values.ts';

/** How much of the disk is taken for what old work has left. */
export const spaceSettings = {
  MAX_CACHE_MB: {
    schema: wholeNumber('megabytes', { min: 10, max: 10_000_000 }),
    default: '5000',
    description: 'The most that the private copies of the project may take, in megabytes.',
    example: '20000',
  },
  MAX_RUNS_MB: {
    schema: wholeNumber('megabytes', { min: 1, max: 10_000_000 }),
    default: '500',
    description: 'The most that the runs may take, in megabytes; the oldest that nothing needs go first.',
    example: '2000',
  },
  KEEP_RUNS_DAYS: {
    schema: wholeNumber('days', { min: 1, max: 10_000 }),
    default: '30',
    description: 'How long the run of a task that has ended is kept, unless undo or a parked fix needs it.',
    example: '90',
  },
} satisfies Record<string, Setting<unknown>>;
