import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  enqueueBatch,
  enqueueFiles,
  isUntriaged,
  newTaskId,
  nextDueAt,
  nextToFix,
  untriaged,
} from '../../src/queue/enqueue.ts';
import { claim, putBack, requireTask } from '../../src/queue/transitions.ts';
import { freshState, type StateDocument, stateSchema } from '../../src/state/schema.ts';

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();

function idMaker(): () => string {
  let number = 0;
  return () => {
    number++;
    return `task_${number.toString(16).padStart(8, '0')}`;
  };
}

/** A pending task that carries a regression. */
function addRegression(state: StateDocument, id: string, second: number, more: object = {}): void {
  enqueueFiles(state, [`${id}.ts`], at(second), () => id);
  Object.assign(requireTask(state, id), { regression: { fingerprint: id, tests: [], count: 1 }, ...more });
}

describe('changed files', () => {
  test('become one pending task each, in their order', () => {
    const state = freshState(0);
    const { created, refreshed } = enqueueFiles(state, ['b.ts', 'a.ts'], at(1), idMaker());
    expect(refreshed).toBe(0);
    expect(state.queues.pending).toEqual(created);
    expect(created[0]).toEqual({
      id: 'task_00000001',
      type: 'file_change',
      file_path: 'b.ts',
      description: 'Process changes in b.ts',
      created_at: at(1),
      status: 'pending',
      retry_count: 0,
      priority: 0,
      attempts: [],
    });
    expect(stateSchema.safeParse(state).success).toBe(true);
  });

  test('QUEUE-3: a file that waits already is refreshed, not doubled', () => {
    const state = freshState(0);
    enqueueFiles(state, ['a.ts', 'b.ts', 'a.ts'], at(1));
    expect(enqueueFiles(state, ['b.ts', 'c.ts'], at(2))).toMatchObject({
      refreshed: 1,
      created: [{ file_path: 'c.ts' }],
    });
    expect(state.queues.pending.map(({ file_path }) => file_path)).toEqual(['a.ts', 'b.ts', 'c.ts']);
  });

  test('QUEUE-3: a file that is being triaged, or carries a regression, gets a task for its new change', () => {
    const state = freshState(0);
    const newId = idMaker();
    enqueueFiles(state, ['a.ts', 'b.ts'], at(1), newId);
    claim(state, 'task_00000001', at(2), 'triage');
    Object.assign(requireTask(state, 'task_00000002'), { regression: { fingerprint: 'x', tests: [], count: 1 } });
    expect(enqueueFiles(state, ['a.ts', 'b.ts'], at(3), newId).created).toHaveLength(2);
    expect(untriaged(state).map(({ file_path }) => file_path)).toEqual(['a.ts', 'b.ts']);
  });

  test.each([
    [['src/a.ts', 'src/b.ts'], 'src'],
    [['src/a/x.ts', 'src/a/b/y.ts', 'src/ab/z.ts'], 'src'],
    [['src/a/x.ts', 'src/a/x.test.ts'], 'src/a'],
    [['a/same/x.ts', 'b/same/y.ts'], '.'],
    [['a.ts', 'src/b.ts'], '.'],
    [['README.md'], '.'],
  ])('a batch of %j is one task for the folder %s', (files, folder) => {
    const state = freshState(0);
    const task = enqueueBatch(state, newTaskId(), files, at(1));
    expect(task).toMatchObject({
      type: 'batch',
      file_path: folder,
      description: `Process changes in ${files.length} files`,
    });
    expect(stateSchema.safeParse(state).success).toBe(true);
  });

  test('ids have the known form', () => {
    for (let round = 0; round < 100; round++) expect(newTaskId()).toMatch(/^task_[0-9a-f]{8}$/);
  });
});

describe('QUEUE-4: the next task', () => {
  test('is of the highest priority, then the oldest', () => {
    const state = freshState(0);
    addRegression(state, 'task_0000000a', 3);
    addRegression(state, 'task_0000000b', 2);
    addRegression(state, 'task_0000000c', 4, { priority: 1 });
    const order: string[] = [];
    for (let next = nextToFix(state, 0); next !== undefined; next = nextToFix(state, 0)) {
      order.push(next.id);
      claim(state, next.id, at(9), 'plan');
    }
    expect(order).toEqual(['task_0000000c', 'task_0000000b', 'task_0000000a']);
  });

  test('is the first in the queue among equals', () => {
    const state = freshState(0);
    addRegression(state, 'task_0000000b', 1);
    addRegression(state, 'task_0000000a', 1);
    expect(nextToFix(state, 0)?.id).toBe('task_0000000b');
  });

  test('is not one that has to wait; of those the time is known', () => {
    const state = freshState(0);
    addRegression(state, 'task_0000000a', 1, { not_before: at(30) });
    addRegression(state, 'task_0000000b', 2, { not_before: at(20) });
    expect(nextDueAt(state, Date.parse(at(15)))).toBe(Date.parse(at(20)));
    expect(nextToFix(state, Date.parse(at(20)) - 1)).toBeUndefined();
    expect(nextToFix(state, Date.parse(at(20)))?.id).toBe('task_0000000b');
    expect(nextToFix(state, Date.parse(at(30)))?.id).toBe('task_0000000a');
  });

  test('can be had at once when its time is no time', () => {
    const state = freshState(0);
    addRegression(state, 'task_0000000a', 1, { not_before: 'next tuesday' });
    expect(nextDueAt(state, 0)).toBe(0);
    expect(nextToFix(state, 0)?.id).toBe('task_0000000a');
  });

  test('F16: can be had at once when the clock was set back since its time was written', () => {
    const state = freshState(0);
    addRegression(state, 'task_0000000a', 1, { not_before: at(30) });
    const before = Date.parse(at(30)) - 3_600_000;
    expect(nextDueAt(state, before)).toBe(0);
    expect(nextToFix(state, before)?.id).toBe('task_0000000a');
  });

  test('is none while nothing was triaged', () => {
    const state = freshState(0);
    enqueueFiles(state, ['a.ts'], at(1));
    expect(nextToFix(state, Number.POSITIVE_INFINITY)).toBeUndefined();
    expect(nextDueAt(state, 0)).toBeUndefined();
  });

  test('to triage is the oldest, also when it was put back behind younger ones', () => {
    const state = freshState(0);
    const newId = idMaker();
    enqueueFiles(state, ['old.ts'], at(1), newId);
    claim(state, 'task_00000001', at(2), 'triage');
    enqueueFiles(state, ['young.ts'], at(3), newId);
    putBack(state, 'task_00000001');
    expect(untriaged(state).map(({ file_path }) => file_path)).toEqual(['old.ts', 'young.ts']);
  });
});

test('QUEUE-3: whatever is saved in whatever batches, each file has one untriaged pending task', () => {
  const files = fc.array(fc.constantFrom('a.ts', 'b.ts', 'src/a.ts', 'src/b/c.ts'), { maxLength: 6 });
  fc.assert(
    fc.property(fc.array(files, { maxLength: 6 }), (batches) => {
      const state = freshState(0);
      for (const [second, batch] of batches.entries()) enqueueFiles(state, batch, at(second));
      const paths = state.queues.pending.filter(isUntriaged).map(({ file_path }) => file_path);
      expect(new Set(paths)).toEqual(new Set(batches.flat()));
      expect(paths).toHaveLength(new Set(paths).size);
    }),
  );
});
