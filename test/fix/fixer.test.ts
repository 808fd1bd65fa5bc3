import { expect, test } from 'vitest';
import { Fixer } from '../../src/fix/fixer.ts';
import type { Lane } from '../../src/workspace/types.ts';
import { FakeClock } from '../rig/fake-clock.ts';

const base = { commit: 'a'.repeat(40), tree: 'a'.repeat(40) };

test('a lane that could not be made ready is made ready anew for the next attempt', async () => {
  let moves = 0;
  const lane: Lane = {
    ...{
      name: 'fix',
      root: '/nowhere',
      linkedFrom: [],
      renew: async () => undefined,
      ready: async () => undefined,
      settled: async () => undefined,
      takePatch: async () => undefined,
    },
    move: async () => {
      if (++moves === 1) throw new Error('no space left');
    },
  };
  const fixer = new Fixer({
    spec: { command: 'claude', cwd: lane.root, env: {}, tools: [] },
    ...{ lane, clock: new FakeClock(), timeoutMs: 1, idleMs: 1 },
  });
  await expect(fixer.prepare(base)).rejects.toThrow('no space left');
  await fixer.prepare(base);
  await fixer.prepare(base);
  expect(moves).toBe(2);
});
