import { expect, test } from 'vitest';
import { noteCrash, tasksInWork } from '../../src/pipeline/crash.ts';
import { claim, putBack } from '../../src/queue/transitions.ts';
import { passing } from '../rig/reports.ts';
import { type Bench, bench } from './rig.ts';

/** What a start, a task in work and an error that ends the agent leave behind. */
async function crashAtWork(on: Bench): Promise<void> {
  const id = on.state().queues.pending[0]?.id ?? '';
  await on.parts.state.update((draft) => void claim(draft, id, '2026-01-01T00:00:00.000Z', 'triage'));
  const inWork = tasksInWork(on.state());
  await on.parts.state.update((draft) => void putBack(draft, id));
  await noteCrash(on.parts, inWork);
}

test('F65: a task that ends the agent by an error again and again is set aside, although it was put back in order', async () => {
  const on = await bench(passing('a.test.ts', 'a'), { maxCrashes: 2 });
  await on.pipeline.enqueue(['a.ts']);
  await crashAtWork(on);
  await on.pipeline.recover();
  expect(on.state().queues.pending).toMatchObject([{ file_path: 'a.ts', begun: 1 }]);
  await crashAtWork(on);
  await on.pipeline.recover();
  expect(on.state().queues.pending).toEqual([]);
  expect(on.state().queues.failed[0]?.failure_reason).toMatch(/the agent crashed 2 times in a row/);
});
