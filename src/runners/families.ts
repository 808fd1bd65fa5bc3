import { cargo } from './cargo/family.ts';
import { command } from './command/family.ts';
import { go } from './go/family.ts';
import { jest } from './jest/family.ts';
import { junit } from './junit/family.ts';
import { mocha } from './mocha/family.ts';
import { nodeTest } from './node-test/family.ts';
import { pytest } from './pytest/family.ts';
import type { Family } from './types.ts';
import { vitest } from './vitest/family.ts';

/** All that can be run, in the order in which they are told of. */
export const families: readonly Family[] = [vitest, jest, nodeTest, mocha, pytest, go, cargo, junit, command];
