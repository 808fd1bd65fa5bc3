import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createEvents } from '../../src/events.ts';
import { makeBaseline } from '../../src/pipeline/make-baseline.ts';
import type { Parts } from '../../src/pipeline/parts.ts';
import { openMemoryStore } from '../../src/state/store.ts';
import type { Snapshot } from '../../src/workspace/types.ts';

test('while all tests run the state says so, and since when; also where it ends with an error', async () => {
  const state = openMemoryStore();
  const since = (): string | undefined => state.current.processes.orchestrator.baseline_since;
  const seen: (string | undefined)[] = [];
  const parts = {
    ...{ state, clock: systemClock, events: createEvents(Date.now, (text) => text) },
    workspace: { head: async () => undefined, lane: () => ({ move: async () => undefined }) },
    runTests: async () => {
      seen.push(since());
      if (seen.length > 1) throw new Error('torn');
      return { kind: 'broken', detail: 'no runner' };
    },
  } as unknown as Parts;
  const make = () => makeBaseline(parts, {} as Snapshot, new AbortController().signal);
  await make();
  expect([seen, since()]).toEqual([[expect.stringMatching(/^20/)], undefined]);
  await expect(make()).rejects.toThrow('torn');
  expect([seen.length, since()]).toEqual([2, undefined]);
});
