import { isoTime } from '../clock.ts';
import type { Task } from '../domain/task.ts';
import { failpoint } from '../failpoint.ts';
import { untriaged } from '../queue/enqueue.ts';
import { claim } from '../queue/transitions.ts';
import { type Triage, triage } from '../triage/triage.ts';
import { isWatched } from '../watch/scope.ts';
import type { Snapshot, TreeChange } from '../workspace/types.ts';
import { StepOutlived } from './loop-watch.ts';
import { assertThere } from './loose-ends.ts';
import { warmUsd } from './may-begin.ts';
import type { Parts } from './parts.ts';
import { broughtIn, type Moment, outdatedBy, renewBaseline } from './renew-baseline.ts';
import { lastTriagedTree, putAllBack, settleRound } from './settle-round.ts';
import type { TreeLooks } from './tree-looks.ts';

/**
 * Looks once at everything that waits for triage. Gives false when nothing did.
 *
 * @param onRegressions their tasks are in the state file and can be taken in hand
 */
export async function triageRound(
  parts: Parts,
  looks: TreeLooks,
  signal: AbortSignal,
  onRegressions: () => void,
): Promise<boolean> {
  if (untriaged(parts.state.current).length === 0) return false;
  const startedAt = parts.clock.monotonic();
  // Git moves HEAD last: read first, it never belongs to a newer tree than the snapshot.
  const [tasks, head] = await Promise.all([claimUntriaged(parts), parts.workspace.head()]);
  await failpoint('triage.claimed');
  const landed = JSON.stringify(parts.state.current.landings);
  const saved = await filesOf(parts, tasks);
  const look = await looks.take([...saved], landed);
  const { snapshot } = look;
  const known = await changesSinceLastTriage(parts, snapshot);
  const changes = known ?? [];
  const files = withWatched(parts, saved, changes);
  const moment = { head, snapshot, changes };
  parts.events.emit({ type: 'triage.started', files, snapshotMs: parts.clock.monotonic() - startedAt });
  await failpoint('triage.started');
  const baseline = parts.baseline.current;
  const outdated = baseline === undefined ? undefined : await outdatedBy(parts, moment, files);
  if (baseline === undefined || outdated !== undefined) {
    if (!(await look.isWhole())) return again(parts, tasks);
    await renewBaseline(parts, tasks, moment, outdated, signal);
    return true;
  }
  const lane = parts.workspace.lane('triage');
  const looked = await triage({
    lane,
    snapshot,
    files,
    changed: changes.map(({ path }) => path),
    isBlind: known === undefined,
    runner: parts.runner,
    runTests: parts.runTests,
    baseline,
    scope: parts.config.fixScope,
    earlier: () => earlierSnapshot(parts),
    onRed: (tests) => {
      parts.events.emit({
        type: 'triage.red',
        tests: tests.slice(0, 5).map(({ title }) => title),
        count: tests.length,
      });
      const usd = warmUsd(parts);
      if (parts.config.autoFixEnabled && usd !== undefined && parts.open.overlapping(tests) === undefined) {
        parts.planner.warm(usd);
        parts.fixer.warm(usd);
      }
    },
    signal,
  });
  const result = outlived(looked, signal);
  assertThere(parts);
  await failpoint('triage.finished');
  const isStale =
    hasLandedMeanwhile(parts, result, landed) ||
    (result.kind === 'triaged' && !(await look.isWhole())) ||
    (await hasMovedMeanwhile(parts, result, moment));
  if (isStale) return again(parts, tasks);
  if (result.kind === 'triaged') baseline.noteHead(head);
  const gone = new Set(changes.filter(({ kind }) => kind === 'deleted').map(({ path }) => path));
  await settleRound(parts, tasks, result, gone, onRegressions);
  // What the tests left behind is cleaned away now, so that the next save need not wait for it. A failure shows there.
  lane.ready(snapshot).catch(() => undefined);
  return true;
}

/** The next round looks at them anew. */
async function again(parts: Parts, tasks: readonly Task[]): Promise<true> {
  await putAllBack(parts, tasks);
  return true;
}

/** What takes longer than any run may would do so again: its tasks end, instead of coming back for ever. */
function outlived(result: Triage, { reason }: AbortSignal): Triage {
  if (result.kind !== 'cancelled' || !(reason instanceof StepOutlived)) return result;
  return { kind: 'broken', reason: 'timed-out', detail: reason.message, outputTail: '' };
}

/** The snapshot was taken in the middle of a checkout: nobody is to be blamed before the whole of it was seen. */
async function hasMovedMeanwhile(parts: Parts, result: Triage, moment: Moment): Promise<boolean> {
  if (result.kind !== 'triaged' || result.regressions.length === 0) return false;
  const head = await parts.workspace.head();
  return head !== moment.head && (await broughtIn(parts, { ...moment, head })).length > 0;
}

/**
 * A fix has landed, or was taken back, since the snapshot: what is red in it may be green in the tree, and it would look
 * as if the person had undone the fix by hand.
 */
function hasLandedMeanwhile({ state }: Parts, result: Triage, before: string): boolean {
  if (result.kind !== 'triaged' || result.regressions.length === 0) return false;
  return JSON.stringify(state.current.landings) !== before;
}

async function claimUntriaged(parts: Parts): Promise<readonly Task[]> {
  const now = isoTime(parts.clock.now());
  return parts.state.update((state) =>
    untriaged(state).map(({ id }) => structuredClone(claim(state, id, now, 'triage'))),
  );
}

/**
 * How the tree differs from the last one that was triaged. It is triaged as a whole: a file that was saved a moment ago
 * is in the snapshot although its task may only come with the next batch, and `last_triaged_tree` will count it as done.
 */
async function changesSinceLastTriage(parts: Parts, { tree }: Snapshot): Promise<readonly TreeChange[] | undefined> {
  const from = lastTriagedTree(parts);
  if (from === undefined) return [];
  // The cache was emptied since the last run of the agent, or the project moved: the tasks name every file there is.
  return parts.workspace.changes(from, tree).catch(() => undefined);
}

/** The cache may have been emptied since: then nothing is told apart. */
async function earlierSnapshot(parts: Parts): Promise<Snapshot | undefined> {
  const tree = lastTriagedTree(parts);
  return tree === undefined ? undefined : parts.workspace.snapshotOf(tree).catch(() => undefined);
}

async function filesOf({ runs }: Parts, tasks: readonly Task[]): Promise<ReadonlySet<string>> {
  const files = new Set<string>();
  for (const task of tasks) {
    if (task.type !== 'batch') files.add(task.file_path);
    // Without its list a batch is what has changed.
    else for (const file of await runs.readFiles(task.id).catch(() => [])) files.add(file);
  }
  return files;
}

function withWatched({ config }: Parts, saved: ReadonlySet<string>, changes: readonly TreeChange[]): readonly string[] {
  const watched = changes.map(({ path }) => path).filter((path) => isWatched(path, config.watchPaths));
  return [...new Set([...saved, ...watched])];
}
