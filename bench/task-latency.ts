import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStage } from '../test/rig/stage.ts';
import { percentile, type Suite, withReleases } from './suite.ts';

/** Long enough that what is started at the first event, as in real life, is started by then. */
const debounceMs = 1_000;

export const taskLatency: Suite = {
  name: 'task',
  title: 'save → task in the state file, beyond the debounce',
  run: (isQuick) =>
    withReleases(async (defer) => {
      const folder = await mkdtemp(join(tmpdir(), 'mendwatch-bench-'));
      defer(() => rm(folder, { recursive: true, force: true }));
      const stage = await openStage(
        folder,
        { settings: { FILE_WATCH_DEBOUNCE_SECONDS: String(debounceMs / 1_000), AUTO_FIX_ENABLED: 'false' } },
        defer,
      );
      const samples: number[] = [];
      const rounds = isQuick ? 5 : 100;
      for (let round = 0; round < rounds; round++) {
        const from = stage.events.length;
        const text = `${await stage.read('src/money.ts')}// ${round}\n`;
        const startedAt = performance.now();
        await stage.save('src/money.ts', text);
        await stage.until('task.created', () => true, from);
        samples.push(performance.now() - startedAt - debounceMs);
        await stage.until('task.finished', () => true, from);
      }
      const note = `${rounds} saves`;
      return [
        { name: 'p50', value: percentile(samples, 0.5), unit: 'ms', note },
        { name: 'p99', value: percentile(samples, 0.99), unit: 'ms', target: '< 25', note },
      ];
    }),
};
