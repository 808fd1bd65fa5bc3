import type { Task, TaskPhase } from '../domain/task.ts';
import type { StateDocument } from '../state/schema.ts';
import { inOneLine } from './line.ts';
import { phases } from './lines.ts';
import { count } from './quantities.ts';

/** What an agent has in hand: one task, or the files of one look at the tests. */
export interface Work {
  readonly phase: TaskPhase;
  readonly files: readonly string[];
  readonly taskId?: string;
  readonly attempt?: number;
  readonly costUsd: number;
  /** Epoch ms; undefined where the state does not say. */
  readonly sinceMs?: number;
}

/** A task that is worked on comes before the changes that are looked at beside it. */
export function workIn({ queues }: Pick<StateDocument, 'queues'>): readonly Work[] {
  const looked = queues.in_progress.filter(({ phase }) => phase === 'triage');
  const [first] = looked;
  const round: Work[] =
    first === undefined
      ? []
      : [{ phase: 'triage', files: looked.map(({ file_path }) => file_path), costUsd: 0, ...sinceOf(first) }];
  return [...queues.in_progress.filter((task) => !looked.includes(task)).map(workOn), ...round];
}

function workOn(task: Task): Work {
  const { id, file_path, phase = 'plan', attempts, forgiven = 0, cost_usd = 0 } = task;
  const attempt = attempts.length - forgiven + 1;
  return { phase, files: [file_path], taskId: id, attempt, costUsd: cost_usd, ...sinceOf(task) };
}

function sinceOf({ phase_at, started_at }: Task): { sinceMs?: number } {
  const at = Date.parse(phase_at ?? started_at ?? '');
  return Number.isNaN(at) ? {} : { sinceMs: at };
}

/** In a few words, without the time. @param maxRetries attempts that a task has */
export function workWords({ phase, files, attempt = 1, costUsd }: Work, maxRetries: number): string {
  const [first = '', ...others] = files;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  const which = attempt > 1 && phase !== 'escalate' ? `, attempt ${attempt} of ${maxRetries}` : '';
  return inOneLine(`${phases[phase]}: ${first}${more}${which}${costUsd > 0 ? `, $${costUsd.toFixed(4)}` : ''}`);
}

/** Pending tasks, as a part of a line. */
export function waitingWords({ queues }: Pick<StateDocument, 'queues'>): string {
  const waiting = queues.pending.length;
  return waiting === 0 ? '' : `, ${count(waiting, 'task')} ${waiting === 1 ? 'waits' : 'wait'}`;
}

/** As a stop-watch shows it. */
export function elapsed(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1_000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(total / 3_600), Math.floor(total / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(total % 60)}` : `${minutes}:${two(total % 60)}`;
}

/** As people say it. */
export function inWords(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return minutes < 2 && seconds % 60 > 0 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 > 0 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.floor(hours / 24)} days`;
}

/** Local time of day. */
export function clockOfDay(at: number): string {
  return new Date(at).toTimeString().slice(0, 8);
}
