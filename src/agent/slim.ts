import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Clock, every } from '../clock.ts';

const limits = {
  lookMs: 10_000,
  /** Grown by this much since it was last given back. */
  growthBytes: 2 * 1024 * 1024,
};

/**
 * For a process that mostly waits: V8 then keeps less room for what is young and collects sooner, at a price in time that
 * only work without a pause would notice; and it leaves its optimizing compilers alone, whose own code and working memory
 * take 10 MB. Together 20 MB; to be called before much has been loaded. The first start is no slower for it.
 */
export function preferSmall(): void {
  setFlagsFromString('--optimize-for-size');
  setOptimizing(false);
}

/** From the first work on: reading a test run's output is six times as fast with the optimizing compilers. */
export function preferSpeed(): void {
  setOptimizing(true);
}

function setOptimizing(isWanted: boolean): void {
  for (const compiler of ['opt', 'maglev']) setFlagsFromString(`--${isWanted ? '' : 'no-'}${compiler}`);
}

/**
 * Gives memory back to the system in quiet moments. What a start or a triage needed for a second, Node would keep for
 * days: on 20,000 files an idle agent would hold 300 MB instead of less than 100.
 */
export async function staySlim(clock: Clock, isBusy: () => boolean, signal: AbortSignal): Promise<void> {
  let leastBytes = 0;
  await every(clock, limits.lookMs, signal, () => {
    if (isBusy() || process.memoryUsage.rss() < leastBytes + limits.growthBytes) return;
    giveBack();
    leastBytes = process.memoryUsage.rss();
  });
}

/** About 60 ms. The collection that a process makes before it would run out is the only one that empties Node's pools. */
function giveBack(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('globalThis.gc') as NodeJS.GCFunction | undefined;
  setFlagsFromString('--no-expose-gc');
  collect?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
