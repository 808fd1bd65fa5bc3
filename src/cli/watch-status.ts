import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { systemClock } from '../clock.ts';
import { InPlace } from './in-place.ts';
import { listenToKeys } from './keys.ts';
import { printable } from './line.ts';
import { onSignals } from './signals.ts';

const times = {
  /** Not more often than this. */
  leastMs: 500,
  /** While something runs its time goes on. */
  busyMs: 1_000,
  /** An agent that is gone writes nothing, and not every file system tells of changes. */
  idleMs: 5_000,
};

export interface Watched {
  readonly stateFile: string;
  readonly shown: () => Promise<{ readonly lines: readonly string[]; readonly isBusy: boolean }>;
  /** Else what has changed is printed below. */
  readonly isInPlace: boolean;
}

/** Shows it anew whenever the state file changes, until q or a signal. */
export async function watchStatus({ stateFile, shown, isInPlace }: Watched): Promise<void> {
  const { stdout } = process;
  const over = new AbortController();
  const end = (): void => over.abort();
  const bell = new Bell();
  const place = isInPlace && stdout.isTTY ? new InPlace(stdout) : undefined;
  const again = (): void => {
    place?.begin();
    bell.ring();
  };
  const watcher = watchFile(stateFile, () => bell.ring());
  const release = [onSignals(end), listenToKeys(end, again), () => watcher?.close()];
  const ring = (): void => bell.ring();
  stdout.on('error', end).on('resize', ring);
  let last = '';
  try {
    while (!over.signal.aborted) {
      const { lines, isBusy } = await shown();
      const clean = lines.map(printable);
      const text = clean.join('\n');
      if (place !== undefined) place.draw(clean);
      else if (text !== last && text !== '') stdout.write(`${text}\n${isInPlace ? '\n' : ''}`);
      last = text;
      await systemClock.sleep(times.leastMs, over.signal);
      await bell.wait(place === undefined ? undefined : isBusy ? times.busyMs : times.idleMs, over.signal);
    }
  } catch (error) {
    if (!over.signal.aborted) throw error;
  } finally {
    for (const each of release) each();
    stdout.off('error', end).off('resize', ring);
  }
}

/** Undefined where the system cannot watch: then the time tells. */
function watchFile(file: string, onChange: () => void): FSWatcher | undefined {
  try {
    const name = basename(file);
    const watcher = watch(dirname(file), (_event, changed) => {
      if (changed === null || changed === name) onChange();
    });
    return watcher.on('error', () => watcher.close());
  } catch {
    return undefined;
  }
}

/** Rung any number of times, it wakes its one waiter once. */
class Bell {
  #isRung = false;
  #wake: () => void = () => undefined;

  ring(): void {
    this.#isRung = true;
    this.#wake();
  }

  /** Until it was rung since the last call, the time is over, or the signal comes. */
  async wait(limitMs: number | undefined, signal: AbortSignal): Promise<void> {
    const rung = Promise.withResolvers<void>();
    this.#wake = rung.resolve;
    if (this.#isRung) rung.resolve();
    const limit = new AbortController();
    const timeUp = limitMs === undefined ? [] : [systemClock.sleep(limitMs, limit.signal).catch(() => undefined)];
    const stop = (): void => rung.resolve();
    signal.addEventListener('abort', stop, { once: true });
    await Promise.race([rung.promise, ...timeUp]);
    signal.removeEventListener('abort', stop);
    limit.abort();
    this.#isRung = false;
  }
}
