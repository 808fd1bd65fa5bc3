import { isoTime } from '../clock.ts';
import type { Task } from '../domain/task.ts';
import { messageOf } from '../errors.ts';
import { enqueueBatch, enqueueFiles, maxFileTasks, newTaskId, nextDueAt, nextToFix } from '../queue/enqueue.ts';
import { claim, fail, finish, putBack, recover } from '../queue/transitions.ts';
import { StateUnavailableError } from '../state/store.ts';
import type { AttemptLog } from './attempt.ts';
import { reportOnly } from './give-up.ts';
import type { Parts } from './parts.ts';
import { recoverLandings } from './recover-landings.ts';
import { runAttempt } from './run-task.ts';
import { remember, taskFinished } from './settle.ts';
import { settleAttempt } from './settle-attempt.ts';
import { triageRound } from './triage-round.ts';
import { Wake } from './wake.ts';

/** After an error of the agent's own or of the state file, a loop goes on after this long. */
const faultPauseMs = 10_000;
/** The clock may jump and the machine may sleep: what is due is looked for at least this often. */
const longestWaitMs = 60_000;

const isInTriage = ({ phase }: Task): boolean => phase === 'triage';

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
    await recoverLandings(this.#parts);
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

  /**
   * Works until `drain` aborts: then nothing new is begun, and what is under way may finish until `abort` aborts too.
   * Exceptions inside a task end that task, never this.
   */
  async run(drain: AbortSignal, abort: AbortSignal): Promise<void> {
    this.#toTriage.wake();
    this.#toFix.wake();
    await Promise.all([this.#triageLoop(drain, abort), this.#fixLoop(drain, abort)]);
  }

  async #triageLoop(drain: AbortSignal, abort: AbortSignal): Promise<void> {
    let againInMs: number | undefined;
    while (await this.#toTriage.wait(drain, againInMs, this.#parts.clock)) {
      againInMs = undefined;
      try {
        await this.#putBackLeft(isInTriage);
        while (!drain.aborted && (await triageRound(this.#parts, abort))) this.#toFix.wake();
      } catch (error) {
        againInMs = faultPauseMs;
        await this.#afterError('triage', error, isInTriage, abort);
      }
    }
  }

  async #fixLoop(drain: AbortSignal, abort: AbortSignal): Promise<void> {
    let againInMs: number | undefined;
    while (await this.#toFix.wait(drain, againInMs ?? this.#untilDueMs(), this.#parts.clock)) {
      againInMs = undefined;
      const isInWork = (task: Task): boolean => !isInTriage(task);
      try {
        await this.#putBackLeft(isInWork);
        await this.#endStopped();
        const task = nextToFix(this.#parts.state.current, this.#parts.clock.now(), this.#isReady);
        if (task !== undefined && !drain.aborted) await this.#work(task, abort);
      } catch (error) {
        againInMs = faultPauseMs;
        await this.#afterError('fixing', error, isInWork, abort);
      }
    }
  }

  readonly #isReady = ({ id }: Task): boolean => this.#parts.open.isReady(id);

  #untilDueMs(): number | undefined {
    const dueAt = nextDueAt(this.#parts.state.current, this.#isReady);
    if (dueAt === undefined) return undefined;
    return Math.min(Math.max(0, dueAt - this.#parts.clock.now()), longestWaitMs);
  }

  async #work(pending: Task, signal: AbortSignal): Promise<void> {
    const { state, clock, open, config } = this.#parts;
    if (!config.autoFixEnabled) return reportOnly(this.#parts, pending.id);
    const startedAt = clock.monotonic();
    const log: AttemptLog = { number: pending.attempts.length + 1, strategy: '', patch: null, costUsd: 0 };
    const stop = AbortSignal.any([signal, open.signal(pending.id)]);
    const now = isoTime(clock.now());
    const task = await state.update((draft) => structuredClone(claim(draft, pending.id, now, 'plan')));
    const end = await runAttempt(this.#parts, task, log, stop);
    await settleAttempt(this.#parts, task, log, end, startedAt, stop.reason);
  }

  /** Regressions that wait for their next attempt and were mended meanwhile. */
  async #endStopped(): Promise<void> {
    const { state, open, clock, waits } = this.#parts;
    for (const task of state.current.queues.pending) {
      const note = open.stopReason(task.id);
      if (task.regression === undefined || note === undefined) continue;
      const now = isoTime(clock.now());
      await state.update((draft) => {
        finish(draft, task.id, note === 'cancelled' ? 'cancelled' : 'clean', now);
        draft.statistics.tasks_processed++;
        draft.statistics.tasks_succeeded++;
        remember(draft, now, 'task_finished', task.id, { note });
      });
      open.close(task.id);
      waits.delete(task.id);
      taskFinished(this.#parts, task.id, note);
    }
  }

  /**
   * An error ends the tasks that it came from. While the state cannot be written, or the agent is stopping, they are
   * put back instead: at once, or where that cannot be written either, by the next turn or the next start.
   */
  async #afterError(where: string, error: unknown, isIts: (task: Task) => boolean, signal: AbortSignal): Promise<void> {
    const isPutOff = signal.aborted || error instanceof StateUnavailableError;
    if (!isPutOff) this.#fault(where, error);
    try {
      if (isPutOff) return await this.#putBackLeft(isIts);
      const reason = `an error inside the agent: ${messageOf(error)}`.slice(0, 2_000);
      for (const { id } of this.#parts.state.current.queues.in_progress.filter(isIts)) await this.#failTask(id, reason);
    } catch (another) {
      if (!(another instanceof StateUnavailableError)) this.#fault(where, another);
    }
  }

  async #putBackLeft(isLeft: (task: Task) => boolean): Promise<void> {
    const { state } = this.#parts;
    const left = state.current.queues.in_progress.filter(isLeft);
    if (left.length === 0) return;
    await state.update((draft) => {
      for (const { id } of left) putBack(draft, id);
    });
  }

  async #failTask(taskId: string, reason: string): Promise<void> {
    const { state, clock, open, waits } = this.#parts;
    const now = isoTime(clock.now());
    await state.update((draft) => {
      fail(draft, taskId, reason, now);
      draft.statistics.tasks_processed++;
      draft.statistics.tasks_failed++;
      remember(draft, now, 'task_failed', taskId, { reason: reason.slice(0, 500) });
    });
    open.close(taskId);
    waits.delete(taskId);
    taskFinished(this.#parts, taskId);
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
