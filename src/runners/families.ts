import { cargo } from './cargo/family.ts';
import { go } from './go/family.ts';
import { jest } from './jest/family.ts';
import { mocha } from './mocha/family.ts';
import { nodeTest } from './node-test/family.ts';
import { pytest } from './pytest/family.ts';
import type { Family } from './types.ts';
import { vitest } from './vitest/family.ts';

// Only a command that somebody has set needs these, with their reader of XML.
const junit: Family = {
  name: 'junit',
  find: async (search) => (search.isAsked ? (await import('./junit/family.ts')).junit.find(search) : []),
};
const command: Family = {
  name: 'command',
  find: async (search) => (search.isAsked ? (await import('./command/family.ts')).command.find(search) : []),
};

/** All that can be run, in the order in which they are told of. */
export const families: readonly Family[] = [vitest, jest, nodeTest, mocha, pytest, go, cargo, junit, command];
