import fs from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import lockfile from 'proper-lockfile';
import type { Clock } from '../clock.ts';
import { codeOf } from '../errors.ts';

/** A lock whose folder was not renewed for this long belongs to nobody any more. */
const staleMs = 10_000;
/** Longer than a dead holder's lock stays valid. */
const waitMs = 15_000;
const pollMs = { first: 2, last: 50 } as const;

export interface HeldLock {
  /** Whether the lock folder is still the one that this holder made. Synchronous: nothing may come between it and what it guards. */
  isOurs(): boolean;
  /** Never throws: a lock that cannot be removed goes stale. One that another has taken over is left alone. */
  release(): Promise<void>;
}

/**
 * The lock that outside tools share: a folder made by proper-lockfile, held only while the file is written.
 * It keeps writers from each other in all ordinary cases; taking over a stale one is not exclusive, so whoever holds it
 * still checks `isOurs` and the file itself before replacing anything.
 */
export class FileLock {
  readonly #file: string;
  readonly #lockFile: string;
  readonly #clock: Clock;
  /** The lock that was taken last has become another's. */
  #lost = false;
  /**
   * What proper-lockfile does to the disk. Synchronous, since these calls take a few microseconds and the hop to another thread ten times as
   * long; and its release, which removes whichever lock is there, is kept from another's.
   */
  readonly #fs = {
    mkdir: (path: string, done: Done) => answer(done, () => fs.mkdirSync(path)),
    stat: (path: string, done: Done<fs.Stats>) => answer(done, () => fs.statSync(path)),
    utimes: (path: string, atime: Date, mtime: Date, done: Done) =>
      answer(done, () => fs.utimesSync(path, atime, mtime)),
    rmdir: (path: string, done: Done) => answer(done, () => this.#removeOwn(path)),
    rmdirSync: (path: string) => this.#removeOwn(path),
  };

  constructor(options: { file: string; lockFile: string; clock: Clock }) {
    this.#file = options.file;
    this.#lockFile = options.lockFile;
    this.#clock = options.clock;
  }

  /**
   * With `abandonedAfterMs`, a lock that stays the same for that long is removed: for the holder of the guard, who knows
   * that no agent can be behind it. Rejects with the system's error, or with code ELOCKED after 15 s.
   */
  async take(abandonedAfterMs = Number.POSITIVE_INFINITY): Promise<HeldLock> {
    const startedAt = this.#clock.monotonic();
    let seen: { renewal: string | undefined; since: number } = { renewal: undefined, since: startedAt };
    for (let pauseMs: number = pollMs.first; ; pauseMs = Math.min(pollMs.last, pauseMs * 1.5)) {
      try {
        return await this.#tryTake();
      } catch (error) {
        const now = this.#clock.monotonic();
        // ENOENT: the state folder is gone, or another contender removed the same stale lock first.
        if (codeOf(error) === 'ENOENT') await mkdir(dirname(this.#lockFile), { recursive: true });
        else if (codeOf(error) !== 'ELOCKED') throw error;
        if (now - startedAt > waitMs) throw error;
        const renewal = markOf(this.#lockFile)?.renewal;
        if (renewal !== seen.renewal) seen = { renewal, since: now };
        else if (renewal !== undefined && now - seen.since >= abandonedAfterMs) removeAbandoned(this.#lockFile);
        await this.#clock.sleep(pauseMs * (0.5 + Math.random()));
      }
    }
  }

  async #tryTake(): Promise<HeldLock> {
    this.#lost = false;
    const release = await lockfile.lock(this.#file, {
      realpath: false,
      lockfilePath: this.#lockFile,
      stale: staleMs,
      retries: 0,
      fs: this.#fs,
      // The default throws from a timer. That the lock is gone shows in `isOurs`.
      onCompromised: () => {
        this.#lost = true;
      },
    });
    const birth = markOf(this.#lockFile)?.birth;
    const isOurs = () => !this.#lost && birth !== undefined && markOf(this.#lockFile)?.birth === birth;
    return {
      isOurs,
      release: async () => {
        this.#lost ||= !isOurs();
        await release().catch(() => undefined);
      },
    };
  }

  #removeOwn(path: string): void {
    if (!this.#lost) fs.rmdirSync(path);
  }
}

type Done<T = void> = (error: unknown, value?: T) => void;

function answer<T>(done: Done<T>, call: () => T): void {
  let value: T;
  try {
    value = call();
  } catch (error) {
    done(error);
    return;
  }
  done(null, value);
}

interface LockMark {
  /** Tells one lock folder from the next at the same path; inode numbers alone are re-used at once. */
  readonly birth: string;
  /** Changes with every renewal by a living holder. */
  readonly renewal: string;
}

function markOf(path: string): LockMark | undefined {
  try {
    const { ino, birthtimeNs, mtimeNs } = fs.statSync(path, { bigint: true });
    return { birth: `${ino}:${birthtimeNs}`, renewal: `${ino}:${birthtimeNs}:${mtimeNs}` };
  } catch {
    return undefined;
  }
}

/** A plain file in the lock's place is what other tools leave there. */
function removeAbandoned(path: string): void {
  try {
    fs.rmdirSync(path);
  } catch (error) {
    if (codeOf(error) === 'ENOTDIR') fs.rmSync(path, { force: true });
    else if (codeOf(error) !== 'ENOENT') throw error;
  }
}
