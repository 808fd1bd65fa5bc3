import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sweepLeftovers } from '../../src/agent/leftovers.ts';
import { scratch } from '../rig/scratch.ts';

test('a start removes what was built for workers that there are no more, and reports that nobody reads', async () => {
  const cacheFolder = await scratch('leftovers');
  for (const name of [
    'reports',
    'builds/triage',
    'builds/verify',
    'builds/verify-2',
    'builds/verify-3',
    'builds/other',
  ])
    await mkdir(join(cacheFolder, name), { recursive: true });
  await writeFile(join(cacheFolder, 'builds/verify-3/much'), 'much');
  const sweep = (maxConcurrentTasks: number) =>
    sweepLeftovers({ cacheFolder, baselineFile: join(cacheFolder, 'baseline.json'), maxConcurrentTasks });
  await sweep(2);
  expect(await readdir(cacheFolder)).toEqual(['builds']);
  expect((await readdir(join(cacheFolder, 'builds'))).sort()).toEqual(['other', 'triage', 'verify', 'verify-2']);
  await sweep(1);
  expect(await readdir(join(cacheFolder, 'builds'))).not.toContain('verify-2');
});
