import { test } from 'vitest';
import { lanesEqualTrees, patchesEqualLanes } from './laws.ts';

const MINUTES = 60_000;

test('a lane has the bytes of the tree, many times', () => lanesEqualTrees(60), 10 * MINUTES);
test('a patch has the bytes of the lane, many times', () => patchesEqualLanes(120), 10 * MINUTES);
