import { test } from 'vitest';
import { attributesChangeNothing } from './attributes.ts';
import { lanesEqualTrees, patchesEqualLanes } from './laws.ts';

test('a lane has the bytes of the tree', () => lanesEqualTrees(4));
test('a patch has the bytes of the lane', () => patchesEqualLanes(6));
test('F27 F67: attributes change no byte, and no filter runs', () => attributesChangeNothing(4));
