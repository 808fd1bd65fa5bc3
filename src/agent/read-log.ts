import { watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { systemClock } from '../clock.ts';
import { entryOf, isChosen, type LogChoice, type LogEntry } from './log-entry.ts';
import { LogPart } from './log-part.ts';

/** Not every file system tells of changes. */
const lookMs = 2_000;

export interface LogRange extends LogChoice {
  /** At most so many, the latest; undefined: all. */
  readonly lines?: number | undefined;
  /** Epoch ms. */
  readonly sinceMs?: number | undefined;
}

/**
 * The latest lines of the log that were chosen, oldest first, from the file that was moved aside as well. With `follow`
 * those that come, too, until its signal; the log may be moved aside meanwhile, or not be there yet.
 */
export async function* readLog(file: string, range: LogRange, follow?: AbortSignal): AsyncGenerator<LogEntry> {
  // The newer one first: what is moved aside in between is then read twice rather than not at all.
  const newer = await LogPart.open(file);
  const older = await LogPart.open(`${file}.1`);
  const parts = [older, newer].filter((part) => part !== undefined);
  try {
    await goToStart(parts, range);
    for (const part of parts) yield* chosen(part, range);
    if (follow === undefined) return;
    await older?.close();
    parts.splice(0);
    yield* followLog(file, newer, range, follow);
  } finally {
    for (const part of parts) await part.close();
  }
}

async function* chosen(part: LogPart, { sinceMs = Number.NEGATIVE_INFINITY, ...choice }: LogRange) {
  for await (const line of part.more()) {
    const entry = entryOf(line);
    if (isChosen(entry, choice) && !(entry.at < sinceMs)) yield entry;
  }
}

/** From the end backwards, so that a large file is not read for the last lines of it. */
async function goToStart(parts: readonly LogPart[], range: LogRange): Promise<void> {
  const { lines: wanted = Number.POSITIVE_INFINITY, sinceMs = Number.NEGATIVE_INFINITY, ...choice } = range;
  let found = 0;
  let isDone = wanted === 0;
  for (const part of parts.toReversed()) {
    let start: number | undefined;
    if (!isDone) {
      for await (const { line, offset } of part.backwards()) {
        const entry = entryOf(line);
        if (entry.at < sinceMs) isDone = true;
        else if (isChosen(entry, choice)) {
          start = offset;
          found++;
          isDone = found >= wanted;
        }
        if (isDone) break;
      }
    }
    await part.goTo(start);
  }
}

async function* followLog(file: string, first: LogPart | undefined, range: LogRange, signal: AbortSignal) {
  let part = first;
  const changes = new Changes(file);
  try {
    while (!signal.aborted) {
      if (part !== undefined) yield* chosen(part, range);
      const now = await stat(file).catch(() => undefined);
      if (now !== undefined && part?.isSameAs(now.ino) !== true) {
        // What was written until it was moved aside.
        if (part !== undefined) yield* chosen(part, range);
        await part?.close();
        part = await LogPart.open(file);
      } else await changes.wait(signal);
    }
  } finally {
    changes.close();
    await part?.close();
  }
}

/** Wakes whoever waits when something happens to the file, and after a while in any case. */
class Changes {
  readonly #close: () => void;
  #isNew = false;
  #wake: () => void = () => undefined;

  constructor(file: string) {
    const told = (_event: string, name: string | null): void => {
      if (name !== null && name !== basename(file)) return;
      this.#isNew = true;
      this.#wake();
    };
    this.#close = watchFolder(dirname(file), told);
  }

  async wait(signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    this.#wake = () => over.abort();
    if (this.#isNew || signal.aborted) over.abort();
    await systemClock.sleep(lookMs, AbortSignal.any([signal, over.signal])).catch(() => undefined);
    this.#isNew = false;
  }

  close(): void {
    this.#close();
  }
}

/** Where the system cannot watch, or the folder is not there yet, the time tells. */
function watchFolder(folder: string, told: (event: string, name: string | null) => void): () => void {
  try {
    const watcher = watch(folder, told);
    watcher.on('error', () => watcher.close());
    return () => watcher.close();
  } catch {
    return () => undefined;
  }
}
