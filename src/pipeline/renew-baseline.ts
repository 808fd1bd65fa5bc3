import type { Task } from '../domain/task.ts';
import type { TestReport } from '../domain/tests.ts';
import type { Snapshot, TreeChange } from '../workspace/types.ts';
import { makeBaseline } from './make-baseline.ts';
import { forgetGreenMutes } from './mute.ts';
import type { Parts } from './parts.ts';
import { failAll, noteTriaged, putAllBack, settleTasks } from './settle-round.ts';
import { tellMended } from './tell-mended.ts';

/** What a round looks at: everything is of the same moment. */
export interface Moment {
  readonly head: string | undefined;
  readonly snapshot: Snapshot;
  /** How the tree differs from the last one that was triaged. */
  readonly changes: readonly TreeChange[];
}

/** Why the baseline says nothing about this tree; `files` are those that say so. */
export interface Outdated {
  readonly reason:
    | 'the branch was switched'
    | 'the test configuration was changed'
    | `${'LANE_LINKS' | 'WATCH_PATHS' | 'PROJECT_READ_ONLY'} was changed`;
  readonly files: readonly string[];
}

/** As much of a round must come from the switch: a file that was saved in the same moment must not make it a hundred tasks. */
const mostly = 2 / 3;

export async function outdatedBy(
  parts: Parts,
  moment: Moment,
  files: readonly string[],
): Promise<Outdated | undefined> {
  const { runner, baseline, config } = parts;
  const switched = await broughtIn(parts, moment);
  if (switched.length > 0) return { reason: 'the branch was switched', files: switched };
  // Where the earlier tree is not known any more, only the tasks name files.
  const changed = moment.changes.length > 0 ? moment.changes.map(({ path }) => path) : files;
  const settings = changed.filter((path) => runner.isSettings(path));
  if (settings.length > 0) return { reason: 'the test configuration was changed', files: settings };
  const made = baseline.current?.document;
  const surroundings = [
    ['LANE_LINKS', made?.lane_links?.join(), config.laneLinks.join()],
    ['WATCH_PATHS', made?.watch_paths?.join(), config.watchPaths.join()],
    ['PROJECT_READ_ONLY', made?.read_only, config.projectReadOnly],
  ] as const;
  for (const [name, then, now] of surroundings)
    if (then !== undefined && then !== now) return { reason: `${name} was changed`, files: [] };
  return undefined;
}

/**
 * The files that are what they are because HEAD moved, when that is most of what has changed; else none. A path counts
 * when it has exactly the content that HEAD has there: an edit on top of it is the person's own.
 */
export async function broughtIn(parts: Parts, { head, changes }: Moment): Promise<readonly string[]> {
  const from = parts.baseline.current?.document.head;
  if (from === undefined || head === undefined || from === head || changes.length === 0) return [];
  const move = await parts.workspace.headMove(from, head);
  if (move?.isSwitch !== true) return [];
  const isHeads = ({ path, kind, newBlob }: TreeChange): boolean =>
    move.blobs.get(path) === (kind === 'deleted' ? undefined : newBlob);
  const files = changes.filter(isHeads).map(({ path }) => path);
  return files.length >= changes.length * mostly ? files : [];
}

/** Runs everything once instead of asking who broke what. The tasks end as clean. */
export async function renewBaseline(
  parts: Parts,
  tasks: readonly Task[],
  moment: Moment,
  outdated: Outdated | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { events, open } = parts;
  const { snapshot, head } = moment;
  if (outdated !== undefined) {
    const { reason, files } = outdated;
    events.emit({ type: 'baseline.outdated', reason, files: files.slice(0, 20), total: files.length });
  }
  const isSwitch = outdated?.reason === 'the branch was switched';
  if (isSwitch) pauseUnproven(parts);
  try {
    const run = await makeBaseline(parts, snapshot, signal, { head });
    if (run.kind === 'cancelled') return await putAllBack(parts, tasks);
    if (run.kind === 'broken') return await failAll(parts, tasks, run.detail);
    if (run.kind === 'report') await moveRegressions(parts, run.report, isSwitch);
    await settleTasks(parts, tasks, () => 'clean');
    await noteTriaged(parts, snapshot);
    await forgetGreenMutes(parts);
    await tellMended(parts);
  } finally {
    open.resumeAll();
  }
}

/** A patch that is proven lands or is parked by itself; what is not proven was made for another tree. */
function pauseUnproven({ open, state }: Parts): void {
  const landing = landingIn(state.current.queues.in_progress);
  for (const taskId of open.going) if (!landing.has(taskId)) open.pause(taskId, 'the branch was switched');
}

/** What is still red is worked on with this run in mind; what is green or gone there is over. */
async function moveRegressions({ open, state }: Parts, report: TestReport, isSwitch: boolean): Promise<void> {
  const landing = landingIn(state.current.queues.in_progress);
  for (const taskId of open.going) {
    if (landing.has(taskId) || (await open.moveTo(taskId, report))) continue;
    open.stop(taskId, isSwitch ? 'the branch was switched' : 'mended by the person');
  }
}

function landingIn(tasks: readonly Task[]): ReadonlySet<string> {
  return new Set(tasks.filter(({ phase }) => phase === 'land').map(({ id }) => id));
}
