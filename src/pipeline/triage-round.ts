import { isoTime } from '../clock.ts';
import type { Task, TaskOutcome } from '../domain/task.ts';
import { addFileTask, untriaged } from '../queue/enqueue.ts';
import { claim, fail, finish, putBack, requireTask } from '../queue/transitions.ts';
import type { FoundRegression } from '../triage/regressions.ts';
import { type Triage, triage } from '../triage/triage.ts';
import type { Snapshot } from '../workspace/types.ts';
import { reportOnly } from './give-up.ts';
import { makeBaseline } from './make-baseline.ts';
import type { Parts } from './parts.ts';
import { remember, rememberTestRun, taskFinished } from './settle.ts';

const maxDiffCharacters = 60_000;

/** Looks once at everything that waits for triage. Gives false when nothing did. */
export async function triageRound(parts: Parts, signal: AbortSignal): Promise<boolean> {
  const tasks = await claimUntriaged(parts);
  if (tasks.length === 0) return false;
  const files = await changedFiles(parts, tasks);
  const snapshot = await parts.workspace.snapshot();
  parts.events.emit({ type: 'triage.started', files });
  const baseline = parts.baseline.current;
  if (baseline === undefined) {
    await makeBaseline(parts, snapshot, signal);
    await settleTasks(parts, tasks, snapshot, () => 'clean');
    return true;
  }
  const result = await triage({
    lane: parts.workspace.lane('triage'),
    snapshot,
    files,
    runner: parts.runner,
    runTests: parts.runTests,
    baseline,
    scope: parts.config.fixScope,
    onRed: (tests) => {
      parts.events.emit({
        type: 'triage.red',
        tests: tests.slice(0, 5).map(({ title }) => title),
        count: tests.length,
      });
      if (parts.config.autoFixEnabled && parts.open.overlapping(tests) === undefined) {
        parts.planner.warm();
        parts.fixer.warm();
      }
    },
    signal,
  });
  await settleRound(parts, tasks, result);
  return true;
}

async function claimUntriaged(parts: Parts): Promise<readonly Task[]> {
  if (untriaged(parts.state.current).length === 0) return [];
  const now = isoTime(parts.clock.now());
  return parts.state.update((state) =>
    untriaged(state).map(({ id }) => structuredClone(claim(state, id, now, 'triage'))),
  );
}

async function changedFiles(parts: Parts, tasks: readonly Task[]): Promise<readonly string[]> {
  const files = new Set<string>();
  for (const task of tasks) {
    if (task.type !== 'batch') files.add(task.file_path);
    else for (const file of await parts.runs.readFiles(task.id)) files.add(file);
  }
  return [...files];
}

async function settleRound(parts: Parts, claimed: readonly Task[], result: Triage): Promise<void> {
  const tasks = [...claimed];
  if (result.kind === 'cancelled') {
    await parts.state.update((state) => {
      for (const { id } of tasks) putBack(state, id);
    });
    return;
  }
  if (result.kind === 'broken') return settleBroken(parts, tasks, result.reason, result.detail);

  const { events, open, baseline } = parts;
  events.emit({
    type: 'triage.finished',
    ran: result.report?.tests.length ?? 0,
    red: result.regressions.reduce((sum, { tests }) => sum + tests.length, 0),
    knownRed: result.alreadyRed,
    flaky: result.flaky.length,
    durationMs: result.durationMs,
  });
  for (const id of result.flaky) events.emit({ type: 'test.flaky', test: id });
  if (result.report !== undefined) {
    for (const taskId of open.mendedIn(result.report)) open.stop(taskId, 'mended by the person');
  }
  const carriers = new Map<string, FoundRegression>();
  const joined = new Set<string>();
  for (const regression of result.regressions) await place(parts, tasks, regression, result, carriers, joined);

  const inRegression = new Set([...result.regressions.flatMap(({ files }) => files)]);
  const outcomeOf = (task: Task): TaskOutcome | undefined => {
    if (carriers.has(task.id)) return undefined;
    if (joined.has(task.id) || inRegression.has(task.file_path)) return 'duplicate';
    return result.flaky.length > 0 ? 'flaky' : 'clean';
  };
  await settleTasks(parts, tasks, result.snapshot, outcomeOf, carriers, result);
  // The tasks that hold red tests are durable now; only then may the baseline learn from the run.
  for (const id of result.flaky) baseline.current?.markFlaky(id);
  if (result.report !== undefined) {
    baseline.current?.settle(result.report, result.snapshot.tree, open.held(), result.setAside);
  }
  await baseline.save();
  if (!parts.config.autoFixEnabled) for (const taskId of carriers.keys()) await reportOnly(parts, taskId);
}

/** Finds the task that carries a regression: an open one that shares a red test, else the oldest of its file tasks. */
async function place(
  parts: Parts,
  tasks: Task[],
  regression: FoundRegression,
  result: Extract<Triage, { kind: 'triaged' }>,
  carriers: Map<string, FoundRegression>,
  joined: Set<string>,
): Promise<void> {
  const { open, events } = parts;
  if (result.report === undefined) return;
  const diff = await diffSinceLastTriage(parts, result.snapshot, regression.files);
  const mine = tasks.filter((task) => task.type === 'batch' || regression.files.includes(task.file_path));
  const already = open.overlapping(regression.tests);
  if (already !== undefined) {
    await open.refresh(already, { files: regression.files, tests: regression.tests, diff, report: result.report });
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

async function diffSinceLastTriage(parts: Parts, { tree }: Snapshot, paths: readonly string[]): Promise<string> {
  const from = parts.state.current.last_triaged_tree ?? parts.baseline.current?.document.tree;
  if (from === undefined) return '';
  try {
    return await parts.workspace.diff(from, tree, { paths, limit: maxDiffCharacters });
  } catch {
    // The cache was emptied since the last run of the agent: the earlier tree is gone, the failure still speaks.
    return '';
  }
}

async function settleTasks(
  parts: Parts,
  tasks: readonly Task[],
  snapshot: Snapshot,
  outcomeOf: (task: Task) => TaskOutcome | undefined,
  carriers: ReadonlyMap<string, FoundRegression> = new Map(),
  result?: Extract<Triage, { kind: 'triaged' }>,
): Promise<void> {
  const now = isoTime(parts.clock.now());
  await parts.state.update((state) => {
    state.last_triaged_tree = snapshot.tree;
    for (const { id } of tasks) {
      const regression = carriers.get(id);
      const task = requireTask(state, id);
      const outcome = outcomeOf(task);
      if (result?.report !== undefined && outcome !== 'duplicate') {
        rememberTestRun(state, id, now, result.report, regression === undefined, 'triage');
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

async function settleBroken(parts: Parts, tasks: readonly Task[], reason: string, detail: string): Promise<void> {
  parts.events.emit({ type: 'triage.broken', reason, detail });
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
