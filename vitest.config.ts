import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/rig/longest-first.ts';

const never = ['**/fixtures/**', '**/node_modules/**', 'dist/**'];

export default defineConfig({
  test: {
    globalSetup: ['test/rig/whole-run.ts'],
    setupFiles: ['test/rig/setup.ts'],
    testTimeout: 90_000,
    hookTimeout: 30_000,
    // Most of the time is spent waiting for children; the default, one less than the cores, leaves two cores half idle.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: { name: 'quick', include: ['test/**/*.test.ts'], exclude: [...never, 'test/**/*.full.test.ts'] },
      },
      { extends: true, test: { name: 'full', include: ['test/**/*.full.test.ts'], exclude: never } },
    ],
  },
});
