import { isoTime } from '../clock.ts';
import type { Task } from '../domain/task.ts';
import { nextToFix } from '../queue/enqueue.ts';
import { claim } from '../queue/transitions.ts';
import { giveUp } from './give-up.ts';
import { hasKeptFix } from './kept-fix.ts';
import { mayBegin, type Permission } from './may-begin.ts';
import type { Parts } from './parts.ts';

/** What waits is looked at again at least this often: settings and clocks change without a word. */
const longestWaitMs = 60_000;
/** Nor more often than this, whatever a clock says. */
const shortestWaitMs = 100;

/** Where regressions wait until work on them may begin; each is told once what it waits for. */
export class Door {
  readonly #parts: Parts;
  /** What was waited for last, and the tasks of which it was told. */
  #wait = '';
  readonly #told = new Set<string>();
  /** What waits and is known to have no fix that is paid: such a fix comes only by work on it. */
  #unpaid = new Set<string>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * The task that may begin now: this one, or while it waits for the model, one whose fix is paid and has only to be
   * judged. Else how long to wait; a task that may not begin at all has been ended.
   */
  async pass(task: Task, isReady: (task: Task) => boolean): Promise<Task | number> {
    const permission = await mayBegin(this.#parts, task);
    switch (permission.kind) {
      case 'go':
        this.#unpaid.delete(task.id);
        return task;
      case 'refuse':
        await this.#refuse(task, permission.reason);
        return 0;
      case 'wait': {
        const paid = await this.#nextPaid(isReady);
        if (paid !== undefined && (await mayBegin(this.#parts, paid)).kind === 'go') return paid;
        this.#tell(permission);
        return this.#untilMs(permission);
      }
    }
  }

  async #nextPaid(isReady: (task: Task) => boolean): Promise<Task | undefined> {
    const { state, clock } = this.#parts;
    const paid = new Set<string>();
    const unpaid = new Set<string>();
    for (const task of state.current.queues.pending.filter(({ regression }) => regression !== undefined)) {
      const isPaid = !this.#unpaid.has(task.id) && (await hasKeptFix(this.#parts, task));
      (isPaid ? paid : unpaid).add(task.id);
    }
    this.#unpaid = unpaid;
    return nextToFix(state.current, clock.now(), (task) => paid.has(task.id) && isReady(task));
  }

  #untilMs({ until }: Extract<Permission, { kind: 'wait' }>): number {
    const ms = until === undefined ? longestWaitMs : until - this.#parts.clock.now();
    return Math.min(longestWaitMs, Math.max(shortestWaitMs, ms));
  }

  #tell(permission: Extract<Permission, { kind: 'wait' }>): void {
    const { state, events } = this.#parts;
    const { until, since } = permission;
    const wait = `${permission.for} ${since}`;
    if (this.#wait !== wait) this.#told.clear();
    this.#wait = wait;
    for (const { id, file_path, regression } of state.current.queues.pending) {
      if (regression === undefined || this.#told.has(id)) continue;
      this.#told.add(id);
      events.emit({
        type: 'task.waiting',
        taskId: id,
        file: file_path,
        for: permission.for,
        ...(until === undefined ? {} : { until }),
      });
    }
  }

  async #refuse({ id }: Task, reason: string): Promise<void> {
    const { state, clock } = this.#parts;
    const now = isoTime(clock.now());
    await state.update((draft) => void claim(draft, id, now, 'escalate'));
    await giveUp(this.#parts, id, reason);
  }
}
