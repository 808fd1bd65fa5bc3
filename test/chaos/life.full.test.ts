import { setTimeout as rest } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { type Bench, bench, ran } from '../pipeline/rig.ts';
import { failing, passing } from '../rig/reports.ts';
import { start as watch } from '../watch/scene.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const file = 'a.test.ts';
const batches = 20_000;
/** After so many everything has its final size: lists are at their limits, code is compiled. */
const warmUp = 4_000;
/** So many are saved before the agent looks. */
const together = 20;

async function heapMb(on: Bench): Promise<number> {
  // What the bench itself remembers is none of the agent's.
  (on.events as unknown[]).length = 0;
  for (let times = 0; times < 3; times++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed / 1e6;
}

/** The fewest of many looks: while a lock is held, there are some more. */
async function lastingListeners(): Promise<number> {
  let fewest = Number.POSITIVE_INFINITY;
  for (let look = 0; look < 40; look++) {
    const now = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
    fewest = Math.min(fewest, now);
    await rest(10);
  }
  return fewest;
}

/** Saves again and again; now and then a test breaks, is given up, and is mended by the person. */
async function live(on: Bench, from: number, to: number): Promise<void> {
  for (let round = from; round < to; round += together) {
    const isRed = round % (together * 25) === 0;
    on.world.tests = async () => ran(isRed ? failing(file, 'a') : passing(file, 'a'));
    on.world.tree = round.toString(16).padStart(40, '0');
    const before = on.state().statistics.tasks_processed;
    await Promise.all(
      Array.from({ length: together }, (_, index) => on.pipeline.enqueue([`src/${(round + index) % 500}.ts`])),
    );
    const isDone = ({ pending, in_progress }: ReturnType<Bench['state']>['queues']): boolean =>
      pending.length + in_progress.length === 0;
    await on.until(
      () => isDone(on.state().queues) && on.state().statistics.tasks_processed > before,
      isRed ? 30_000 : 0,
    );
    if (isRed) await on.clock.advance(3_600_000);
    await on.clock.advance(86_400_000 / (batches / together));
  }
}

describe('24 hours of life', () => {
  test(`RUN-8: ${batches} batches leave no more in memory than a few thousand`, { timeout: 120_000 }, async () => {
    const on = await bench(passing(file, 'a'), { maxRetries: 1, maxCostPerDayUsd: 1_000_000, breakerThreshold: 1_000 });
    on.start();
    await live(on, 0, warmUp);
    const [warm, sleeping] = [await heapMb(on), on.clock.sleeping];
    await live(on, warmUp, batches);
    const [last, { queues, conversation_history, test_results, landings, escalations }] = [
      await heapMb(on),
      on.state(),
    ];
    expect(last).toBeLessThan(warm * 1.1);
    expect(on.clock.sleeping).toBeLessThanOrEqual(sleeping);
    expect(on.state().statistics.tasks_processed).toBeGreaterThan(batches / 2);
    expect(Math.max(queues.completed.length, queues.failed.length)).toBeLessThanOrEqual(50);
    expect(
      Math.max(conversation_history.length, test_results.length, landings.length, escalations.length),
    ).toBeLessThanOrEqual(100);
  });

  test('RUN-8: 500 saves that the real watcher sees leave neither memory nor timers nor listeners', {
    timeout: 120_000,
  }, async () => {
    const on = await bench(passing(file, 'a'));
    on.world.tests = async () => ran(passing(file, 'a'));
    on.start();
    const debounce = { quietMs: 5, maxWaitMs: 1_000, maxPaths: 1_000 };
    const { write, next, watcher, batches: told } = await watch({ debounce });
    const save = async (from: number, to: number): Promise<void> => {
      for (let number = from; number < to; number++) {
        write({ 'src/a.ts': `save ${number}` });
        await on.pipeline.enqueue(await next());
        await on.until(() => on.state().statistics.tasks_processed > number);
      }
    };
    const measure = async () => {
      await watcher.reconcile();
      for (const batch of told) batch.length = 0;
      const handles = process.getActiveResourcesInfo();
      return { heap: await heapMb(on), handles: handles.length, listeners: await lastingListeners() };
    };
    await save(0, 150);
    const warm = await measure();
    await save(150, 500);
    const last = await measure();
    expect(last.heap).toBeLessThan(warm.heap * 1.1);
    expect([last.handles, last.listeners]).toEqual([
      expect.toSatisfy((handles: number) => handles <= warm.handles + 2),
      warm.listeners,
    ]);
  });
});
