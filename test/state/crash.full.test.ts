import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { freshState, stateSchema } from '../../src/state/schema.ts';
import { openStateStore } from '../../src/state/store.ts';
import { scratch } from '../rig/scratch.ts';
import { fixture } from './children.ts';

const calls = ['mkdir', 'fsync', 'link', 'rename', 'unlink', 'rmdir'];

test.each(calls)(
  'F2: killed at each %s of two updates, the state is a legal one',
  { timeout: 120_000 },
  async (call) => {
    const file = join(await scratch('state'), 'state.json');
    for (let nth = 1; ; nth++) {
      writeFileSync(file, JSON.stringify(freshState(0)));
      const survived = await runKilledAt(call, nth, file);
      const document = JSON.parse(readFileSync(file, 'utf8'));
      expect(stateSchema.safeParse(document).error).toBeUndefined();
      expect([0, 1, 2]).toContain(document.statistics.tasks_processed);
      const store = await openStateStore({ file, lockFile: `${file}.lock`, clock: systemClock, guarded: true });
      expect(store.current.statistics.tasks_processed).toBe(document.statistics.tasks_processed);
      await store.close();
      expect(readdirSync(join(file, '..')).sort()).toEqual(['state.json', 'state.json.bak']);
      if (survived) {
        expect(nth).toBeGreaterThan(1);
        return;
      }
    }
  },
);

/** One thread does all the calls, so that the n-th is the n-th of the process. */
function runKilledAt(call: string, nth: number, file: string): Promise<boolean> {
  const args = [
    '-f',
    '-qq',
    '-o',
    '/dev/null',
    '-e',
    `trace=${call}`,
    '-e',
    `inject=${call}:signal=SIGKILL:when=${nth}`,
  ];
  return new Promise((resolve) => {
    const env = { ...process.env, UV_THREADPOOL_SIZE: '1' };
    execFile('strace', [...args, process.execPath, fixture('one-update.ts'), file], { env, timeout: 30_000 }, (error) =>
      resolve(error === null),
    );
  });
}
