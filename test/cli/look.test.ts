import { describe, expect, test } from 'vitest';
import { describe as describeTask, fateOf, testWords } from '../../src/cli/look.ts';
import type { Landing, Task } from '../../src/domain/task.ts';

const task: Task = {
  id: 'task_0000000a',
  type: 'file_change',
  file_path: 'src/sum.ts',
  description: 'Process changes in src/sum.ts',
  created_at: '2026-01-02T03:04:05.000Z',
  status: 'completed',
  outcome: 'fixed',
  retry_count: 0,
  priority: 0,
  attempts: [],
  regression: { fingerprint: 'f', tests: ['|test/sum.test.ts|sum > adds|1'], count: 1 },
};
const landing = { id: 'l', task_id: task.id, landed_at: task.created_at, status: 'undone' } as unknown as Landing;

describe('what `show` says', () => {
  test('a test is told by its titles and its file', () => {
    expect(testWords('|test/sum.test.ts|sum > adds|1')).toBe('sum > adds (test/sum.test.ts)');
    expect(testWords('web|test/sum.test.ts|a | b|2')).toBe('a | b (test/sum.test.ts, web, number 2)');
    expect(testWords('|test/sum.test.ts|(load)')).toBe('(load) (test/sum.test.ts)');
    expect(testWords('something else')).toBe('something else');
  });

  test('a parked fix that was applied is said to be there', () => {
    const parked: Task = { ...task, outcome: 'parked' };
    const applied: Landing = { ...landing, status: 'landed' };
    expect(describeTask(parked, { landings: [applied] })).toContain('Its fix was applied: it is in the working tree.');
    expect(describeTask(task, { landings: [applied] })).toEqual(describeTask(task, { landings: [] }));
  });

  test('what became of a fix is told where tasks are listed, too', () => {
    expect(fateOf(task, { landings: [] })).toBe('fixed');
    expect(fateOf(task, { landings: [landing] })).toBe('undone');
    expect(fateOf({ ...task, outcome: 'parked' }, { landings: [{ ...landing, status: 'landed' }] })).toBe('applied');
  });

  test('a second `apply` changes nothing of that, and a retry leaves it behind', () => {
    const parked: Task = { ...task, outcome: 'parked', finished_at: '2026-01-02T03:05:00.000Z' };
    const applied: Landing = { ...landing, status: 'landed', landed_at: '2026-01-02T03:06:00.000Z' };
    expect(fateOf(parked, { landings: [applied, { ...applied, status: 'rolled-back' }] })).toBe('applied');
    expect(fateOf({ ...parked, finished_at: '2026-01-02T03:07:00.000Z' }, { landings: [applied] })).toBe('parked');
    const { outcome: _, ...retried } = { ...task, status: 'pending' as const };
    expect(fateOf(retried, { landings: [landing] })).toBe('pending');
  });

  test('a fix that was taken back is said to be gone', () => {
    expect(describeTask(task, { landings: [] })).not.toContain('Its fix was undone: it is not in the working tree.');
    expect(describeTask(task, { landings: [landing] })).toContain('Its fix was undone: it is not in the working tree.');
  });
});
