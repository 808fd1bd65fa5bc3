import type { Landing, Task } from '../../src/domain/task.ts';

export function taskOf(number: number, rest: Partial<Task> = {}): Task {
  return {
    id: `task_${number.toString(16).padStart(8, '0')}`,
    type: 'file_change',
    file_path: `src/file-${number}.ts`,
    description: `Process changes in src/file-${number}.ts`,
    created_at: '2026-01-01T00:00:00.000Z',
    status: 'pending',
    retry_count: 0,
    priority: 0,
    attempts: [],
    ...rest,
  };
}

export function landingOf(number: number, status: Landing['status']): Landing {
  return {
    task_id: taskOf(number).id,
    landed_at: '2026-01-01T00:00:00.000Z',
    files: [],
    folder: `runs/${taskOf(number).id}/landing`,
    status,
  };
}
