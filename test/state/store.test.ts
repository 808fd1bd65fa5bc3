import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { freshState, type StateDocument } from '../../src/state/schema.ts';
import { IllegalStateError, openMemoryStore, openStateStore, type StateStore } from '../../src/state/store.ts';
import { trim } from '../../src/state/trim.ts';
import { scratch } from '../rig/scratch.ts';
import { taskOf } from './samples.ts';

async function fileStore(): Promise<StateStore> {
  const file = join(await scratch('state'), 'state.json');
  return openStateStore({ file, lockFile: `${file}.lock`, clock: systemClock, guarded: true });
}

const twins = [
  ['file', fileStore],
  ['memory', async () => openMemoryStore()],
] as const;

describe.each(twins)('a store with its document in a %s', (_, open) => {
  test('resolves with what the change returned, and shows the new document', async () => {
    const store = await open();
    const before = store.current.revision;
    expect(await store.update((draft) => draft.queues.pending.push(taskOf(1)))).toBe(1);
    expect(store.current.queues.pending).toEqual([taskOf(1)]);
    expect(store.current.revision).toBe(before + 1);
    await store.close();
  });

  test('writes many updates together, in order, with one revision', async () => {
    const store = await open();
    const before = store.current.revision;
    const numbers = Array.from({ length: 300 }, (_, index) => index);
    const seen = await Promise.all(numbers.map((n) => store.update((draft) => draft.queues.pending.push(taskOf(n)))));
    expect(seen).toEqual(numbers.map((n) => n + 1));
    expect(store.current.queues.pending.map(({ id }) => id)).toEqual(numbers.map((n) => taskOf(n).id));
    expect(store.current.revision - before).toBeLessThan(10);
    await store.close();
  });

  test('a change that throws rejects alone and leaves nothing', async () => {
    const store = await open();
    const boom = new Error('boom');
    const results = await Promise.allSettled([
      store.update((draft) => draft.queues.pending.push(taskOf(1))),
      store.update((draft) => {
        draft.queues.pending = [];
        throw boom;
      }),
      store.update((draft) => draft.queues.pending.push(taskOf(2))),
    ]);
    expect(results).toEqual([
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: boom },
      { status: 'fulfilled', value: 2 },
    ]);
    expect(store.current.queues.pending).toHaveLength(2);
    expect(store.fault).toBeUndefined();
    await store.close();
  });

  test.each<[string, (draft: StateDocument) => unknown]>([
    ['a broken record', (draft) => draft.queues.pending.push({ ...taskOf(3), id: 'task_zz' })],
    ['a missing list', (draft) => Reflect.deleteProperty(draft.queues, 'pending')],
    ['no queues at all', (draft) => Reflect.deleteProperty(draft, 'queues')],
    ['a number that JSON has not', (draft) => (draft.statistics.cost_usd = Number.NaN)],
    ['too large an open record', (draft) => Object.assign(draft.budget, { text: 'x'.repeat(30_000) })],
    ['a wrong version', (draft) => Reflect.set(draft, 'version', 2)],
    ['a value that cannot be written', (draft) => Object.assign(draft.budget, { self: draft })],
  ])('refuses an illegal state: %s', async (_name, change) => {
    const store = await open();
    const [good, bad, last] = await Promise.allSettled([
      store.update((draft) => draft.queues.pending.push(taskOf(1))),
      store.update(change),
      store.update((draft) => draft.queues.pending.push(taskOf(2))),
    ]);
    expect([good.status, last.status]).toEqual(['fulfilled', 'fulfilled']);
    expect(bad).toEqual({ status: 'rejected', reason: expect.any(IllegalStateError) });
    expect(store.current.queues.pending).toHaveLength(2);
    await store.close();
  });

  test('refuses a change that would go on after it returned', async () => {
    const store = await open();
    const late = store.update(async (draft) => draft.queues.pending.push(taskOf(1)));
    await expect(late).rejects.toThrow('must be synchronous');
    expect(store.current.queues.pending).toEqual([]);
    await store.close();
  });

  test('what a change hands out is no way into the document', async () => {
    const store = await open();
    const [task] = await store.update((draft) => {
      draft.queues.pending.push(taskOf(1));
      return draft.queues.pending;
    });
    if (task) task.description = 'changed behind its back';
    await store.update((draft) => draft.statistics.tasks_processed++);
    expect(store.current.queues.pending).toEqual([taskOf(1)]);
    expect(() => store.current.queues.pending.pop()).toThrow(TypeError);
    await store.close();
  });

  test('keeps revision and epoch out of reach, and counts nothing that changes nothing', async () => {
    const store = await open();
    const { revision, epoch } = store.current;
    await store.update((draft) => {
      draft.revision = 0;
      draft.epoch = 99;
    });
    expect(store.current).toMatchObject({ revision, epoch });
    await store.close();
  });

  test('new tasks are refused before the file is full, and those in it can still be settled', async () => {
    const store = await open();
    let number = 0;
    const add = () =>
      store.update((draft) => draft.queues.pending.push(taskOf(number++, { description: 'x'.repeat(4_900) })));
    const refused = await Promise.all(
      Array.from({ length: 120 }, () =>
        add().then(
          () => false,
          () => true,
        ),
      ),
    );
    expect(refused.filter(Boolean).length).toBeGreaterThan(20);
    await expect(add()).rejects.toThrow('would grow to');
    await store.update((draft) => {
      const task = draft.queues.pending.shift();
      if (task) draft.queues.in_progress.push({ ...task, status: 'in_progress', failure_reason: 'x'.repeat(2_000) });
    });
    expect(store.current.queues.in_progress).toHaveLength(1);
    await store.close();
  });

  test('takes nothing after close', async () => {
    const store = await open();
    const underWay = store.update((draft) => draft.queues.pending.push(taskOf(1)));
    await store.close();
    expect(await underWay).toBe(1);
    await expect(store.update(() => 1)).rejects.toThrow('closed');
  });
});

type Step =
  | { kind: 'add'; number: number }
  | { kind: 'drop' }
  | { kind: 'count' }
  | { kind: 'throw' }
  | { kind: 'break' };

function apply(step: Step, draft: StateDocument): number {
  if (step.kind === 'add') draft.queues.pending.push(taskOf(step.number));
  if (step.kind === 'drop') draft.queues.pending.shift();
  if (step.kind === 'count') draft.statistics.tasks_processed++;
  // No later step mends it.
  if (step.kind === 'break') draft.statistics.tasks_failed = -1;
  if (step.kind === 'throw') {
    draft.queues.pending = [];
    throw new Error('thrown');
  }
  return draft.queues.pending.length;
}

const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('add' as const), number: fc.nat(1_000) }) },
    {
      weight: 4,
      arbitrary: fc.constantFrom<Step>({ kind: 'drop' }, { kind: 'count' }, { kind: 'throw' }, { kind: 'break' }),
    },
  ),
  { maxLength: 40 },
);

test('a group commit does what the same updates do one by one', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (group) => {
      const model = freshState(0);
      const expected = group.map((step) => {
        const draft = structuredClone(model);
        try {
          const value = apply(step, draft);
          if (step.kind === 'break') return 'rejected';
          Object.assign(model, trim(draft));
          return value;
        } catch {
          return 'rejected';
        }
      });
      const store = openMemoryStore({ initial: freshState(0) });
      const got = await Promise.all(
        group.map((step) => store.update((draft) => apply(step, draft)).catch(() => 'rejected')),
      );
      expect(got).toEqual(expected);
      expect({ ...store.current, revision: 0 }).toEqual({ ...model, revision: 0 });
    }),
    { numRuns: 150 },
  );
});

test('a tool that edits the file between updates loses nothing, nor do fields of its own', async () => {
  const file = join(await scratch('state'), 'state.json');
  const events: string[] = [];
  const store = await openStateStore({
    file,
    lockFile: `${file}.lock`,
    clock: systemClock,
    guarded: true,
    onEvent: ({ kind }) => events.push(kind),
  });
  await store.update((draft) => draft.queues.pending.push(taskOf(1), taskOf(2)));
  const edited = JSON.parse(await readFile(file, 'utf8'));
  edited.queues.pending.shift();
  edited.revision = 0;
  edited.note = { by: 'a tool' };
  await writeFile(file, JSON.stringify(edited, null, 2));
  const revision = store.current.revision;
  await store.update((draft) => draft.queues.pending.push(taskOf(3)));
  const onDisk = JSON.parse(await readFile(file, 'utf8'));
  expect(onDisk.queues.pending.map(({ id }: { id: string }) => id)).toEqual([taskOf(2).id, taskOf(3).id]);
  expect(onDisk.note).toEqual({ by: 'a tool' });
  expect(onDisk.revision).toBeGreaterThan(revision);
  expect(events).toContain('edited-outside');
  await store.close();
});

test('a file that is removed or spoilt while running comes back from memory, and what was there is kept', async () => {
  const folder = await scratch('state');
  const file = join(folder, 'sub', 'state.json');
  const damaged: string[] = [];
  const store = await openStateStore({
    file,
    lockFile: `${file}.lock`,
    clock: systemClock,
    guarded: true,
    onEvent: (event) => event.kind === 'damaged' && damaged.push(event.path),
  });
  await store.update((draft) => draft.queues.pending.push(taskOf(1)));
  await writeFile(file, '{"half": ');
  await store.update((draft) => draft.queues.pending.push(taskOf(2)));
  expect(JSON.parse(await readFile(file, 'utf8')).queues.pending).toHaveLength(2);
  expect(await readFile(damaged[0] ?? '', 'utf8')).toBe('{"half": ');
  await rm(join(folder, 'sub'), { recursive: true });
  await store.update((draft) => draft.queues.pending.push(taskOf(3)));
  expect(JSON.parse(await readFile(file, 'utf8')).queues.pending).toHaveLength(3);
  await store.close();
});

test('QUEUE-1: the file keeps the limits of the queues and stays under 500 KB', async () => {
  const folder = await scratch('state');
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'state.json');
  const store = await openStateStore({ file, lockFile: `${file}.lock`, clock: systemClock });
  for (let round = 0; round < 10; round++) {
    await store.update((draft) => {
      for (let n = 0; n < 20; n++) {
        const regression = { fingerprint: 'f', tests: Array.from({ length: 50 }, () => 't'.repeat(200)), count: 50 };
        draft.queues.completed.push(taskOf(round * 20 + n, { status: 'completed', outcome: 'fixed', regression }));
        draft.queues.failed.push(taskOf(round * 20 + n, { status: 'failed', regression }));
        draft.conversation_history.push({ timestamp: '2026-01-01T00:00:00Z', type: 'note', text: 'x'.repeat(3_000) });
      }
    });
    const text = await readFile(file, 'utf8');
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(500_000);
  }
  const { queues } = store.current;
  expect(queues.completed.length).toBeLessThanOrEqual(50);
  expect(queues.failed.length).toBeLessThanOrEqual(50);
  expect(queues.failed.at(-1)?.id).toBe(taskOf(199).id);
  await store.close();
});
