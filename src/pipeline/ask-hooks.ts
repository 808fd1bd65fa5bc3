import type { HookPoint } from '../domain/hooks.ts';
import type { Task } from '../domain/task.ts';
import type { AttemptEnd } from './attempt.ts';
import type { Parts } from './parts.ts';

const mostTold = 50;

/** Asks the person's hooks about a task; gives why one refused. What they note or fail at is told. */
export async function askHooks(
  parts: Parts,
  point: HookPoint,
  task: Task,
  more: object,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { hooks, open, events, config } = parts;
  if (!hooks.has(point)) return undefined;
  const { tests, files } = open.record(task.id);
  const event = {
    project_root: config.projectRoot,
    task_id: task.id,
    attempt: task.attempts.length + 1,
    of: config.maxRetries,
    changed_files: files.slice(0, mostTold),
    tests: tests.slice(0, mostTold).map(({ file, title }) => ({ file, title })),
    test_count: tests.length,
    ...more,
  };
  const { refusal, notes, warnings } = await hooks.run(point, event, signal);
  for (const { hook, note } of notes) events.emit({ type: 'hook.note', taskId: task.id, hook, note });
  for (const { hook, message } of warnings) events.emit({ type: 'hook.warning', taskId: task.id, hook, message });
  return refusal === undefined ? undefined : `the hook ${refusal.hook} refused: ${refusal.reason}`;
}

/** For the hooks: how an attempt ended. After a stop, too. */
export async function tellHooks(parts: Parts, task: Task, end: AttemptEnd, costUsd: number): Promise<void> {
  const said = {
    outcome: end.kind,
    reasons: reasonsOf(end),
    files: end.kind === 'landed' ? end.files : [],
    cost_usd: costUsd,
  };
  await askHooks(parts, 'post-fix', task, said, new AbortController().signal);
}

function reasonsOf(end: AttemptEnd): readonly string[] {
  switch (end.kind) {
    case 'rejected':
      return end.reasons;
    case 'parked':
      return [end.reason];
    case 'question':
      return [end.question];
    case 'unavailable':
      return [end.detail];
    case 'landed':
    case 'overtaken':
    case 'out-of-money':
    case 'stopped':
      return [];
  }
}
