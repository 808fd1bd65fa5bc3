import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TaskStatus } from '../../src/domain/task.ts';
import { enqueueFiles, isUntriaged, nextToFix } from '../../src/queue/enqueue.ts';
import { claim, fail, finish, putBack, recover, requireTask } from '../../src/queue/transitions.ts';
import type { StateDocument } from '../../src/state/schema.ts';
import { openMemoryStore, type StateStore } from '../../src/state/store.ts';
import { FakeClock } from '../rig/fake-clock.ts';

/** What a person would keep on paper of every task, and in which order it was made. */
interface PaperTask {
  status: TaskStatus;
  file: string;
  isRegression: boolean;
  notBefore: number;
  readonly priority: number;
  readonly madeAt: number;
}
interface Paper {
  readonly tasks: Map<string, PaperTask>;
}
interface Real {
  readonly store: StateStore;
  readonly clock: FakeClock;
}
type Command = fc.AsyncCommand<Paper, Real>;

const time = ({ clock }: Real): string => new Date(clock.now()).toISOString();

/** Four queues hold exactly what is on the paper; of what has ended, at most the last fifty. */
function expectSame(paper: Paper, { store }: Real): void {
  const { queues } = store.current;
  for (const status of ['pending', 'in_progress', 'completed', 'failed'] as const) {
    const onPaper = [...paper.tasks].filter(([, task]) => task.status === status).map(([id]) => id);
    const inState = queues[status].map(({ id }) => id);
    expect(new Set(inState).size).toBe(inState.length);
    for (const task of queues[status]) expect(task.status).toBe(status);
    if (status === 'pending' || status === 'in_progress') expect(inState.toSorted()).toEqual(onPaper.toSorted());
    else {
      expect(inState.length).toBe(Math.min(onPaper.length, 50));
      expect(onPaper).toEqual(expect.arrayContaining(inState));
    }
  }
}

function pick(paper: Paper, status: TaskStatus, number: number): [string, PaperTask] {
  const fitting = [...paper.tasks].filter(([, task]) => task.status === status);
  const found = fitting[number % fitting.length];
  if (found === undefined) throw new Error(`No task is ${status}`);
  return found;
}

const hasAny = (paper: Paper, status: TaskStatus): boolean =>
  [...paper.tasks.values()].some((task) => task.status === status);

class Save implements Command {
  readonly files: readonly string[];
  readonly priority: number;
  constructor(files: readonly string[], priority: number) {
    this.files = files;
    this.priority = priority;
  }
  check = (): boolean => true;
  async run(paper: Paper, real: Real): Promise<void> {
    const madeAt = real.clock.now();
    const created = await real.store.update((state) => {
      const tasks = enqueueFiles(state, this.files, time(real)).created;
      for (const task of tasks) task.priority = this.priority;
      return tasks.map(({ id, file_path }) => ({ id, file_path }));
    });
    const waiting = new Set(
      [...paper.tasks.values()]
        .filter((task) => task.status === 'pending' && !task.isRegression)
        .map(({ file }) => file),
    );
    expect(new Set(created.map(({ file_path }) => file_path))).toEqual(
      new Set(this.files.filter((file) => !waiting.has(file))),
    );
    for (const { id, file_path } of created) {
      expect(paper.tasks.has(id)).toBe(false);
      const { priority } = this;
      paper.tasks.set(id, { status: 'pending', file: file_path, isRegression: false, notBefore: 0, priority, madeAt });
    }
    expectSame(paper, real);
  }
  toString = (): string => `save ${this.files.join(' ')} (${this.priority})`;
}

type Change = (state: StateDocument, id: string, now: string) => unknown;

class Step implements Command {
  readonly name: string;
  readonly from: TaskStatus;
  readonly number: number;
  readonly change: Change;
  readonly note: (task: PaperTask, now: number) => void;
  constructor(
    name: string,
    from: TaskStatus,
    number: number,
    change: Change,
    note: (task: PaperTask, now: number) => void,
  ) {
    this.name = name;
    this.from = from;
    this.number = number;
    this.change = change;
    this.note = note;
  }
  check = (paper: Readonly<Paper>): boolean => hasAny(paper, this.from);
  async run(paper: Paper, real: Real): Promise<void> {
    const [id, task] = pick(paper, this.from, this.number);
    await real.store.update((state) => void this.change(state, id, time(real)));
    this.note(task, real.clock.now());
    expectSame(paper, real);
  }
  toString = (): string => `${this.name} ${this.number}`;
}

/** A step that no drawing shows: it throws, and nothing of it remains. */
class Impossible implements Command {
  readonly number: number;
  constructor(number: number) {
    this.number = number;
  }
  check = (paper: Readonly<Paper>): boolean => hasAny(paper, 'completed');
  async run(paper: Paper, real: Real): Promise<void> {
    const [id] = pick(paper, 'completed', this.number);
    const before = real.store.current;
    await expect(real.store.update((state) => void claim(state, id, time(real), 'plan'))).rejects.toThrow();
    expect(real.store.current).toEqual(before);
    expectSame(paper, real);
  }
  toString = (): string => `impossible ${this.number}`;
}

class Next implements Command {
  readonly waitMs: number;
  constructor(waitMs: number) {
    this.waitMs = waitMs;
  }
  check = (): boolean => true;
  async run(paper: Paper, real: Real): Promise<void> {
    await real.clock.advance(this.waitMs);
    const now = real.clock.now();
    const due = [...paper.tasks.values()].filter(
      (task) => task.status === 'pending' && task.isRegression && task.notBefore <= now,
    );
    const [first] = due.toSorted((a, b) => b.priority - a.priority || a.madeAt - b.madeAt);
    const next = nextToFix(real.store.current, now);
    expect(next === undefined).toBe(first === undefined);
    if (next === undefined || first === undefined) return;
    expect(paper.tasks.get(next.id)).toMatchObject({ priority: first.priority, madeAt: first.madeAt });
  }
  toString = (): string => `next after ${this.waitMs} ms`;
}

class Crash implements Command {
  check = (): boolean => true;
  async run(paper: Paper, real: Real): Promise<void> {
    await real.store.update((state) => void recover(state));
    for (const task of paper.tasks.values()) if (task.status === 'in_progress') task.status = 'pending';
    expectSame(paper, real);
  }
  toString = (): string => 'crash';
}

const number = fc.nat({ max: 1_000 });
const files = fc.array(fc.constantFrom('a.ts', 'b.ts', 'c.ts', 'd.ts', 'e.ts'), { minLength: 1, maxLength: 5 });
const regression = { fingerprint: 'abc', tests: [], count: 1 };
const retryAfterMs = 500;

const commands = [
  fc.tuple(files, fc.integer({ min: 0, max: 2 })).map(([paths, priority]) => new Save(paths, priority)),
  number.map(
    (choice) =>
      new Step(
        'claim',
        'pending',
        choice,
        (state, id, now) => claim(state, id, now, 'plan'),
        (task) => {
          task.status = 'in_progress';
          task.notBefore = 0;
        },
      ),
  ),
  number.map(
    (choice) =>
      new Step(
        'put back as a regression',
        'in_progress',
        choice,
        (state, id, now) => {
          requireTask(state, id).regression = regression;
          putBack(state, id, new Date(Date.parse(now) + retryAfterMs).toISOString());
        },
        (task, now) => {
          task.status = 'pending';
          task.isRegression = true;
          task.notBefore = now + retryAfterMs;
        },
      ),
  ),
  number.map(
    (choice) =>
      new Step(
        'finish',
        'in_progress',
        choice,
        (state, id, now) => finish(state, id, 'fixed', now),
        (task) => {
          task.status = 'completed';
        },
      ),
  ),
  number.map(
    (choice) =>
      new Step(
        'finish unworked',
        'pending',
        choice,
        (state, id, now) => finish(state, id, 'clean', now),
        (task) => {
          task.status = 'completed';
        },
      ),
  ),
  number.map(
    (choice) =>
      new Step(
        'fail',
        'in_progress',
        choice,
        (state, id, now) => fail(state, id, 'why', now),
        (task) => {
          task.status = 'failed';
        },
      ),
  ),
  number.map((choice) => new Impossible(choice)),
  fc.integer({ min: 1, max: 1_000 }).map((ms) => new Next(ms)),
  fc.constant(new Crash()),
];

test('QUEUE-1 QUEUE-2 QUEUE-3 QUEUE-4: the queues do what a person with pencil and paper would do', async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 60, size: '+1' }), async (sequence) => {
      const clock = new FakeClock();
      const store = openMemoryStore({ clock });
      await fc.asyncModelRun(() => ({ model: { tasks: new Map() }, real: { store, clock } }), sequence);
      for (const task of store.current.queues.pending) expect(isUntriaged(task)).toBe(task.regression === undefined);
    }),
    { numRuns: 60 },
  );
});
