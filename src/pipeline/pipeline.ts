import { isoTime } from '../clock.ts';
import type { Task, TaskPhase } from '../domain/task.ts';
import { failpoint } from '../failpoint.ts';
import { enqueueBatch, enqueueFiles, maxFileTasks, newTaskId, nextDueAt, nextToFix } from '../queue/enqueue.ts';
import { claim } from '../queue/transitions.ts';
import { holdsOf } from '../state/holds.ts';
import type { StateDocument } from '../state/schema.ts';
import { StateUnavailableError } from '../state/store.ts';
import { cancelTask, retryTask } from './at-word.ts';
import type { AttemptEnd, AttemptLog } from './attempt.ts';
import { Door } from './door.ts';
import { reportOnly } from './give-up.ts';
import { LoopWatch, StepOutlived } from './loop-watch.ts';
import { afterError, assertThere, endStopped, type Loop, putBackLeft } from './loose-ends.ts';
import { isBehindProbe } from './may-begin.ts';
import type { Parts } from './parts.ts';
import { notQuarantined } from './quarantine.ts';
import { recover, settleLeft } from './recover.ts';
import { runAttempt } from './run-task.ts';
import { remember } from './settle.ts';
import { settleAttempt } from './settle-attempt.ts';
import { stepLimitMs } from './step-limits.ts';
import { takeUp } from './take-up.ts';
import { tellFault } from './tell-fault.ts';
import { triageRound } from './triage-round.ts';
import { showUnkept } from './unkept.ts';
import { Wake } from './wake.ts';

/** After an error of the agent's own or of the state file, a loop goes on after this long. */
const faultPauseMs = 10_000;
/** The clock may jump and the machine may sleep: what is due is looked for at least this often. */
const longestWaitMs = 60_000;

const isInTriage = ({ phase }: Task): boolean => phase === 'triage';
const isInWork = (task: Task): boolean => !isInTriage(task);
const triaging: Loop = { where: 'triage', isIts: isInTriage, takeBack: putBackLeft };
const fixing: Loop = { where: 'fixing', isIts: isInWork, takeBack: settleLeft };

/** The two loops of the agent: triage goes on while a fix is being made. */
export class Pipeline {
  readonly #parts: Parts;
  readonly #toTriage = new Wake();
  readonly #toFix = new Wake();
  readonly #door: Door;
  readonly #triageWatch: LoopWatch;
  readonly #fixWatch: LoopWatch;
  /** Changes that the state could not take; the watcher brings them again. */
  readonly #unkept = new Set<string>();
  #isRunning = false;
  #expectedAtMs = 0;
  #early: Promise<void> = Promise.resolve();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#door = new Door(parts);
    const watch = (where: string): LoopWatch =>
      new LoopWatch(parts.clock, (outlived) => tellFault(parts, where, outlived));
    this.#triageWatch = watch('triage');
    this.#fixWatch = watch('fixing');
  }

  /** After a start: what was open when the last run ended is taken up again. */
  recover(): Promise<void> {
    return recover(this.#parts);
  }

  /** Something is being saved: while the batch is collected, what its test runs take in any case is started. */
  expect(): void {
    const { prepareTests, workspace, config, clock } = this.#parts;
    this.#expectedAtMs = clock.monotonic();
    // The run, and the repeat of what it finds red.
    prepareTests(workspace.lane('triage'), 2);
    if (config.autoFixEnabled) prepareTests(workspace.lane('verify'));
  }

  /** Changed files become tasks. Resolves when they are in the state file. */
  async enqueue(changed: readonly string[]): Promise<void> {
    const { events, clock, runs } = this.#parts;
    await failpoint('batch.noticed');
    const files = await notQuarantined(this.#parts, changed);
    if (files.length === 0) return;
    const now = isoTime(clock.now());
    events.emit({ type: 'watch.batch', files: files.slice(0, 20), total: files.length });
    const many = files.length > maxFileTasks ? newTaskId() : undefined;
    if (many !== undefined) await runs.writeFiles(many, files);
    const created = await this.#orShow(files, (draft) => {
      const tasks =
        many === undefined ? enqueueFiles(draft, files, now).created : [enqueueBatch(draft, many, files, now)];
      for (const { id, file_path } of tasks) remember(draft, now, 'task_created', id, { file_path });
      return tasks.map(({ id, file_path }) => ({ id, file_path }));
    });
    for (const { id, file_path } of created) events.emit({ type: 'task.created', taskId: id, file: file_path });
    await failpoint('batch.enqueued');
    this.#toTriage.wake();
  }

  /** What the state cannot take is looked at all the same, and shown. */
  async #orShow<T>(files: readonly string[], change: (draft: StateDocument) => T): Promise<T> {
    try {
      return await this.#parts.state.update(change);
    } catch (error) {
      if (error instanceof StateUnavailableError) for (const file of files) this.#unkept.add(file);
      this.#toTriage.wake();
      throw error;
    }
  }

  /**
   * Works until `drain` aborts: then nothing new is begun, and what is under way may finish until `abort` aborts too.
   * Exceptions inside a task end that task, never this.
   */
  async run(drain: AbortSignal, abort: AbortSignal): Promise<void> {
    this.#isRunning = true;
    await this.#early;
    this.wake();
    await Promise.all([this.#triageLoop(drain, abort), this.#fixLoop(drain, abort)]);
    this.#isRunning = false;
  }

  /** Both loops look at what the state says now. */
  wake(): void {
    this.#toTriage.wake();
    this.#toFix.wake();
  }

  async retry(taskId: string): Promise<Task> {
    const task = await retryTask(this.#parts, taskId);
    this.wake();
    return task;
  }

  /** Resolves with what became of the task, which may have ended in another way meanwhile. */
  cancel(taskId: string): Promise<Task> {
    return cancelTask(this.#parts, taskId, (task) => {
      if (!this.#isRunning && task.status === 'pending') return this.#endEarly();
      const stirred = (isInTriage(task) ? this.#triageWatch : this.#fixWatch).stirred();
      this.wake();
      return stirred;
    });
  }

  /** Before the loops run, since the first baseline is still being made, what was stopped is ended here, one after the other. */
  #endEarly(): Promise<void> {
    const ended = this.#early.then(async () => {
      await takeUp(this.#parts);
      await endStopped(this.#parts);
    });
    this.#early = ended.catch(() => undefined);
    return ended;
  }

  /** Whether both loops work on something that may still take its time, or come round when they are woken. */
  async isAlive(withinMs: number): Promise<boolean> {
    if (!this.#isRunning) return true;
    const alive = await Promise.all([
      this.#triageWatch.isAlive(() => this.#toTriage.wake(), withinMs),
      this.#fixWatch.isAlive(() => this.#toFix.wake(), withinMs),
    ]);
    return alive.every(Boolean);
  }

  /** Since when nothing works in a lane, on the monotonic clock; undefined where something does or is about to. */
  get restsSinceMs(): number | undefined {
    const [triage, fix] = [this.#triageWatch.restsSinceMs, this.#fixWatch.restsSinceMs];
    if (!this.#isRunning || triage === undefined || fix === undefined) return undefined;
    return Math.max(triage, fix, this.#expectedAtMs);
  }

  /** The step of a task that has outlived its limit and cannot be ended. */
  get stuckIn(): string | undefined {
    return this.#triageWatch.stuckIn ?? this.#fixWatch.stuckIn;
  }

  async #triageLoop(drain: AbortSignal, abort: AbortSignal): Promise<void> {
    let againInMs: number | undefined;
    while (await this.#toTriage.wait(drain, againInMs, this.#parts.clock)) {
      againInMs = undefined;
      try {
        await this.#showUnkept(abort);
        await putBackLeft(this.#parts, isInTriage);
        while (!drain.aborted && !this.#holds.paused && (await this.#triageRound(abort))) this.#toFix.wake();
      } catch (error) {
        againInMs = faultPauseMs;
        await afterError(this.#parts, triaging, error, abort);
      } finally {
        this.#triageWatch.turned();
      }
    }
  }

  async #fixLoop(drain: AbortSignal, abort: AbortSignal): Promise<void> {
    let againInMs: number | undefined;
    while (await this.#toFix.wait(drain, againInMs ?? this.#untilDueMs(), this.#parts.clock)) {
      againInMs = undefined;
      try {
        await settleLeft(this.#parts, isInWork);
        await takeUp(this.#parts);
        await endStopped(this.#parts);
        const task = nextToFix(this.#parts.state.current, this.#parts.clock.now(), this.#isReady);
        if (task !== undefined && !drain.aborted && !this.#isHeld) againInMs = await this.#work(task, abort);
      } catch (error) {
        againInMs = faultPauseMs;
        await afterError(this.#parts, fixing, error, abort);
      } finally {
        this.#fixWatch.turned();
      }
    }
  }

  readonly #isReady = (task: Task): boolean =>
    this.#parts.open.isReady(task.id) && !isBehindProbe(this.#parts.state.current, task);

  get #holds() {
    return holdsOf(this.#parts.state.current, this.#parts.clock.now());
  }

  get #isHeld(): boolean {
    const { paused, snoozedUntilMs } = this.#holds;
    return paused || snoozedUntilMs !== undefined;
  }

  #untilDueMs(): number | undefined {
    const now = this.#parts.clock.now();
    const dueAt = nextDueAt(this.#parts.state.current, now, this.#isReady);
    const { paused, snoozedUntilMs = now } = this.#holds;
    if (dueAt === undefined || paused) return undefined;
    return Math.min(Math.max(0, dueAt - now, snoozedUntilMs - now), longestWaitMs);
  }

  #watched(watch: LoopWatch, step: TaskPhase, abort: AbortSignal): AbortSignal {
    return AbortSignal.any([abort, watch.begin(step, stepLimitMs(step, this.#parts.config))]);
  }

  async #triageRound(abort: AbortSignal): Promise<boolean> {
    const signal = this.#watched(this.#triageWatch, 'triage', abort);
    const found = await triageRound(this.#parts, signal);
    this.#triageWatch.end();
    return found;
  }

  async #showUnkept(abort: AbortSignal): Promise<void> {
    const files = [...this.#unkept];
    this.#unkept.clear();
    if (files.length === 0) return;
    await showUnkept(this.#parts, files, this.#watched(this.#triageWatch, 'triage', abort));
    this.#triageWatch.end();
  }

  /** Gives after how long to come again, where no task may begin yet. */
  async #work(first: Task, abort: AbortSignal): Promise<number | undefined> {
    const { state, clock, open, config } = this.#parts;
    if (!config.autoFixEnabled) {
      await reportOnly(this.#parts, first.id);
      return undefined;
    }
    const pending = await this.#door.pass(first, this.#isReady);
    if (typeof pending === 'number') return pending;
    const startedAt = clock.monotonic();
    const log: AttemptLog = { number: pending.attempts.length + 1, strategy: '', patch: null, costUsd: 0 };
    const limit = this.#watched(this.#fixWatch, 'plan', abort);
    const stop = AbortSignal.any([limit, open.signal(pending.id)]);
    const now = isoTime(clock.now());
    const task = await state.update((draft) => structuredClone(claim(draft, pending.id, now, 'plan')));
    await failpoint('fix.claimed');
    const onPhase = (phase: TaskPhase): void => this.#fixWatch.next(phase, stepLimitMs(phase, config));
    const end = await runAttempt(this.#parts, task, log, stop, onPhase);
    if (end.kind === 'rejected' || end.kind === 'unavailable') assertThere(this.#parts);
    await settleAttempt(this.#parts, task, log, unlessOutlived(end, stop), startedAt, stop.reason);
    return undefined;
  }
}

/** A step too long counts as an attempt: what hangs each time must come to an end, too. What is landed or parked is so. */
function unlessOutlived(end: AttemptEnd, { reason }: AbortSignal): AttemptEnd {
  if (!(reason instanceof StepOutlived) || end.kind === 'landed' || end.kind === 'parked') return end;
  return { kind: 'rejected', reasons: [`The step ${reason.message}.`] };
}
