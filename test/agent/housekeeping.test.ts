import { existsSync } from 'node:fs';
import { readdir, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { readSpace } from '../../src/agent/clean/space-record.ts';
import { keepHouse } from '../../src/agent/housekeeping.ts';
import type { Config } from '../../src/config/types.ts';
import type { Landing } from '../../src/domain/task.ts';
import { type AgentEvent, createEvents } from '../../src/events.ts';
import { freshState } from '../../src/state/schema.ts';
import { openMemoryStore } from '../../src/state/store.ts';
import { openWorkspace } from '../../src/workspace/workspace.ts';
import { FakeClock } from '../rig/fake-clock.ts';
import { place } from './clean/rig.ts';

const minute = 60_000;
const day = 24 * 60 * minute;

/** The housekeeping of an agent on a project of one file, whose lanes are there. */
async function house(limits: Partial<Config>) {
  const { config: whole, write } = await place();
  const config = { ...whole, ...limits };
  await write(join(config.projectRoot, 'a.txt'));
  await write(config.stateFile);
  const env = { PATH: process.env.PATH ?? '', HOME: config.projectRoot };
  const workspace = await openWorkspace({
    ...{ root: config.projectRoot, cacheFolder: config.cacheFolder, env, agentFolders: [], laneLinks: [] },
  });
  const snapshot = await workspace.snapshot();
  const [triage, fix] = [workspace.lane('triage'), workspace.lane('fix')];
  for (const lane of [triage, fix]) await lane.move(snapshot);
  const clock = new FakeClock(Date.now());
  const events: AgentEvent[] = [];
  const told = createEvents(
    () => clock.now(),
    (text) => text,
  );
  told.on((event) => events.push(event));
  const state = openMemoryStore({ clock, initial: freshState(clock.now()) });
  const ending = new AbortController();
  let rests: number | undefined = 0;
  const keeping = keepHouse(
    { config, workspace, state, clock, events: told, restsSinceMs: () => rests },
    ending.signal,
  );
  onTestFinished(async () => {
    ending.abort();
    await keeping;
  });
  const settled = () => vi.waitFor(() => expect(clock.sleeping).toBe(1), 5_000);
  await settled();
  return {
    ...{ config, write, events, state, triage, fix, snapshot },
    work: (isOver: boolean) => {
      rests = isOver ? clock.monotonic() : undefined;
    },
    pass: async (ms: number): Promise<void> => {
      for (let left = ms; left > 0; left -= minute) {
        await clock.advance(minute);
        await settled();
      }
    },
  };
}

describe('the housekeeping', () => {
  test('removes runs that are too old or too many, of those that nothing needs, and tells what was freed', async () => {
    const { config, write, events, state, pass, work } = await house({ maxRunsBytes: 30_000, keepRunsMs: 30 * day });
    const runs = { task_00000001: 31, task_00000002: 3, task_00000003: 2, task_00000004: 40 };
    for (const [name, days] of Object.entries(runs)) {
      const folder = join(config.runsFolder, name);
      await write(join(folder, 'transcript.jsonl'), 'x'.repeat(15_000));
      const then = new Date(Date.now() - days * day);
      for (const path of [join(folder, 'transcript.jsonl'), folder]) await utimes(path, then, then);
    }
    const needed: Landing = {
      ...{ task_id: 'task_00000004', landed_at: '2026-01-01T00:00:00Z', files: [] },
      ...{ folder: 'task_00000004/landing', status: 'landed' },
    };
    await state.update((draft) => void draft.landings.push(needed));
    work(false);
    await pass(40 * minute);
    expect(await readdir(config.runsFolder)).toHaveLength(4);
    work(true);
    await pass(40 * minute);
    expect((await readdir(config.runsFolder)).sort()).toEqual(['task_00000004']);
    const freed = events.find(({ type }) => type === 'space.freed');
    expect(freed).toMatchObject({ runs: 3, bytes: expect.any(Number) });
    expect(events.filter(({ type }) => type === 'fault')).toEqual([]);
  });

  test('a cache that is too large: the lanes go when no process can wait in them, and come again by their next move', async () => {
    const { config, events, triage, fix, snapshot, pass } = await house({ maxCacheBytes: 1 });
    const exceeded = () => events.filter(({ type }) => type === 'space.exceeded');
    await pass(11 * minute);
    expect(existsSync(fix.root)).toBe(true);
    expect(exceeded()).toMatchObject([{ what: 'cache', limitBytes: 1 }]);
    expect((await readSpace(config))?.cache_bytes).toBeGreaterThan(1_000);
    await pass(35 * minute);
    expect(await readdir(join(config.cacheFolder, 'lanes'))).toEqual([]);
    expect(events.find(({ type }) => type === 'space.freed')).toMatchObject({ runs: 0 });
    // What cannot be kept is told once.
    expect(exceeded()).toHaveLength(1);
    for (const lane of [triage, fix]) {
      await lane.move(snapshot);
      expect(await readdir(lane.root)).toContain('a.txt');
    }
    expect(await fix.takePatch(snapshot)).toBeUndefined();
  });

  test('a cache that somebody has emptied beside it is told, and does not end it', async () => {
    const { config, events, pass } = await house({});
    await rm(config.cacheFolder, { recursive: true });
    await pass(11 * minute);
    expect(events.map(({ type }) => type)).toEqual(['fault']);
    expect(await readSpace(config)).toMatchObject({ runs_bytes: 0 });
  });
});
