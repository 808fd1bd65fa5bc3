import { existsSync } from 'node:fs';
import { mkdir, readFile, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findPackageRoot } from '../../src/config/package-root.ts';
import type { Task } from '../../src/domain/task.ts';
import { type ProcessResult, run } from '../../src/process/process.ts';
import { freshState } from '../../src/state/schema.ts';
import { compiled } from '../rig/compiled.ts';
import { placesIn } from '../rig/places.ts';
import { scratch } from '../rig/scratch.ts';

const task: Task = {
  ...{ id: 'task_0000000a', type: 'file_change', file_path: 'src/sum.ts', description: '', status: 'completed' },
  ...{ created_at: '2026-01-02T03:04:05.000Z', outcome: 'parked', retry_count: 0, priority: 0, attempts: [] },
};

/** The state of `shop`, and a command that is given for `other` with the same STATE_FILE. */
async function place(left: readonly Task[]) {
  const folder = await realpath(await scratch('own-project'));
  const [shop, other] = [join(folder, 'shop'), join(folder, 'other')];
  for (const each of [shop, other, join(folder, 'state')]) await mkdir(each);
  const places = placesIn(folder);
  const state = { ...freshState(Date.now()), project: shop };
  state.queues.completed.push(...left);
  await writeFile(places.STATE_FILE, JSON.stringify(state));
  const entry = join(findPackageRoot(), 'automation', 'mendwatch.ts');
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    PROJECT_ROOT: other,
    AUTO_FIX_ENABLED: 'false',
    ...places,
    ...compiled,
  };
  const mendwatch = (...args: string[]): Promise<ProcessResult> =>
    run({ command: process.execPath, args: [entry, ...args], cwd: folder, env, timeoutMs: 30_000 });
  return { folder, shop, other, mendwatch, stateFile: places.STATE_FILE };
}

const commands = ['status', 'undo a', 'cancel a', 'pause', 'events', 'clean --everything --yes', 'start'];

test('the state of one project is not used for another: refused with whose it is and what to do', async () => {
  const { shop, other, mendwatch, stateFile } = await place([task]);
  const before = await readFile(stateFile, 'utf8');
  for (const command of commands) {
    const { end, stdout, stderr } = await mendwatch(...command.split(' '));
    expect([command, end, stdout]).toEqual([command, { kind: 'exited', code: 2 }, '']);
    expect(stderr).toContain(`${stateFile} belongs to the project ${shop}; this is ${other}.`);
    expect(stderr).toMatch(/STATE_FILE=~\/.*other-.*\/app_state\.json/);
    expect(stderr).toContain(`\`mendwatch clean --everything\` with PROJECT_ROOT=${shop}`);
  }
  expect((await mendwatch('complete-ids', 'show', '')).stdout).toBe('');
  expect((await mendwatch('doctor')).stdout).toMatch(/✗ state +The state file .* belongs to the project/);
  expect(await readFile(stateFile, 'utf8')).toBe(before);
}, 60_000);

test('what a project that is gone has left: a link says that it was moved, and all of it may be removed', async () => {
  const { shop, other, mendwatch, stateFile } = await place([task]);
  await rm(shop, { recursive: true });
  const refused = await mendwatch('tasks');
  expect(refused.end).toEqual({ kind: 'exited', code: 2 });
  expect(refused.stderr).toContain(`${shop}, which is gone`);
  expect(refused.stderr).toContain(`ln -s ${other} ${shop}`);
  expect((await mendwatch('clean', '--all', '--force', '--yes')).end).toEqual({ kind: 'exited', code: 2 });
  await symlink(other, shop);
  expect((await mendwatch('tasks')).stdout).toContain(task.id);
  await rename(shop, `${shop}.away`);
  expect((await mendwatch('clean', '--everything', '--yes')).end).toEqual({ kind: 'exited', code: 0 });
  expect(existsSync(stateFile)).toBe(false);
}, 30_000);

test('of a project that is gone, a state in which nothing waits is taken over', async () => {
  const { shop, mendwatch } = await place([{ ...task, outcome: 'clean' }]);
  await rm(shop, { recursive: true });
  expect((await mendwatch('tasks')).end).toEqual({ kind: 'exited', code: 0 });
}, 30_000);
