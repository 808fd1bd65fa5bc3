import type { Setting } from './setting.ts';
import { flag, wholeNumber } from './values.ts';

/** How much of the machine is left to the person at it. */
export const backgroundSettings = {
  NICE: {
    schema: wholeNumber('steps', { min: 0, max: 19 }),
    default: '10',
    description: 'How far the tests stand back behind what else runs: 0 not at all, 19 wholly.',
    example: '19',
  },
  PAUSE_ON_BATTERY: {
    schema: flag(),
    default: 'false',
    description: 'With true, no fix is begun while the machine runs on battery; changes are looked at as ever.',
    example: 'true',
  },
} satisfies Record<string, Setting<unknown>>;
