import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { deskOn } from '../../src/agent/desk.ts';
import type { Config } from '../../src/config/types.ts';
import type { Task } from '../../src/domain/task.ts';
import { armFailpoint, type Failpoint } from '../../src/failpoint.ts';
import { recoverAlone, recoverMoves } from '../../src/pipeline/moves.ts';
import { openMemoryStore, type StateStore } from '../../src/state/store.ts';
import { mergeFile } from '../../src/workspace/merge-file.ts';
import { keep, tree, write } from '../land/rig.ts';
import { scratch } from '../rig/scratch.ts';

const env = { PATH: process.env.PATH ?? '' };
const before = { 'a.ts': 'one\ntwo\n\n\nthree\n', 'b.ts': 'gone soon\n' };
const after = { 'a.ts': 'one\nTWO\n\n\nthree\n', 'c.ts': 'new\n' };
const files = [
  { path: 'a.ts', before: before['a.ts'], after: after['a.ts'] },
  { path: 'b.ts', before: before['b.ts'] },
  { path: 'c.ts', after: after['c.ts'] },
];
const task: Task = {
  ...{ id: 'task_00000001', type: 'file_change', file_path: 'a.ts', description: 'x', status: 'completed' },
  ...{ created_at: '2026-01-02T03:00:00.000Z', retry_count: 0, priority: 0, attempts: [], outcome: 'parked' },
  regression: { fingerprint: 'f', tests: [], count: 0 },
};

interface Place {
  readonly root: string;
  readonly state: StateStore;
  readonly told: string[];
  readonly input: Parameters<typeof recoverMoves>[0];
  desk(): ReturnType<typeof deskOn>;
}

/** A project with a parked fix. */
async function place(): Promise<Place> {
  const folder = await scratch('moves');
  const root = join(folder, 'project');
  const runsFolder = join(folder, 'runs');
  for (const [path, text] of Object.entries(before)) write(root, path, text);
  await keep(root, join(runsFolder, task.id, 'parked'), files);
  const state = openMemoryStore();
  const stateFile = join(folder, 'state.json');
  const told: string[] = [];
  const input = {
    ...{ state, stateFile, runsFolder, root, tell: (message: string) => void told.push(message) },
    merge: (versions: Parameters<typeof mergeFile>[1]) => mergeFile(env, versions),
  };
  const config = { stateFile, runsFolder, projectRoot: root, packageRoot: folder } as Config;
  return { root, state, told, input, desk: () => deskOn(state, config, env) };
}

const statuses = ({ state }: Place): string[] => state.current.landings.map(({ status }) => status);

/** The command goes on for ever at this step: so far it has come when it is killed there. */
async function cutShort(on: Place, what: 'apply' | 'undo', step: Failpoint): Promise<void> {
  armFailpoint({ NODE_ENV: 'test', MENDWATCH_FAIL: `${step}:1:hang` });
  void on.desk()[what](task);
  const isThere = (): boolean => {
    if (!statuses(on).some((status) => status.endsWith('ing'))) return false;
    const isMoved = tree(on.root)['c.ts'] === (what === 'apply' ? 'new\n' : undefined);
    return step === 'move.placed'
      ? isMoved && !Object.keys(tree(on.root)).some((path) => path.includes('.mendwatch-'))
      : true;
  };
  while (!isThere()) await delay(1);
  // From here it has only to come to the step, which needs no more than a few turns of the disk.
  if (step === 'move.planned') {
    const journal = join(
      on.input.runsFolder,
      on.state.current.landings.at(-1)?.folder ?? '',
      what === 'undo' ? 'undo' : '',
    );
    while (!isReadable(join(journal, 'files.json'))) await delay(1);
  }
}

function isReadable(file: string): boolean {
  try {
    return readFileSync(file).length > 0;
  } catch {
    return false;
  }
}

describe('LAND-2 LAND-3 F5: an apply or undo that was killed', () => {
  afterEach(() => armFailpoint({}));
  const steps: readonly Failpoint[] = ['move.recorded', 'move.planned', 'move.placed'];

  test.each(steps)('apply, at %s: is done or not begun, and can be told again', async (step) => {
    const on = await place();
    await cutShort(on, 'apply', step);
    expect(statuses(on)).toEqual(['applying']);
    await recoverMoves(on.input);
    // It is alive, as far as anybody can tell.
    expect(statuses(on)).toEqual(['applying']);
    await recoverAlone(on.input);
    const isDone = step === 'move.placed';
    expect(statuses(on)).toEqual([isDone ? 'landed' : 'rolled-back']);
    expect(tree(on.root)).toEqual(isDone ? after : before);
    expect(on.told).toEqual([]);
  });

  test.each(steps)('undo, at %s: is done or not begun, and the mute goes with it', async (step) => {
    const on = await place();
    await on.desk().apply(task);
    expect(tree(on.root)).toEqual(after);
    await cutShort(on, 'undo', step);
    await recoverAlone(on.input);
    const isDone = step === 'move.placed';
    expect(statuses(on)).toEqual([isDone ? 'undone' : 'landed']);
    expect(on.state.current.muted).toHaveLength(isDone ? 1 : 0);
    expect(tree(on.root)).toEqual(isDone ? before : after);
  });

  test('apply into a file that the person has changed, and undo of just that', async () => {
    const on = await place();
    write(on.root, 'a.ts', `${before['a.ts']}mine\n`);
    expect(await on.desk().apply(task)).toMatchObject({ kind: 'restored', merged: ['a.ts'] });
    expect(tree(on.root)['a.ts']).toBe(`${after['a.ts']}mine\n`);
    expect(await on.desk().undo(task)).toMatchObject({ kind: 'restored', merged: [] });
    expect(tree(on.root)).toEqual({ ...before, 'a.ts': `${before['a.ts']}mine\n` });
    expect(statuses(on)).toEqual(['undone']);
  });

  test('what the person wrote after the crash stays, and they are told', async () => {
    const on = await place();
    await cutShort(on, 'apply', 'move.placed');
    write(on.root, 'a.ts', 'all new\n');
    write(on.root, 'b.ts', 'back again\n');
    await recoverAlone(on.input);
    expect(tree(on.root)).toMatchObject({ 'a.ts': 'all new\n', 'b.ts': 'back again\n' });
  });

  test.each(['apply', 'undo'] as const)(
    '%s, and the person has changed its files since: they are told once where it lies, and can tell it again',
    async (what) => {
      const on = await place();
      if (what === 'undo') await on.desk().apply(task);
      await cutShort(on, what, 'move.placed');
      write(on.root, 'a.ts', 'all new\n');
      write(on.root, 'b.ts', 'all new, too\n');
      write(on.root, 'c.ts', 'and this\n');
      // The guard is held by the one that hangs: what comes now is the desk of another process.
      const next = { ...on.input, stateFile: `${on.input.stateFile}.next` };
      const config = { ...next, projectRoot: on.root, packageRoot: on.root } as unknown as Config;
      const desk = deskOn(on.state, config, env);
      const folder = join(on.input.runsFolder, on.state.current.landings.at(-1)?.folder ?? '');
      await expect(desk[what](task)).rejects.toMatchObject({
        message: expect.stringMatching(new RegExp(`^\`${what} ${task.id}\` was cut short.* is in ${folder}\\.$`)),
        remedy: expect.any(String),
      });
      expect(readFileSync(join(folder, 'files.json'), 'utf8')).toContain('a.ts');
      expect(statuses(on)).toEqual([what === 'undo' ? 'landed' : 'rolled-back']);
      // Their lines stand against it, which is said as ever.
      expect(await desk[what](task)).toMatchObject({ kind: 'conflict' });
    },
  );

  test('one command at a time', async () => {
    const on = await place();
    const both = await Promise.allSettled([on.desk().apply(task), on.desk().apply(task)]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    expect(statuses(on)).toEqual(['landed', 'rolled-back']);
    expect(tree(on.root)).toEqual(after);
  });
});
