import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openOwnState } from '../../src/agent/own-state.ts';
import type { Config } from '../../src/config/types.ts';
import { createEvents } from '../../src/events.ts';
import { scratch } from '../rig/scratch.ts';

async function open(files: Readonly<Record<string, string>>): Promise<boolean> {
  const folder = join(await scratch('own-state'), 'state');
  await mkdir(folder);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const baselineFile = join(folder, 'baseline.json');
  await writeFile(baselineFile, '{}');
  const place = { stateFile: join(folder, 'app_state.json'), lockFile: join(folder, 'app_state.lock'), baselineFile };
  const state = await openOwnState({
    config: place as Config,
    events: createEvents(Date.now, (text) => text),
    scrub: (text) => text,
    onFenced: () => undefined,
    onRecovered: () => undefined,
  });
  onTestFinished(() => state.close());
  return existsSync(baselineFile);
}

test('RUN-10: a state that is lost takes the baseline with it, which would call green what its tasks held', async () => {
  expect(await open({})).toBe(false);
  expect(await open({ 'app_state.json': 'x', 'app_state.json.bak': 'x' })).toBe(false);
});
