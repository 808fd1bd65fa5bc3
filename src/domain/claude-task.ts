import type { HookNote } from './hooks.ts';

/** How one task for a headless Claude ended. `refused` by a hook: nothing was run. */
export type TaskEnd = 'completed' | 'failed' | 'refused' | 'timed-out' | 'canceled';

/** What changed in the working folder while a task ran, whoever changed it; relative to it, with `/`. */
export interface ChangedFiles {
  readonly created: readonly string[];
  readonly changed: readonly string[];
  readonly deleted: readonly string[];
  /** False where there are too many files to say. */
  readonly isComplete: boolean;
}

/** A task that was given to a fresh Claude. */
export interface TaskResult {
  /** Also in the log, and the name of the transcript: `mendwatch verify` compares them. */
  readonly executionId: string;
  readonly outcome: TaskEnd;
  /** In words, unless it was completed. */
  readonly reason: string | undefined;
  /** Claude's last message. */
  readonly text: string;
  readonly files: ChangedFiles;
  /** Undefined where Claude was ended before it said what it had cost. */
  readonly costUsd: number | undefined;
  readonly turns: number;
  readonly durationMs: number;
  readonly sessionId: string | undefined;
  /** What hooks had to say about it. */
  readonly notes: readonly HookNote[];
  /** Claude's own stream, a JSON object a line; undefined when nothing was run. */
  readonly transcript: string | undefined;
  /** Of the record beside the transcript. */
  readonly recordSha256: string | undefined;
}

/** What is told while a task runs. Texts come from Claude: who shows them takes care of escape codes. */
export type TaskEvent =
  | { readonly type: 'started'; readonly executionId: string; readonly task: string; readonly cwd: string }
  | { readonly type: 'text'; readonly executionId: string; readonly text: string }
  /** Claude uses a tool; `subject` is the file, the command or the pattern. */
  | { readonly type: 'tool'; readonly executionId: string; readonly tool: string; readonly subject: string }
  | { readonly type: 'hook-note'; readonly executionId: string; readonly hook: string; readonly note: string }
  | { readonly type: 'hook-warning'; readonly executionId: string; readonly hook: string; readonly message: string }
  | { readonly type: 'ended'; readonly executionId: string; readonly result: TaskResult };

export interface TaskChoice {
  readonly timeoutMs?: number;
  /** Built-in tools that Claude has, for example `['Read', 'Edit']`. */
  readonly tools?: readonly string[];
  readonly model?: string;
  readonly maxCostUsd?: number;
}

/** One task of a list. */
export interface ListTask extends TaskChoice {
  readonly task: string;
  /** Letters, digits, `.`, `_`, `-`; without one it is its number. */
  readonly id?: string;
  /** Earlier tasks that must have been completed; else this one is skipped. */
  readonly after?: readonly string[];
}

export interface ListedResult {
  readonly id: string;
  /** `not-run`: the list stopped before. `skipped`: something in `after` was not completed. */
  readonly outcome: TaskEnd | 'not-run' | 'skipped';
  /** It was completed by an earlier run of the list. */
  readonly isResumed: boolean;
  /** The file from which later tasks read what came out. */
  readonly resultFile: string | undefined;
  readonly result: TaskResult | undefined;
}

export interface ListResult {
  readonly outcome: 'completed' | 'failed' | 'refused' | 'canceled';
  readonly reason: string | undefined;
  readonly tasks: readonly ListedResult[];
  /** Of this run; undefined where that of a task is. */
  readonly costUsd: number | undefined;
  readonly durationMs: number;
  /** Holds the progress and the results. */
  readonly folder: string;
}

export type ListEvent =
  | (TaskEvent & { readonly taskId: string })
  | { readonly type: 'next'; readonly taskId: string; readonly number: number; readonly of: number }
  | { readonly type: 'skipped'; readonly taskId: string; readonly reason: string };
