import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { stateSchema } from '../../src/state/schema.ts';
import { openStateStore } from '../../src/state/store.ts';
import { scratch } from '../rig/scratch.ts';
import { killHard, nextMessage, startFixture } from './children.ts';

test('F2: RUN-7: a writer killed at any moment leaves a whole file with all that was acknowledged', {
  timeout: 60_000,
}, async () => {
  // Whoever comes next waits until the lock of the dead has not been renewed for a while: three at a time.
  await Promise.all([1, 2, 3].map(() => killAgainAndAgain(5)));
});

async function killAgainAndAgain(rounds: number): Promise<void> {
  const file = join(await scratch('state'), 'state.json');
  let reads = 0;
  let reading = true;
  const reader = (async () => {
    while (reading) {
      let text: string | undefined;
      try {
        text = readFileSync(file, 'utf8');
      } catch {
        // Only before the first write.
        expect(reads).toBe(0);
      }
      if (text !== undefined) {
        expect(stateSchema.safeParse(JSON.parse(text)).error).toBeUndefined();
        reads++;
      }
      await delay(1);
    }
  })();
  for (let round = 0; round < rounds; round++) {
    const child = startFixture('writer.ts', [file, '0', 'guarded']);
    let acknowledged = await nextMessage<number>(child);
    child.on('message', (message) => {
      acknowledged = Number(message);
    });
    await delay(Math.random() * 40);
    await killHard(child);
    const onDisk = JSON.parse(readFileSync(file, 'utf8')).statistics.tasks_processed;
    expect(onDisk, `round ${round}`).toBeGreaterThanOrEqual(acknowledged);
    expect(onDisk - acknowledged, `round ${round}`).toBeLessThanOrEqual(2);
  }
  const store = await openStateStore({ file, lockFile: `${file}.lock`, clock: systemClock, guarded: true });
  await store.close();
  reading = false;
  await reader;
  expect(reads).toBeGreaterThan(20);
  expect(readdirSync(join(file, '..')).sort()).toEqual(['state.json', 'state.json.bak']);
}

test('RUN-9: two processes write the same file 200 times each, and every update is there', {
  timeout: 60_000,
}, async () => {
  const file = join(await scratch('state'), 'state.json');
  const writers = [startFixture('writer.ts', [file, '200']), startFixture('writer.ts', [file, '200'])];
  const codes = await Promise.all(writers.map(async (writer) => (await once(writer, 'exit'))[0]));
  expect(codes).toEqual([0, 0]);
  expect(JSON.parse(readFileSync(file, 'utf8')).statistics.tasks_processed).toBe(400);
  expect(readdirSync(join(file, '..')).sort()).toEqual(['state.json', 'state.json.bak']);
});
