import { test } from 'vitest';
import { attributesChangeNothing } from './attributes.ts';
import { lanesEqualTrees, patchesEqualLanes } from './laws.ts';

const MINUTES = 60_000;

test('a lane has the bytes of the tree, many times', () => lanesEqualTrees(60), 10 * MINUTES);
test('a patch has the bytes of the lane, many times', () => patchesEqualLanes(120), 10 * MINUTES);
test('F27 F67: attributes change no byte, many times', () => attributesChangeNothing(25), 10 * MINUTES);
