import { type Clock, isoTime } from '../clock.ts';
import type { Config } from '../config/types.ts';
import { messageOf } from '../errors.ts';
import type { AgentEvents } from '../events.ts';
import type { StateStore } from '../state/store.ts';
import type { Workspace } from '../workspace/types.ts';
import { needsOf } from './clean/needed-runs.ts';
import { noteProject, staleCaches } from './clean/other-projects.ts';
import { bytesOf, runsToPrune } from './clean/prune-runs.ts';
import { removeAll } from './clean/remove.ts';
import { type Excess, excessOf, writeSpace } from './clean/space-record.ts';
import { type Kind, type Stock, takeStock } from './clean/stock.ts';

export interface House {
  readonly config: Config;
  readonly workspace: Workspace;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly events: AgentEvents;
  /** Since when nothing works in a lane, on the monotonic clock; undefined where something does. */
  readonly restsSinceMs: () => number | undefined;
}

const times = {
  /** The first look; what a start has to do comes before it. */
  firstMs: 10 * 60_000,
  everyMs: 30 * 60_000,
  /** What waits warm in a lane has ended by then; that of Claude has a setting. */
  coldMs: 6 * 60_000,
};

const ofCache: readonly Kind[] = ['lanes', 'repository', 'other cache'];

/** Now and then, while nothing is being worked at. What could not be tidied up today is tidied up the next time. */
export async function keepHouse(house: House, signal: AbortSignal): Promise<void> {
  const { clock } = house;
  const keeper = new Housekeeper(house);
  await keeper.moveIn(signal);
  for (let waitMs = times.firstMs; ; waitMs = times.everyMs) {
    try {
      await clock.sleep(waitMs, signal);
    } catch {
      return;
    }
    await keeper.round(signal);
  }
}

class Housekeeper {
  readonly #house: House;
  /** What was found of a tree in which nothing has happened since need not be counted again. */
  #doneAtMs: number | undefined;
  #exceeded: readonly Excess['what'][] = [];
  #isStaleTold = false;

  constructor(house: House) {
    this.#house = house;
  }

  /** By this others see that the cache is used. */
  async moveIn(signal: AbortSignal): Promise<void> {
    const { config, clock } = this.#house;
    await this.#attempt(signal, 'saying whose the cache is', () => noteProject(config, clock.now()));
  }

  async round(signal: AbortSignal): Promise<void> {
    const { state, clock, restsSinceMs } = this.#house;
    const rests = restsSinceMs();
    if (rests === undefined || state.current.queues.in_progress.length > 0) return;
    await this.moveIn(signal);
    const isNews = this.#doneAtMs === undefined || rests > this.#doneAtMs || this.#exceeded.length > 0;
    // Runs grow too old, whatever happens.
    if (isNews || clock.monotonic() - (this.#doneAtMs ?? 0) > 24 * 60 * 60_000) {
      this.#doneAtMs = clock.monotonic();
      await this.#attempt(signal, 'tidying up the private repository', () => this.#house.workspace.tidy());
      await this.#attempt(signal, 'keeping the limits of cache and runs', () => this.#makeRoom(signal));
    }
    if (!this.#isStaleTold) await this.#attempt(signal, 'looking at other caches', () => this.#tellStale(signal));
  }

  async #makeRoom(signal: AbortSignal): Promise<void> {
    const { config, state, clock, events, workspace } = this.#house;
    const before = await takeStock(config, needsOf(state.current), signal);
    const limits = { maxBytes: config.maxRunsBytes, keepMs: config.keepRunsMs };
    const { removed, failed } = await removeAll(runsToPrune(before.things, limits, clock.now()), signal);
    for (const { path, why } of failed) this.#tellFault('removing an old run', `${path}: ${why}`);
    if (bytesIn(before, ofCache) > config.maxCacheBytes && this.#isCold()) await workspace.shrink();
    const after = await takeStock(config, needsOf(state.current), signal);
    const freed = Math.max(0, bytesOf(before.things) - bytesOf(after.things));
    const cacheBytes = bytesIn(after, ofCache);
    if (removed.length > 0 || cacheBytes < bytesIn(before, ofCache)) {
      events.emit({ type: 'space.freed', bytes: freed, runs: removed.length, cacheBytes });
    }
    await this.#noteExcess({ cache_bytes: cacheBytes, runs_bytes: bytesIn(after, ['runs', 'needed runs']) });
  }

  /** No process waits in a lane any more. */
  #isCold(): boolean {
    const { restsSinceMs, clock, config } = this.#house;
    const rests = restsSinceMs();
    return rests !== undefined && clock.monotonic() - rests > Math.max(times.coldMs, config.claudeIdleMs + 60_000);
  }

  async #noteExcess(found: { cache_bytes: number; runs_bytes: number }): Promise<void> {
    const { config, clock, events } = this.#house;
    const excess = excessOf(found, config);
    for (const each of excess) {
      if (!this.#exceeded.includes(each.what)) events.emit({ type: 'space.exceeded', ...each });
    }
    this.#exceeded = excess.map(({ what }) => what);
    await writeSpace(config, { at: isoTime(clock.now()), ...found });
  }

  async #tellStale(signal: AbortSignal): Promise<void> {
    const { config, clock, events } = this.#house;
    this.#isStaleTold = true;
    const stale = await staleCaches(config, clock.now(), signal);
    if (stale.length > 0) events.emit({ type: 'space.stale', caches: stale.length, bytes: bytesOf(stale) });
  }

  async #attempt(signal: AbortSignal, where: string, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!signal.aborted) this.#tellFault(where, messageOf(error));
    }
  }

  #tellFault(where: string, message: string): void {
    this.#house.events.emit({ type: 'fault', where, message });
  }
}

function bytesIn({ things }: Stock, kinds: readonly Kind[]): number {
  return bytesOf(things.filter(({ kind }) => kinds.includes(kind)));
}
