import { isoTime } from '../clock.ts';
import type { Task, TaskPhase } from '../domain/task.ts';
import { failpoint } from '../failpoint.ts';
import { dueToFix, nextDueAt, nextToFix } from '../queue/enqueue.ts';
import { claim } from '../queue/transitions.ts';
import { holdsOf } from '../state/holds.ts';
import type { AttemptEnd, AttemptLog } from './attempt.ts';
import type { Colleague, Crew } from './crew.ts';
import type { Door } from './door.ts';
import type { Candidate } from './file-claims.ts';
import { reportOnly } from './give-up.ts';
import { LoopWatch, StepOutlived } from './loop-watch.ts';
import { afterError, assertThere, endStopped } from './loose-ends.ts';
import { isBehindProbe } from './may-begin.ts';
import { type Parts, partsOf } from './parts.ts';
import { settleLeft } from './recover.ts';
import { runAttempt } from './run-task.ts';
import { ownTests } from './runs.ts';
import { settleAttempt } from './settle-attempt.ts';
import { stepLimitMs } from './step-limits.ts';
import { takeUp } from './take-up.ts';
import { tellFault } from './tell-fault.ts';
import { Wake } from './wake.ts';

/** After an error of the agent's own or of the state file, a loop goes on after this long. */
export const faultPauseMs = 10_000;
/** The clock may jump and the machine may sleep: what is due is looked for at least this often. */
const longestWaitMs = 60_000;
const never = new AbortController().signal;

/** One loop that mends regressions, one at a time; with others beside it, never on the same files. */
export class Worker implements Colleague {
  readonly number: number;
  readonly crew: Crew;
  readonly watch: LoopWatch;
  readonly #parts: Parts;
  readonly #door: Door;
  readonly #wake = new Wake();
  /** All of them look at the queue again. */
  readonly #wakeAll: () => void;
  #taskId: string | undefined;
  readonly #turns: (() => void)[] = [];

  constructor(number: number, given: { parts: Parts; crew: Crew; door: Door; wakeAll: () => void }) {
    this.number = number;
    this.crew = given.crew;
    this.#parts = given.parts;
    this.#door = given.door;
    this.#wakeAll = given.wakeAll;
    this.watch = new LoopWatch(given.parts.clock, (outlived) => tellFault(given.parts, 'fixing', outlived));
  }

  /** What it has in hand. */
  get taskId(): string | undefined {
    return this.#taskId;
  }

  wake(): void {
    this.#wake.wake();
  }

  aside<T>(turn: Promise<T>): Promise<T> {
    return this.watch.aside(turn);
  }

  async takeTurn(turns: 'proving' | 'landing', signal: AbortSignal): Promise<boolean> {
    const end = await this.aside(this.crew[turns].take(signal));
    if (end === undefined) return false;
    this.#turns.push(end);
    return true;
  }

  /** Works until `drain` aborts; what is in hand may come to its end until `abort` aborts, too. */
  async run(drain: AbortSignal, abort: AbortSignal): Promise<void> {
    let againInMs: number | undefined;
    while (await this.#wake.wait(drain, againInMs ?? this.#untilDueMs(), this.#parts.clock)) {
      againInMs = undefined;
      try {
        const chosen = await this.crew.choosing.during(drain, () => this.#choose(drain));
        if (typeof chosen === 'number') againInMs = chosen;
        else if (chosen !== undefined) await this.#work(chosen, abort);
      } catch (error) {
        againInMs = faultPauseMs;
        await this.#afterError(error, abort);
      } finally {
        this.#letGo();
        this.watch.turned();
      }
    }
  }

  /** Takes a task in hand; or says after how long to come again, where none may begin yet. */
  async #choose(drain: AbortSignal): Promise<Task | number | undefined> {
    const { state, clock, config } = this.#parts;
    await settleLeft(this.#parts, this.#isIts);
    await takeUp(this.#parts);
    await endStopped(this.#parts);
    const free = this.#free();
    const isReady = (task: Task): boolean => free.has(task.id);
    const first = nextToFix(state.current, clock.now(), isReady);
    if (first === undefined || drain.aborted || this.#isHeld) return undefined;
    if (!config.autoFixEnabled) {
      await reportOnly(this.#parts, first.id);
      // There may be more, and nothing else wakes.
      return undefined;
    }
    const pending = await this.#door.pass(first, isReady);
    if (typeof pending === 'number') return pending;
    this.#taskId = pending.id;
    this.crew.claims.begin(this.#candidate(pending));
    const now = isoTime(clock.now());
    return state.update((draft) => structuredClone(claim(draft, pending.id, now, 'plan')));
  }

  async #work(task: Task, abort: AbortSignal): Promise<void> {
    const { clock, open, config } = this.#parts;
    const startedAt = clock.monotonic();
    const log: AttemptLog = { number: task.attempts.length + 1, strategy: '', patch: null, costUsd: 0 };
    const limit = AbortSignal.any([abort, this.watch.begin('plan', stepLimitMs('plan', config))]);
    const stop = AbortSignal.any([limit, open.signal(task.id)]);
    // There may be another one for them.
    this.#wakeOthers();
    await failpoint('fix.claimed');
    const onPhase = (phase: TaskPhase): void => this.watch.next(phase, stepLimitMs(phase, config));
    const end = await runAttempt(partsOf(this.#parts, this.number), this, task, log, stop, onPhase);
    if (end.kind === 'rejected' || end.kind === 'unavailable') assertThere(this.#parts);
    if (end.kind === 'landed') await this.#noteLanding(task, end.files);
    await settleAttempt(this.#parts, task, log, unlessOutlived(end, stop), startedAt, stop.reason);
  }

  /** Before it is settled: from then on nobody is excused from its tests. */
  async #noteLanding({ id, regression }: Task, files: readonly string[]): Promise<void> {
    const { open } = this.#parts;
    const ids = ownTests(open.record(id), regression);
    this.crew.landed.note(ids, files);
    await open.noteMended(id, ids);
  }

  #letGo(): void {
    for (const end of this.#turns.splice(0)) end();
    const { queues } = this.#parts.state.current;
    if (this.#taskId === undefined) return;
    const id = this.#taskId;
    this.#taskId = undefined;
    this.crew.claims.end(id);
    if (!queues.pending.some((task) => task.id === id)) this.crew.claims.forget(id);
    this.#wakeOthers();
  }

  #wakeOthers(): void {
    if (this.crew.size > 1) this.#wakeAll();
  }

  /** Of those in nobody else's hands. */
  readonly #isIts = ({ id, phase }: Task): boolean =>
    phase !== 'triage' && (id === this.#taskId || !this.crew.claims.has(id));

  /** As in a turn of its own: what is left is looked after by one at a time. */
  async #afterError(error: unknown, abort: AbortSignal): Promise<void> {
    const loop = { where: 'fixing', isIts: this.#isIts, takeBack: settleLeft };
    await this.crew.choosing.during(never, () => afterError(this.#parts, loop, error, abort));
  }

  #isReady = (task: Task): boolean =>
    this.#parts.open.isReady(task.id) && !isBehindProbe(this.#parts.state.current, task);

  #free(): ReadonlySet<string> {
    const { state, clock } = this.#parts;
    const due = dueToFix(state.current, clock.now(), this.#isReady);
    return this.crew.claims.free(due.map((task) => this.#candidate(task)));
  }

  /** What one more crash would set aside is worked on alone, so that nothing else is set aside with it. */
  #candidate({ id, file_path, begun = 0 }: Task): Candidate {
    const { open, config } = this.#parts;
    const files = open.has(id) ? [file_path, ...open.record(id).files] : [file_path];
    return { id, files, isAlone: begun > 0 && begun + 1 >= config.maxCrashes };
  }

  get #holds() {
    return holdsOf(this.#parts.state.current, this.#parts.clock.now());
  }

  get #isHeld(): boolean {
    const { paused, snoozedUntilMs } = this.#holds;
    return paused || snoozedUntilMs !== undefined;
  }

  #untilDueMs(): number | undefined {
    const { state, clock } = this.#parts;
    const now = clock.now();
    const free = this.#free();
    const due = new Set(dueToFix(state.current, now).map(({ id }) => id));
    // What waits for another task's files is looked at when that has ended.
    const isReady = (task: Task): boolean => this.#isReady(task) && (!due.has(task.id) || free.has(task.id));
    const dueAt = nextDueAt(state.current, now, isReady);
    const { paused, snoozedUntilMs = now } = this.#holds;
    if (dueAt === undefined || paused) return undefined;
    return Math.min(Math.max(0, dueAt - now, snoozedUntilMs - now), longestWaitMs);
  }
}

/** A step too long counts as an attempt: what hangs each time must come to an end, too. What is landed or parked is so. */
function unlessOutlived(end: AttemptEnd, { reason }: AbortSignal): AttemptEnd {
  if (!(reason instanceof StepOutlived) || end.kind === 'landed' || end.kind === 'parked') return end;
  return { kind: 'rejected', reasons: [`The step ${reason.message}.`] };
}
