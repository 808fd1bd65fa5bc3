import { isoTime } from '../clock.ts';
import type { Task, TaskOutcome } from '../domain/task.ts';
import { failpoint } from '../failpoint.ts';
import { addFileTask } from '../queue/enqueue.ts';
import { claim, fail, finish, putBack, requireTask } from '../queue/transitions.ts';
import type { FoundRegression } from '../triage/regressions.ts';
import type { Triage } from '../triage/triage.ts';
import type { Snapshot } from '../workspace/types.ts';
import { forgetGreenMutes, siftMuted } from './mute.ts';
import type { GoneFiles } from './open-regressions.ts';
import type { Parts } from './parts.ts';
import { remember, rememberTestRun, taskFinished } from './settle.ts';
import { strikeAgent } from './strikes.ts';
import { tellMended } from './tell-mended.ts';

const maxDiffCharacters = 60_000;

type Triaged = Extract<Triage, { kind: 'triaged' }>;

export async function putAllBack({ state }: Parts, tasks: readonly Task[]): Promise<void> {
  await state.update((draft) => {
    for (const { id } of tasks) putBack(draft, id);
  });
}

export async function settleRound(
  parts: Parts,
  claimed: readonly Task[],
  result: Triage,
  gone: GoneFiles,
  onRegressions: () => void,
): Promise<void> {
  if (result.kind === 'cancelled') return putAllBack(parts, claimed);
  if (result.kind === 'broken') {
    parts.events.emit({ type: 'triage.broken', reason: result.reason, detail: result.detail });
    return failAll(parts, claimed, result.detail);
  }
  const { open, baseline } = parts;
  tellResult(parts, result);
  for (const taskId of open.mendedIn(result.report, gone)) open.stop(taskId, 'mended by the person');
  const { muted, others } = await siftMuted(parts, result);
  await settleRegressions(parts, claimed, { ...result, regressions: others }, gone);
  // The tasks that hold red tests are durable now; only then may the baseline learn from the run.
  for (const { tests, fingerprint } of muted) baseline.current?.markRed(tests, fingerprint);
  if (others.length > 0) onRegressions();
  await failpoint('triage.tasks-durable');
  learn(parts, result, gone);
  await baseline.save();
  await failpoint('triage.baseline-saved');
  // Last: after a crash before this, what has changed since the earlier tree is triaged once more.
  await noteTriaged(parts, result.snapshot);
  await failpoint('triage.settled');
  await forgetGreenMutes(parts);
  await tellMended(parts);
}

function learn({ open, baseline: { current }, events }: Parts, result: Triaged, gone: GoneFiles): void {
  if (current === undefined) return;
  const held = open.held();
  if (result.report !== undefined) {
    const machine = result.machine.map(({ test }) => test.id);
    const unsettled = new Set([...held, ...machine, ...result.flaky.map(({ id }) => id)]);
    const steady = current.settle(result.report, result.snapshot.tree, unsettled, result.setAside);
    for (const { file, title, status } of steady) {
      events.emit({ type: 'test.steady', file, title, status: status === 'green' ? 'green' : 'red' });
    }
  }
  current.markFlaky(result.flaky);
  current.forgetFiles(gone, held);
}

export function tellResult({ events }: Parts, result: Triaged): void {
  events.emit({
    type: 'triage.finished',
    ran: result.report?.tests.length ?? 0,
    red: result.regressions.reduce((sum, { tests }) => sum + tests.length, 0),
    knownRed: result.alreadyRed,
    flaky: result.flaky.length,
    durationMs: result.durationMs,
  });
  for (const { file, title } of result.flaky) events.emit({ type: 'test.flaky', file, title, during: 'triage' });
  if (result.machine.length === 0) return;
  const tests = result.machine.map(({ test }) => test.title);
  const what = [...new Set(result.machine.map((one) => one.what))].join(', ');
  events.emit({ type: 'triage.machine', what, tests: tests.slice(0, 5), count: tests.length });
}

/** Every regression gets a task, every other task its end. */
async function settleRegressions(
  parts: Parts,
  claimed: readonly Task[],
  result: Triaged,
  gone: GoneFiles,
): Promise<void> {
  const tasks = [...claimed];
  const carriers = new Map<string, FoundRegression>();
  const joined = new Set<string>();
  const inRegression = new Set(result.regressions.flatMap(({ files }) => files));
  const outcomeOf = (task: Task): TaskOutcome | undefined => {
    if (carriers.has(task.id)) return undefined;
    if (joined.has(task.id) || inRegression.has(task.file_path)) return 'duplicate';
    return result.flaky.length > 0 ? 'flaky' : 'clean';
  };
  try {
    for (const regression of result.regressions)
      await place(parts, tasks, regression, { result, gone, carriers, joined });
    await settleTasks(parts, tasks, outcomeOf, carriers, result);
  } catch (error) {
    // No task holds them after all. The next round would join them instead of finding them again.
    for (const taskId of carriers.keys()) parts.open.close(taskId);
    throw error;
  }
}

interface Round {
  readonly result: Triaged;
  readonly gone: GoneFiles;
  readonly carriers: Map<string, FoundRegression>;
  readonly joined: Set<string>;
}

/** Finds the task that carries a regression: an open one that shares a red test, else the oldest of its file tasks. */
async function place(
  parts: Parts,
  tasks: Task[],
  regression: FoundRegression,
  { result, gone, carriers, joined }: Round,
): Promise<void> {
  const { open, events } = parts;
  if (result.report === undefined) return;
  const diff = await diffSinceLastTriage(parts, result.snapshot, regression.files);
  const mine = tasks.filter((task) => task.type === 'batch' || regression.files.includes(task.file_path));
  const already = open.overlapping(regression.tests);
  if (already !== undefined) {
    const { files, tests } = regression;
    await open.refresh(already, { files, tests, diff, report: result.report, gone });
    for (const { id } of mine) joined.add(id);
    events.emit({ type: 'regression.joined', taskId: already, files: regression.files });
    return;
  }
  const carrier = mine.find(({ id }) => !carriers.has(id)) ?? (await additionalTask(parts, regression));
  if (!tasks.includes(carrier)) tasks.push(carrier);
  carriers.set(carrier.id, regression);
  await open.add(carrier.id, {
    fingerprint: regression.fingerprint,
    files: regression.files,
    tests: regression.tests,
    diff,
    before: result.report,
  });
}

/** One task may have brought several regressions (a batch of very many files): each gets a task of its own. */
async function additionalTask(parts: Parts, { files }: FoundRegression): Promise<Task> {
  const now = isoTime(parts.clock.now());
  return parts.state.update((state) => {
    const task = addFileTask(state, files[0] ?? '.', now);
    return structuredClone(claim(state, task.id, now, 'triage'));
  });
}

/** What the changes of the next round are counted from. */
export function lastTriagedTree({ state, baseline }: Parts): string | undefined {
  return state.current.last_triaged_tree ?? baseline.current?.document.tree;
}

async function diffSinceLastTriage(parts: Parts, { tree }: Snapshot, paths: readonly string[]): Promise<string> {
  const from = lastTriagedTree(parts);
  if (from === undefined) return '';
  try {
    return await parts.workspace.diff(from, tree, { paths, limit: maxDiffCharacters });
  } catch {
    // The cache was emptied since the last run of the agent: the earlier tree is gone, the failure still speaks.
    return '';
  }
}

/** What the next round's changes, and those of a restart, are counted from. */
export async function noteTriaged({ state }: Parts, { tree }: Snapshot): Promise<void> {
  await state.update((draft) => {
    draft.last_triaged_tree = tree;
  });
}

export async function settleTasks(
  parts: Parts,
  tasks: readonly Task[],
  outcomeOf: (task: Task) => TaskOutcome | undefined,
  carriers: ReadonlyMap<string, FoundRegression> = new Map(),
  result?: Triaged,
): Promise<void> {
  const now = isoTime(parts.clock.now());
  await parts.state.update((state) => {
    for (const { id } of tasks) {
      const regression = carriers.get(id);
      const task = requireTask(state, id);
      const outcome = outcomeOf(task);
      if (result?.report !== undefined && outcome !== 'duplicate') {
        const { tests, files, durationMs } = result.report;
        const run = { ran: tests.length, files, durationMs, passed: regression === undefined };
        rememberTestRun(state, id, now, run, 'triage');
      }
      if (regression !== undefined) {
        task.regression = {
          fingerprint: regression.fingerprint,
          tests: regression.tests.slice(0, 50).map(({ id }) => id.slice(0, 2_000)),
          count: regression.tests.length,
        };
        putBack(state, id);
        remember(state, now, 'regression_found', id, {
          tests: regression.tests.length,
          fingerprint: regression.fingerprint,
        });
      } else if (outcome !== undefined) {
        finish(state, id, outcome, now);
        state.statistics.tasks_processed++;
        state.statistics.tasks_succeeded++;
        remember(state, now, 'task_finished', id, { outcome });
      }
    }
  });
  for (const task of tasks) {
    const regression = carriers.get(task.id);
    const outcome = outcomeOf(task);
    if (regression !== undefined) {
      const tests = regression.tests.slice(0, 5).map(({ title }) => title);
      const { fingerprint, files } = regression;
      parts.events.emit({
        type: 'regression.found',
        taskId: task.id,
        fingerprint,
        tests,
        count: regression.tests.length,
        files,
      });
    } else if (outcome !== undefined) taskFinished(parts, task.id);
  }
}

export async function failAll(parts: Parts, tasks: readonly Task[], detail: string): Promise<void> {
  await strikeAgent(parts, `the tests could not be run: ${detail}`);
  const now = isoTime(parts.clock.now());
  await parts.state.update((state) => {
    for (const { id } of tasks) {
      fail(state, id, `The tests could not be run: ${detail}`.slice(0, 2_000), now);
      state.statistics.tasks_processed++;
      state.statistics.tasks_failed++;
      remember(state, now, 'task_failed', id, { reason: detail.slice(0, 500) });
    }
  });
  for (const { id } of tasks) taskFinished(parts, id);
}
