import { isoTime } from '../clock.ts';
import type { Task, TaskPhase } from '../domain/task.ts';
import { failpoint } from '../failpoint.ts';
import { enqueueBatch, enqueueFiles, maxFileTasks, newTaskId } from '../queue/enqueue.ts';
import { holdsOf } from '../state/holds.ts';
import type { StateDocument } from '../state/schema.ts';
import { StateUnavailableError } from '../state/store.ts';
import { cancelTask, retryTask } from './at-word.ts';
import { Crew } from './crew.ts';
import { Door } from './door.ts';
import { LoopWatch } from './loop-watch.ts';
import { afterError, endStopped, type Loop, putBackLeft } from './loose-ends.ts';
import { type Parts, partsOf } from './parts.ts';
import { notQuarantined } from './quarantine.ts';
import { recover } from './recover.ts';
import { remember } from './settle.ts';
import { stepLimitMs } from './step-limits.ts';
import { takeUp } from './take-up.ts';
import { tellFault } from './tell-fault.ts';
import { TreeLooks } from './tree-looks.ts';
import { triageRound } from './triage-round.ts';
import { showUnkept } from './unkept.ts';
import { Wake } from './wake.ts';
import { faultPauseMs, Worker } from './worker.ts';

const isInTriage = ({ phase }: Task): boolean => phase === 'triage';
const triaging: Loop = { where: 'triage', isIts: isInTriage, takeBack: putBackLeft };

/** The loops of the agent: triage goes on while fixes are being made. */
export class Pipeline {
  readonly #parts: Parts;
  readonly #toTriage = new Wake();
  readonly #triageWatch: LoopWatch;
  readonly #workers: readonly Worker[];
  readonly #looks: TreeLooks;
  /** Changes that the state could not take; the watcher brings them again. */
  readonly #unkept = new Set<string>();
  #isRunning = false;
  #expectedAtMs = 0;
  #seenAt: number | undefined;
  #early: Promise<void> = Promise.resolve();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#looks = new TreeLooks(parts.workspace, parts.clock);
    this.#triageWatch = new LoopWatch(parts.clock, (outlived) => tellFault(parts, 'triage', outlived));
    const crew = new Crew(parts.config.maxConcurrentTasks);
    const shared = { parts, crew, door: new Door(parts), wakeAll: () => this.#wakeWorkers() };
    this.#workers = Array.from({ length: crew.size }, (_, index) => new Worker(index + 1, shared));
  }

  /** After a start: what was open when the last run ended is taken up again. */
  recover(): Promise<void> {
    return recover(this.#parts);
  }

  /** Something is being saved: while the batch is collected, what its test runs take in any case is started. */
  expect(): void {
    const { prepareTests, workspace, config, clock } = this.#parts;
    this.#expectedAtMs = clock.monotonic();
    this.#seenAt = clock.now();
    // The run, and the repeat of what it finds red.
    prepareTests(workspace.lane('triage'), { runs: 2, mayBeWarm: true });
    if (config.autoFixEnabled) prepareTests(workspace.lane('verify'));
  }

  /** Changed files become tasks. Resolves when they are in the state file. */
  async enqueue(changed: readonly string[]): Promise<void> {
    const { events, clock, runs } = this.#parts;
    await failpoint('batch.noticed');
    const files = await notQuarantined(this.#parts, changed);
    if (files.length === 0) return;
    const now = isoTime(clock.now());
    const seenAt = this.#seenAt;
    this.#seenAt = undefined;
    events.emit({
      type: 'watch.batch',
      files: files.slice(0, 20),
      total: files.length,
      ...(seenAt === undefined ? {} : { seenAt }),
    });
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
    await Promise.all([this.#triageLoop(drain, abort), ...this.#workers.map((worker) => worker.run(drain, abort))]);
    this.#isRunning = false;
  }

  /** All loops look at what the state says now. */
  wake(): void {
    this.#toTriage.wake();
    this.#wakeWorkers();
  }

  #wakeWorkers(): void {
    for (const worker of this.#workers) worker.wake();
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
      const stirred = Promise.race(this.#watchesOf(task).map((watch) => watch.stirred()));
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

  /** Of the loop that has the task; while it waits, of all that may end it. */
  #watchesOf(task: Task): readonly LoopWatch[] {
    if (isInTriage(task)) return [this.#triageWatch];
    const its = this.#workers.find(({ taskId }) => taskId === task.id);
    return (its === undefined ? this.#workers : [its]).map(({ watch }) => watch);
  }

  /** Whether all loops work on something that may still take its time, or come round when they are woken. */
  async isAlive(withinMs: number): Promise<boolean> {
    if (!this.#isRunning) return true;
    const alive = await Promise.all([
      this.#triageWatch.isAlive(() => this.#toTriage.wake(), withinMs),
      ...this.#workers.map((worker) => worker.watch.isAlive(() => worker.wake(), withinMs)),
    ]);
    return alive.every(Boolean);
  }

  /** Since when nothing works in a lane, on the monotonic clock; undefined where something does or is about to. */
  get restsSinceMs(): number | undefined {
    if (!this.#isRunning) return undefined;
    let since = this.#expectedAtMs;
    for (const { restsSinceMs } of this.#watches) {
      if (restsSinceMs === undefined) return undefined;
      since = Math.max(since, restsSinceMs);
    }
    return since;
  }

  /** The step of a task that has outlived its limit and cannot be ended. */
  get stuckIn(): string | undefined {
    return this.#watches.find(({ stuckIn }) => stuckIn !== undefined)?.stuckIn;
  }

  get #watches(): readonly LoopWatch[] {
    return [this.#triageWatch, ...this.#workers.map(({ watch }) => watch)];
  }

  async #triageLoop(drain: AbortSignal, abort: AbortSignal): Promise<void> {
    let againInMs: number | undefined;
    while (await this.#toTriage.wait(drain, againInMs, this.#parts.clock)) {
      againInMs = undefined;
      try {
        await this.#showUnkept(abort);
        await putBackLeft(this.#parts, isInTriage);
        while (!drain.aborted && !this.#isPaused && (await this.#triageRound(abort))) this.#wakeWorkers();
      } catch (error) {
        againInMs = faultPauseMs;
        await afterError(this.#parts, triaging, error, abort);
      } finally {
        this.#triageWatch.turned();
      }
    }
  }

  get #isPaused(): boolean {
    return holdsOf(this.#parts.state.current, this.#parts.clock.now()).paused;
  }

  #watched(watch: LoopWatch, step: TaskPhase, abort: AbortSignal): AbortSignal {
    return AbortSignal.any([abort, watch.begin(step, stepLimitMs(step, this.#parts.config))]);
  }

  async #triageRound(abort: AbortSignal): Promise<boolean> {
    const signal = this.#watched(this.#triageWatch, 'triage', abort);
    const found = await triageRound(this.#partsOfNext, this.#looks, signal, () => this.#wakeWorkers());
    this.#triageWatch.end();
    return found;
  }

  /** With the fixer that is to be made ready: that of a worker who has nothing in hand. */
  get #partsOfNext(): Parts {
    const next = this.#workers.find(({ taskId }) => taskId === undefined);
    return next === undefined ? this.#parts : partsOf(this.#parts, next.number);
  }

  async #showUnkept(abort: AbortSignal): Promise<void> {
    const files = [...this.#unkept];
    this.#unkept.clear();
    if (files.length === 0) return;
    await showUnkept(this.#parts, files, this.#watched(this.#triageWatch, 'triage', abort));
    this.#triageWatch.end();
  }
}
