import { test } from 'vitest';
import { lanesEqualTrees, patchesEqualLanes } from './laws.ts';

test('a lane has the bytes of the tree', () => lanesEqualTrees(4));
test('a patch has the bytes of the lane', () => patchesEqualLanes(6));
