import { join } from 'node:path';
import type { ListEvent, ListedResult, ListResult, ListTask, TaskChoice, TaskResult } from '../domain/claude-task.ts';
import { roundUsd } from '../domain/usd.ts';
import { AlreadyRunningError, ExitCode, MendwatchError, messageOf } from '../errors.ts';
import { reapMarked } from '../process/process.ts';
import { takeGuard } from '../state/guard.ts';
import type { ClaudeTasks } from './claude-task.ts';
import { ListProgress, listKey, type NamedTask } from './list-progress.ts';

export interface ListOptions {
  /** The same name finds the progress again. */
  readonly name: string;
  /** Where the progress of all lists is kept. */
  readonly folder: string;
  readonly resume: boolean;
  /** Go on after a task that was not completed. */
  readonly keepGoing: boolean;
  readonly signal: AbortSignal;
  readonly onEvent: (event: ListEvent) => void;
}

/**
 * Runs tasks one after another, each in a fresh process and context; what came out of the earlier ones is handed on as
 * files. What was completed is on the disk before the next one begins.
 *
 * @throws MendwatchError when the list is wrong, or cannot be resumed
 * @throws AlreadyRunningError when the same list is being run
 */
export async function runList(
  tasks: readonly ListTask[],
  options: ListOptions,
  runner: (marker: string) => ClaudeTasks,
): Promise<ListResult> {
  const named = nameTasks(tasks);
  const key = listKey(options.name);
  const folder = join(options.folder, key);
  const guard = await takeGuard([folder]);
  if ('heldBy' in guard) {
    throw new AlreadyRunningError('This list is being run already.', 'Wait for its end, or stop it.');
  }
  try {
    const marker = `list-${key}`;
    // A run that was killed may have left a Claude at work.
    await reapMarked(marker);
    const progress = await ListProgress.open(folder, named, options.resume);
    return await new ListRun(named, options, progress, runner(marker)).run();
  } finally {
    await guard.release();
  }
}

class ListRun {
  readonly #tasks: readonly NamedTask[];
  readonly #options: ListOptions;
  readonly #progress: ListProgress;
  readonly #runner: ClaudeTasks;
  readonly #ended: ListedResult[] = [];
  /** Why what comes of the tasks can no longer be kept: then none is begun. */
  #problem: string | undefined;

  constructor(tasks: readonly NamedTask[], options: ListOptions, progress: ListProgress, runner: ClaudeTasks) {
    this.#tasks = tasks;
    this.#options = options;
    this.#progress = progress;
    this.#runner = runner;
  }

  async run(): Promise<ListResult> {
    const beganMs = performance.now();
    const refusal = await this.#askHooks();
    for (const [index, task] of this.#tasks.entries()) {
      const mayRun = refusal === undefined && !this.#options.signal.aborted && !this.#isStopped;
      this.#ended.push(mayRun ? await this.#next(index, task) : notRun(task, 'not-run'));
    }
    return {
      ...this.#outcome(refusal),
      tasks: this.#ended,
      costUsd: this.#costUsd,
      durationMs: Math.round(performance.now() - beganMs),
      folder: this.#progress.folder,
    };
  }

  get #costUsd(): number | undefined {
    const paid = this.#ended.flatMap(({ isResumed, result }) => (isResumed || result === undefined ? [] : [result]));
    if (paid.some(({ costUsd }) => costUsd === undefined)) return undefined;
    return roundUsd(paid.reduce((sum, { costUsd = 0 }) => sum + costUsd, 0));
  }

  get #isStopped(): boolean {
    if (this.#problem !== undefined) return true;
    return !this.#options.keepGoing && this.#ended.some(({ outcome }) => outcome !== 'completed');
  }

  async #next(index: number, task: NamedTask): Promise<ListedResult> {
    const { onEvent, signal } = this.#options;
    const missing = (task.after ?? []).filter((id) => !this.#isCompleted(id));
    if (missing.length > 0) {
      onEvent({ type: 'skipped', taskId: task.id, reason: `${missing.join(', ')} not completed` });
      return notRun(task, 'skipped');
    }
    const earlier = await this.#progress.resumed(index);
    if (earlier !== undefined) return this.#listed(index, task, earlier, true);
    if (!(await this.#isKept(this.#progress.begin(index)))) return notRun(task, 'not-run');
    onEvent({ type: 'next', taskId: task.id, number: index + 1, of: this.#tasks.length });
    const result = await this.#runner.run(this.#promptOf(index, task), choiceOf(task), {
      signal,
      onEvent: (event) => onEvent({ ...event, taskId: task.id }),
      readable: [this.#progress.results],
      part: { task: task.task, list: { id: task.id, number: index + 1, of: this.#tasks.length } },
    });
    await this.#isKept(this.#progress.end(index, result));
    return this.#listed(index, task, result, false);
  }

  /** A full disk must not take away the answer that has been paid for. */
  async #isKept(keeping: Promise<void>): Promise<boolean> {
    try {
      await keeping;
      return true;
    } catch (error) {
      this.#problem = `what came of it cannot be kept in ${this.#progress.folder}: ${messageOf(error)}`;
      return false;
    }
  }

  #listed(index: number, { id }: NamedTask, result: TaskResult, isResumed: boolean): ListedResult {
    return { id, outcome: result.outcome, isResumed, resultFile: this.#progress.at(index)?.result_file, result };
  }

  #isCompleted(id: string): boolean {
    return this.#ended.some((ended) => ended.id === id && ended.outcome === 'completed');
  }

  /** A fresh context knows nothing of what was done before, but for the files. */
  #promptOf(index: number, { task }: NamedTask): string {
    const files = this.#progress.handedOn(index);
    if (files.length === 0) return task;
    const lines = files.map(({ id, file }) => `- ${file} (task ${id})`);
    return `${task}\n\nThis is one task of a list. What the earlier ones answered is in these files; read those that you need:\n${lines.join('\n')}\n`;
  }

  /** As a whole, before its first task. */
  async #askHooks(): Promise<string | undefined> {
    const { hooks, cwd } = this.#runner.options;
    const tasks = this.#tasks.map(({ id, task, after }) => ({ id, task, after: after ?? [] }));
    const event = { kind: 'list', cwd, tasks };
    const { refusal, notes, warnings } = await hooks.run('pre-execute', event, this.#options.signal);
    const taskId = '';
    const executionId = '';
    for (const note of notes) this.#options.onEvent({ type: 'hook-note', taskId, executionId, ...note });
    for (const warning of warnings) this.#options.onEvent({ type: 'hook-warning', taskId, executionId, ...warning });
    return refusal === undefined ? undefined : `the hook ${refusal.hook} refused: ${refusal.reason}`;
  }

  #outcome(refusal: string | undefined): Pick<ListResult, 'outcome' | 'reason'> {
    if (refusal !== undefined) return { outcome: 'refused', reason: refusal };
    if (this.#problem !== undefined) return { outcome: 'failed', reason: this.#problem };
    const bad = this.#ended.filter(({ outcome }) => outcome !== 'completed');
    if (bad.length === 0) return { outcome: 'completed', reason: undefined };
    if (this.#options.signal.aborted) return { outcome: 'canceled', reason: 'canceled; --resume goes on' };
    return {
      outcome: 'failed',
      reason: `${bad.length} of ${this.#ended.length} not completed: ${bad
        .map(({ id }) => id)
        .slice(0, 20)
        .join(', ')}`,
    };
  }
}

function notRun({ id }: NamedTask, outcome: 'not-run' | 'skipped'): ListedResult {
  return { id, outcome, isResumed: false, resultFile: undefined, result: undefined };
}

/** What is chosen and nothing else. */
export function choiceOf({ timeoutMs, tools, model, maxCostUsd }: TaskChoice): TaskChoice {
  return {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(tools === undefined ? {} : { tools }),
    ...(model === undefined ? {} : { model }),
    ...(maxCostUsd === undefined ? {} : { maxCostUsd }),
  };
}

const idPattern = /^[A-Za-z0-9][\w.-]{0,63}$/;
const mostTasks = 1_000;

/** Every task gets an id, and `after` may only name earlier ones. */
function nameTasks(tasks: readonly ListTask[]): readonly NamedTask[] {
  if (tasks.length === 0 || tasks.length > mostTasks)
    wrong(`A list has 1 to ${mostTasks} tasks; this one has ${tasks.length}.`);
  const known = new Set<string>();
  return tasks.map((task, index) => {
    const id = task.id ?? String(index + 1);
    if (!idPattern.test(id))
      wrong(`Task ${index + 1}: ${JSON.stringify(id)} is no id: letters, digits, ".", "_", "-".`);
    if (known.has(id)) wrong(`Task ${index + 1}: another task has the id ${id}.`);
    if (task.task.trim() === '') wrong(`Task ${id} is empty.`);
    for (const earlier of task.after ?? []) {
      if (!known.has(earlier)) wrong(`Task ${id} comes after ${earlier}, which is not a task before it.`);
    }
    known.add(id);
    return { ...task, id };
  });
}

function wrong(message: string): never {
  throw new MendwatchError(message, { exitCode: ExitCode.configuration });
}
