import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { MendwatchError } from '../../src/errors.ts';
import { freshState } from '../../src/state/schema.ts';
import { openStateStore, readState, type StateEvent, stateNotice } from '../../src/state/store.ts';
import { scratch } from '../rig/scratch.ts';
import { fixture } from './children.ts';
import { taskOf } from './samples.ts';

async function open(file: string, guarded = true) {
  const events: StateEvent[] = [];
  const onEvent = (event: StateEvent) => events.push(event);
  const store = await openStateStore({ file, lockFile: `${file}.lock`, clock: systemClock, guarded, onEvent });
  return { store, events };
}

/** A state file that has been written twice, so that it has a last good copy with one task less. */
async function twoWrites(): Promise<string> {
  const file = join(await scratch('state'), 'state.json');
  const { store } = await open(file);
  await store.update((draft) => draft.queues.pending.push(taskOf(1)));
  await store.update((draft) => draft.queues.pending.push(taskOf(2)));
  await store.close();
  return file;
}

test('a first start makes the file and its folder, without a word', async () => {
  const file = join(await scratch('state'), 'a', 'b', 'state.json');
  const { store, events } = await open(file);
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(store.current);
  expect(events.map(stateNotice).filter(Boolean)).toEqual([]);
  await store.close();
});

test('F10: RUN-10: a file cut at every 512 bytes is set aside and the last good copy used', async () => {
  const file = await twoWrites();
  const whole = await readFile(file);
  const copy = await readFile(`${file}.bak`);
  const cuts = Array.from({ length: Math.ceil(whole.length / 512) }, (_, index) => index * 512);
  for (const cut of cuts) {
    await writeFile(file, whole.subarray(0, cut));
    await writeFile(`${file}.bak`, copy);
    const { store, events } = await open(file);
    const damaged = events.find((event) => event.kind === 'damaged');
    expect(damaged).toMatchObject({ restored: 'last-good' });
    expect(await readFile(damaged?.path ?? '')).toEqual(whole.subarray(0, cut));
    expect(stateNotice(damaged ?? { kind: 'recovered' })).toContain(damaged?.path);
    expect(store.current.queues.pending).toEqual([taskOf(1)]);
    await store.close();
    expect((await readState(file)).kind).toBe('state');
  }
});

test.each([
  ['garbage', Buffer.from([0xff, 0xfe, 0, 1, 2, 3])],
  ['empty', Buffer.alloc(0)],
  ['zeros', Buffer.alloc(4_096)],
  ['another document', Buffer.from('{"hello":1}')],
  [
    'a state with a broken record',
    Buffer.from(JSON.stringify({ ...freshState(0), statistics: { tasks_processed: 'many' } })),
  ],
])('F10: without a good copy, a file that is %s is kept and a new one made', async (_, bytes) => {
  const file = join(await scratch('state'), 'state.json');
  await writeFile(file, bytes);
  const { store, events } = await open(file);
  expect(events).toMatchObject([{ kind: 'damaged', restored: 'fresh' }]);
  const aside = (await readdir(join(file, '..'))).filter((name) => name.includes('.damaged-'));
  expect(await readFile(join(file, '..', aside[0] ?? ''))).toEqual(bytes);
  expect(store.current.queues.pending).toEqual([]);
  await store.close();
});

test('F10: both the file and its copy damaged: both are kept', async () => {
  const file = await twoWrites();
  await writeFile(file, 'no');
  await writeFile(`${file}.bak`, 'neither');
  const { store, events } = await open(file);
  expect(events).toMatchObject([{ kind: 'damaged', restored: 'fresh' }]);
  expect(await readFile(`${file}.bak`, 'utf8')).toBe('neither');
  await store.close();
});

test('a file that somebody removed means a new start; the copy of the old one is put out of the way', async () => {
  const file = await twoWrites();
  await rm(file);
  const { store, events } = await open(file);
  expect(store.current.queues.pending).toEqual([]);
  const [event] = events;
  expect(event).toMatchObject({ kind: 'missing', restored: 'fresh' });
  const kept = event?.kind === 'missing' ? (event.kept ?? '') : '';
  expect(JSON.parse(await readFile(kept, 'utf8')).queues.pending).toEqual([taskOf(1)]);
  await store.close();
});

test('the last good copy is the document before the last write, and costs no second write', async () => {
  const file = await twoWrites();
  expect(JSON.parse(await readFile(`${file}.bak`, 'utf8')).queues.pending).toEqual([taskOf(1)]);
  expect((await readdir(join(file, '..'))).sort()).toEqual(['state.json', 'state.json.bak']);
});

test('F11: RUN-10: an older file is migrated, and kept as it was', async () => {
  const file = join(await scratch('state'), 'state.json');
  const old = await readFile(fixture('state-v0.json'));
  await writeFile(file, old);
  const { store, events } = await open(file);
  expect(store.current).toMatchObject({
    version: 1,
    queues: {
      pending: [{ id: 'task_a3f2b1c8', status: 'pending', priority: 0, attempts: [] }],
      in_progress: [{ id: 'task_00000002', status: 'in_progress' }],
      completed: [],
      failed: [{ id: 'task_00000003', failure_reason: 'Max retries exceeded', retry_count: 5 }],
    },
  });
  expect(store.current.conversation_history).toHaveLength(1);
  expect(store.current.test_results).toHaveLength(1);
  const [event] = events;
  expect(event?.kind).toBe('migrated');
  expect(await readFile(event?.kind === 'migrated' ? event.backup : '')).toEqual(old);
  await store.close();
});

test('F11: a newer file is refused with exit 2 and left as it is', async () => {
  const file = join(await scratch('state'), 'state.json');
  const text = JSON.stringify({ ...freshState(0), version: 2, more: true });
  await writeFile(file, text);
  const refused = await open(file).catch((error) => error);
  expect(refused).toBeInstanceOf(MendwatchError);
  expect(refused).toMatchObject({
    exitCode: 2,
    message: expect.stringContaining('version 2'),
    remedy: expect.stringContaining('Update'),
  });
  expect(await readFile(file, 'utf8')).toBe(text);
  expect(await readdir(join(file, '..'))).toEqual([basename(file)]);
});

test('F12: RUN-10: a folder that cannot be made is refused with exit 2 and what to do', async () => {
  const folder = await scratch('state');
  await writeFile(join(folder, 'taken'), '');
  const file = join(folder, 'taken', 'state.json');
  await expect(open(file)).rejects.toMatchObject({ name: 'MendwatchError', exitCode: 2, remedy: expect.any(String) });
});

test('F2: what killed writers left is swept, and nothing else', async () => {
  const file = await twoWrites();
  const folder = join(file, '..');
  for (const name of ['state.json.123456', 'state.json.bak-new', 'state.json.12a', 'other.json.7'])
    await writeFile(join(folder, name), 'x');
  const { store, events } = await open(file);
  expect(events).toEqual([{ kind: 'swept', count: 2 }]);
  expect((await readdir(folder)).sort()).toEqual(['other.json.7', 'state.json', 'state.json.12a', 'state.json.bak']);
  await store.close();
});

test('a state file behind a link stays behind it', async () => {
  const folder = await scratch('state');
  await mkdir(join(folder, 'real'));
  const real = join(folder, 'real', 'state.json');
  await writeFile(real, JSON.stringify(freshState(0)));
  await symlink(real, join(folder, 'state.json'));
  const { store } = await open(join(folder, 'state.json'));
  await store.update((draft) => draft.queues.pending.push(taskOf(1)));
  await store.close();
  expect(JSON.parse(await readFile(real, 'utf8')).queues.pending).toHaveLength(1);
  expect(await readdir(folder)).toEqual(['real', 'state.json']);
});
