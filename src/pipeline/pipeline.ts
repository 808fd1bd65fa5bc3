import { isoTime } from '../clock.ts';
import type { Task } from '../domain/task.ts';
import { messageOf } from '../errors.ts';
import { enqueueBatch, enqueueFiles, maxFileTasks, newTaskId, nextDueAt, nextToFix } from '../queue/enqueue.ts';
import { claim, fail, findTask, finish, recover } from '../queue/transitions.ts';
import type { AttemptLog } from './attempt.ts';
import type { Parts } from './parts.ts';
import { runAttempt } from './run-task.ts';
import { remember, taskFinished } from './settle.ts';
import { settleAttempt } from './settle-attempt.ts';
import { triageRound } from './triage-round.ts';
import { Wake } from './wake.ts';

/** The two loops of the agent: triage goes on while a fix is being made. */
export class Pipeline {
  readonly #parts: Parts;
  readonly #toTriage = new Wake();
  readonly #toFix = new Wake();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** After a start: what was open when the last run ended is taken up again. */
  async recover(): Promise<void> {
    const { state, open } = this.#parts;
    if (state.current.queues.in_progress.length > 0) await state.update((draft) => void recover(draft));
    for (const task of state.current.queues.pending) {
      if (task.regression === undefined) continue;
      try {
        await open.load(task.id);
      } catch {
        // Without its record the regression is found anew by triage of the same file.
        await state.update((draft) => {
          const lost = draft.queues.pending.find(({ id }) => id === task.id);
          if (lost !== undefined) delete lost.regression;
        });
      }
    }
  }

  /** Changed files become tasks. Resolves when they are in the state file. */
  async enqueue(files: readonly string[]): Promise<void> {
    const { state, events, clock, runs } = this.#parts;
    const now = isoTime(clock.now());
    events.emit({ type: 'watch.batch', files: files.slice(0, 20), total: files.length });
    const many = files.length > maxFileTasks ? newTaskId() : undefined;
    if (many !== undefined) await runs.writeFiles(many, files);
    const created = await state.update((draft) => {
      const tasks =
        many === undefined ? enqueueFiles(draft, files, now).created : [enqueueBatch(draft, many, files, now)];
      for (const { id, file_path } of tasks) remember(draft, now, 'task_created', id, { file_path });
      return tasks.map(({ id, file_path }) => ({ id, file_path }));
    });
    for (const { id, file_path } of created) events.emit({ type: 'task.created', taskId: id, file: file_path });
    this.#toTriage.wake();
  }

  /** Works until the signal aborts. Exceptions inside a task end that task, never this. */
  async run(signal: AbortSignal): Promise<void> {
    this.#toTriage.wake();
    this.#toFix.wake();
    await Promise.all([this.#triageLoop(signal), this.#fixLoop(signal)]);
  }

  async #triageLoop(signal: AbortSignal): Promise<void> {
    while (await this.#toTriage.wait(signal)) {
      try {
        while (!signal.aborted && (await triageRound(this.#parts, signal))) this.#toFix.wake();
      } catch (error) {
        this.#fault('triage', error);
        await this.#failClaimed(error);
      }
    }
  }

  async #fixLoop(signal: AbortSignal): Promise<void> {
    const { state, clock } = this.#parts;
    for (;;) {
      const dueAt = nextDueAt(state.current);
      const dueInMs = dueAt === undefined ? undefined : Math.max(0, dueAt - clock.now());
      if (!(await this.#toFix.wait(signal, dueInMs, clock))) return;
      await this.#endStopped();
      const task = nextToFix(state.current, clock.now());
      if (task !== undefined && !signal.aborted) await this.#fixTask(task, signal);
    }
  }

  async #fixTask(pending: Task, signal: AbortSignal): Promise<void> {
    const { state, clock, open } = this.#parts;
    const startedAt = clock.monotonic();
    const log: AttemptLog = { number: pending.attempts.length + 1, strategy: '', patch: null, costUsd: 0 };
    const stop = AbortSignal.any([signal, open.signal(pending.id)]);
    try {
      const now = isoTime(clock.now());
      const task = await state.update((draft) => structuredClone(claim(draft, pending.id, now, 'plan')));
      const end = await runAttempt(this.#parts, task, log, stop);
      await settleAttempt(this.#parts, task, log, end, startedAt, stop.reason);
    } catch (error) {
      this.#fault(`task ${pending.id}`, error);
      await this.#failTask(pending.id, `an error inside the agent: ${messageOf(error)}`);
    }
  }

  /** Regressions that wait for their next attempt and were mended meanwhile. */
  async #endStopped(): Promise<void> {
    const { state, open, clock } = this.#parts;
    for (const task of state.current.queues.pending) {
      if (task.regression === undefined || !open.signal(task.id).aborted) continue;
      const now = isoTime(clock.now());
      const note = String(open.signal(task.id).reason);
      await state.update((draft) => {
        finish(draft, task.id, note === 'cancelled' ? 'cancelled' : 'clean', now);
        draft.statistics.tasks_processed++;
        draft.statistics.tasks_succeeded++;
        remember(draft, now, 'task_finished', task.id, { note });
      });
      open.close(task.id);
      taskFinished(this.#parts, task.id, note);
    }
  }

  /** A round that threw leaves its tasks claimed: they end here, told why. */
  async #failClaimed(error: unknown): Promise<void> {
    const claimed = this.#parts.state.current.queues.in_progress.filter(({ phase }) => phase === 'triage');
    for (const { id } of claimed) await this.#failTask(id, `an error inside the agent: ${messageOf(error)}`);
  }

  async #failTask(taskId: string, reason: string): Promise<void> {
    const { state, clock, open } = this.#parts;
    const now = isoTime(clock.now());
    try {
      await state.update((draft) => {
        if (findTask(draft, taskId)?.status !== 'in_progress') return;
        fail(draft, taskId, reason.slice(0, 2_000), now);
        draft.statistics.tasks_processed++;
        draft.statistics.tasks_failed++;
        remember(draft, now, 'task_failed', taskId, { reason: reason.slice(0, 500) });
      });
      open.close(taskId);
      taskFinished(this.#parts, taskId);
    } catch (error) {
      this.#fault(`task ${taskId}`, error);
    }
  }

  #fault(where: string, error: unknown): void {
    const stack = error instanceof Error ? error.stack : undefined;
    this.#parts.events.emit({
      type: 'fault',
      where,
      message: messageOf(error),
      ...(stack === undefined ? {} : { stack }),
    });
  }
}
