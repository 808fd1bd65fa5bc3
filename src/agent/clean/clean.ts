import type { Config } from '../../config/types.ts';
import { AlreadyRunningError, MendwatchError } from '../../errors.ts';
import { holdGuard } from '../single-instance.ts';
import { readNeeds } from './needed-runs.ts';
import { type StaleCache, staleCaches } from './other-projects.ts';
import { freeRuns } from './prune-runs.ts';
import { type Kind, type Strange, type Thing, takeStock } from './stock.ts';

/** How much is to go; each wider than the one before, but for `stale`, which is about other projects. */
export type Scope = 'cache' | 'runs' | 'all' | 'everything' | 'stale';

export interface Wishes {
  readonly scope: Scope;
  /** Of runs: only those that nothing was written to for so long. */
  readonly olderMs?: number;
  /** With `all`: also what undo and parked fixes need. With `everything`: also while a landing is under way. */
  readonly force: boolean;
}

export interface Plan {
  /** All that there is of this project. */
  readonly things: readonly Thing[];
  readonly going: readonly (Thing | StaleCache)[];
  readonly strange: readonly Strange[];
}

const cacheKinds: readonly Kind[] = ['lanes', 'repository', 'other cache'];
const allKinds: readonly Kind[] = [...cacheKinds, 'runs', 'logs', 'executions'];
const forcedKinds: readonly Kind[] = [...allKinds, 'needed runs', 'state'];

/** What would be removed. Looks only. `now` in epoch ms. */
export async function planClean(
  config: Config,
  { scope, olderMs, force }: Wishes,
  { now, isRunning }: { readonly now: number; readonly isRunning: boolean },
  signal?: AbortSignal,
): Promise<Plan> {
  if (scope === 'stale') return { things: [], going: await staleCaches(config, now, signal), strange: [] };
  const { things, strange } = await takeStock(config, await readNeeds(config.stateFile), signal);
  const of = (kinds: readonly Kind[]): readonly Thing[] => things.filter(({ kind }) => kinds.includes(kind));
  const going = {
    cache: () => of(cacheKinds),
    // An agent makes the folder of a task before the task stands in the state.
    runs: () => freeRuns(things, now, Math.max(olderMs ?? -Infinity, isRunning ? freshMs : -Infinity)),
    all: () => of(force ? forcedKinds : allKinds),
    everything: () => things,
  }[scope]();
  return { things, going, strange };
}

const freshMs = 60 * 60_000;

/** Whether it could be made again as it was, at no more than the price of some time. */
export function canBeMadeAgain({ kind }: Thing): boolean {
  return cacheKinds.includes(kind);
}

/**
 * Keeps agents away until it is released. Where one runs, only what is safe beside it may go on.
 *
 * @throws AlreadyRunningError
 */
export async function holdOff(config: Config, scope: Scope): Promise<{ isRunning: boolean; release(): Promise<void> }> {
  if (scope === 'stale') return { isRunning: false, release: async () => undefined };
  try {
    const release = await holdGuard(config);
    return { isRunning: false, release };
  } catch (error) {
    if (!(error instanceof AlreadyRunningError)) throw error;
    if (scope === 'runs') return { isRunning: true, release: async () => undefined };
    throw new AlreadyRunningError(
      `Nothing was removed, since it is in use. ${error.message}`,
      'Stop it first with `mendwatch stop`. Beside it, `clean --runs` and `clean --dry-run` work.',
    );
  }
}

/** @throws MendwatchError where files of the person lie in what is to go, half moved */
export function refuseUnderWay({ going }: Plan, { force }: Wishes): void {
  const cut = going.filter(({ need }) => need === 'under way').map(({ path }) => path);
  if (cut.length === 0 || force) return;
  throw new MendwatchError(
    `Nothing was removed: a landing or an undo was cut short, and the files that it was moving are in ${cut.join(', ')}.`,
    { remedy: 'Start the agent once: it brings that to its end. With --force they are removed all the same.' },
  );
}
