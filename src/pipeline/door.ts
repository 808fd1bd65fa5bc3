import { isoTime } from '../clock.ts';
import type { Task } from '../domain/task.ts';
import { claim } from '../queue/transitions.ts';
import { giveUp } from './give-up.ts';
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

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Undefined: the task may begin now. Else how long to wait; a task that may not begin at all has been ended. */
  async pass(task: Task): Promise<number | undefined> {
    const permission = await mayBegin(this.#parts, task);
    switch (permission.kind) {
      case 'go':
        return undefined;
      case 'refuse':
        await this.#refuse(task, permission.reason);
        return 0;
      case 'wait':
        this.#tell(permission);
        return this.#untilMs(permission);
    }
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
