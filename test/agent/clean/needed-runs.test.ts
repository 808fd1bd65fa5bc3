import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { needsOf, readNeeds } from '../../../src/agent/clean/needed-runs.ts';
import type { Landing, Task } from '../../../src/domain/task.ts';
import { freshState, type StateDocument } from '../../../src/state/schema.ts';
import { scratch } from '../../rig/scratch.ts';

const now = '2026-01-01T00:00:00.000Z';
const idOf = (number: number): string => `task_0000000${number}`;

function task(number: number, more: Partial<Task>): Task {
  return {
    ...{ id: idOf(number), type: 'file_change', file_path: 'a.ts', description: '', created_at: now, priority: 0 },
    ...{ status: 'completed', retry_count: 0, attempts: [] },
    ...more,
  } as Task;
}

function landing(number: number, status: Landing['status'], folder = `${idOf(number)}/landing`): Landing {
  return { task_id: idOf(number), landed_at: now, files: [], folder, status };
}

function state(): StateDocument {
  const document = freshState(Date.parse(now));
  document.queues.pending = [task(1, { status: 'pending' })];
  document.queues.completed = [
    task(2, { outcome: 'fixed' }),
    task(3, { outcome: 'fixed' }),
    task(4, { outcome: 'parked' }),
    task(5, { outcome: 'clean' }),
    task(6, { outcome: 'cancelled', red_to_mark: 1 }),
  ];
  document.queues.failed = [task(7, { status: 'failed' }), task(8, { status: 'failed' })];
  document.landings = [landing(2, 'landed'), landing(3, 'undone'), landing(9, 'applying')];
  const told = { fingerprint: 'f', created_at: now, report: `${idOf(7)}/report.json` };
  document.outbox = [
    { ...told, key: 'k', task_id: idOf(7), channel: 'slack', event: 'opened', status: 'waiting', attempts: 0 },
  ];
  return document;
}

describe('which runs must stay', () => {
  test('those of open tasks, of what undo and apply need, of what people were not told, and of what is under way', () => {
    expect(Object.fromEntries(needsOf(state()))).toEqual({
      [idOf(9)]: 'under way',
      [idOf(1)]: 'open',
      [idOf(2)]: 'undo',
      [idOf(4)]: 'parked',
      [idOf(6)]: 'open',
      [idOf(7)]: 'report',
    });
  });

  test('by the last good copy where the file is damaged; where both are, all of them', async () => {
    const folder = await scratch('needs');
    const file = join(folder, 'state', 'app_state.json');
    await mkdir(join(folder, 'state'));
    expect(await readNeeds(file)).toEqual(new Map());
    await writeFile(file, '{"half');
    expect(await readNeeds(file)).toBe('all');
    await writeFile(`${file}.bak`, JSON.stringify(state()));
    expect(await readNeeds(file)).toEqual(needsOf(state()));
  });
});
