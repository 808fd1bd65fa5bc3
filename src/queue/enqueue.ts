import { randomBytes } from 'node:crypto';
import type { Task } from '../domain/task.ts';
import type { StateDocument } from '../state/schema.ts';

/** More files than this at once are one task with its list beside the state. */
export const maxFileTasks = 200;

/** Nothing that is tried again waits longer, whatever it waits for: see the caps of the back-offs. */
const longestWaitMs = 15 * 60_000;

export function newTaskId(): string {
  return `task_${randomBytes(4).toString('hex')}`;
}

export interface Enqueued {
  readonly created: readonly Task[];
  readonly refreshed: number;
}

/** One pending task a file: a file that already waits for triage is refreshed, not doubled. */
export function enqueueFiles(state: StateDocument, files: readonly string[], now: string, newId = newTaskId): Enqueued {
  const waiting = new Map(state.queues.pending.filter(isUntriaged).map((task) => [task.file_path, task]));
  const created: Task[] = [];
  let refreshed = 0;
  for (const file of files) {
    const known = waiting.get(file);
    if (known !== undefined) {
      refreshed++;
      continue;
    }
    const task = addFileTask(state, file, now, newId);
    waiting.set(file, task);
    created.push(task);
  }
  return { created, refreshed };
}

export function addFileTask(state: StateDocument, file: string, now: string, newId = newTaskId): Task {
  const task = fileTask(newId(), 'file_change', file, `Process changes in ${file}`, now);
  state.queues.pending.push(task);
  return task;
}

/** One task for a change of very many files. `file_path` is the folder that holds them all. */
export function enqueueBatch(state: StateDocument, id: string, files: readonly string[], now: string): Task {
  const task = fileTask(id, 'batch', commonFolder(files), `Process changes in ${files.length} files`, now);
  state.queues.pending.push(task);
  return task;
}

/** Whether nobody has looked yet at what this task's change did. */
export function isUntriaged(task: Task): boolean {
  return task.regression === undefined;
}

/** The waiting tasks that triage should look at, in their order. */
export function untriaged(state: StateDocument): readonly Task[] {
  return state.queues.pending.filter(isUntriaged).sort(inOrder);
}

type IsReady = (task: Task) => boolean;
const always: IsReady = () => true;

/** The regression to work on next: the first in order of those whose time has come. */
export function nextToFix(state: StateDocument, nowMs: number, isReady = always): Task | undefined {
  return dueToFix(state, nowMs, isReady)[0];
}

/** All regressions whose time has come, in their order. */
export function dueToFix(state: StateDocument, nowMs: number, isReady = always): readonly Task[] {
  return state.queues.pending
    .filter((task) => !isUntriaged(task) && dueAt(task, nowMs) <= nowMs && isReady(task))
    .sort(inOrder);
}

/** The highest priority, then the oldest: a task that was put back stands at the end of the queue and is not new. */
function inOrder(a: Task, b: Task): number {
  return b.priority - a.priority || a.created_at.localeCompare(b.created_at);
}

/** When the next waiting regression may be worked on, in epoch milliseconds, or undefined when none waits. */
export function nextDueAt(state: StateDocument, nowMs: number, isReady = always): number | undefined {
  const times = state.queues.pending
    .filter((task) => !isUntriaged(task) && isReady(task))
    .map((task) => dueAt(task, nowMs));
  return times.length === 0 ? undefined : Math.min(...times);
}

function dueAt(task: Task, nowMs: number): number {
  const dueMs = task.not_before === undefined ? 0 : Date.parse(task.not_before);
  // The file may have been edited, or the clock set back: a time that is none, or too far away, must not keep the task.
  return Number.isNaN(dueMs) || dueMs - nowMs > longestWaitMs ? 0 : dueMs;
}

function fileTask(id: string, type: Task['type'], file: string, description: string, now: string): Task {
  return {
    id,
    type,
    file_path: file,
    description,
    created_at: now,
    status: 'pending',
    retry_count: 0,
    priority: 0,
    attempts: [],
  };
}

function commonFolder(files: readonly string[]): string {
  const [first = '.', ...rest] = files.map((file) => file.split('/').slice(0, -1));
  if (first === '.') return '.';
  const shared = first.filter((part, index) =>
    rest.every((parts) => parts[index] === part && samePrefix(parts, first, index)),
  );
  return shared.length === 0 ? '.' : shared.join('/');
}

function samePrefix(a: readonly string[], b: readonly string[], length: number): boolean {
  for (let index = 0; index < length; index++) if (a[index] !== b[index]) return false;
  return true;
}
