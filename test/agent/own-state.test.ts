import { existsSync } from 'node:fs';
import { mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openOwnState, sayStarting } from '../../src/agent/own-state.ts';
import type { Config } from '../../src/config/types.ts';
import { createEvents } from '../../src/events.ts';
import { freshState } from '../../src/state/schema.ts';
import { openMemoryStore } from '../../src/state/store.ts';
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

test('the state keeps whose it is; what was green in a project that is gone says nothing of another one', async () => {
  const folder = await realpath(await scratch('own-state'));
  const config = { stateFile: join(folder, 'state.json'), projectRoot: folder, baselineFile: join(folder, 'baseline') };
  /** What is left of the baseline and of the last look, and whose the state is then. */
  const startOn = async (project?: string) => {
    await writeFile(config.baselineFile, '{}');
    const initial = { ...freshState(0), last_triaged_tree: 'f', ...(project === undefined ? {} : { project }) };
    const state = openMemoryStore({ initial });
    await sayStarting(state, 'socket', config as Config);
    expect(state.current.project).toBe(folder);
    return [existsSync(config.baselineFile), state.current.last_triaged_tree];
  };
  const link = join(folder, 'link');
  await symlink(folder, link);
  expect(await startOn()).toEqual([true, 'f']);
  expect(await startOn(folder)).toEqual([true, 'f']);
  expect(await startOn(join(folder, 'gone'))).toEqual([false, null]);
  expect(await startOn(link)).toEqual([false, null]);
  await expect(startOn(join(folder, '..'))).rejects.toMatchObject({ exitCode: 2 });
});
