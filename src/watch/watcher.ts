import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { codeOf, messageOf } from '../errors.ts';
import { temporaryFile } from '../workspace/paths.ts';
import type { Snapshot, Workspace } from '../workspace/types.ts';
import { type DebounceLimits, Debouncer } from './debouncer.ts';
import { isWatched } from './scope.ts';
import { SeenTree } from './seen.ts';
import { type Source, watchFolders } from './source.ts';

/** Files that changed together, relative to the root. What they contain is for a snapshot to say. */
export interface ChangeBatch {
  readonly files: readonly string[];
}

export interface WatcherOptions {
  readonly workspace: Workspace;
  readonly watchPaths: readonly string[];
  readonly debounce: DebounceLimits;
  readonly clock: Clock;
  /** How often the tree itself is asked, since events can be lost. */
  readonly reconcileMs: number;
  /** Called one batch at a time; the next waits until this one is kept. A batch that is rejected comes again with the next. */
  readonly onBatch: (batch: ChangeBatch) => Promise<void>;
  readonly onFault: (message: string) => void;
}

/** Larger files are compared by the next snapshot instead of being read into memory here. */
const maxHashBytes = 4 * 1024 * 1024;

/** Turns what happens in the working tree into batches of files that really changed. */
export class Watcher {
  readonly seen: SeenTree;
  readonly #options: WatcherOptions;
  readonly #debouncer: Debouncer;
  readonly #stop = new AbortController();
  #source: Source | undefined;
  #ignored: ReadonlySet<string> = new Set();
  /** Changed, and not yet kept by anyone: nobody else will find these paths again, since they count as seen. */
  readonly #undelivered = new Set<string>();
  #work: Promise<void> = Promise.resolve();
  #healthy = false;

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.seen = new SeenTree(options.workspace);
    this.#debouncer = new Debouncer(options.debounce, options.clock, (paths) => this.#enqueue(() => this.#sift(paths)));
  }

  get healthy(): boolean {
    return this.#healthy;
  }

  /**
   * Starts watching. Whatever differs from `sinceTree` (the last tree that was triaged) comes as the first batch;
   * without one, the tree as it is now counts as seen. Gives the tree that it started from.
   */
  async start(sinceTree: string | undefined): Promise<Snapshot> {
    const { workspace } = this.#options;
    this.#ignored = new Set((await workspace.ignored()).map((path) => path.replace(/\/$/, '')));
    const first = await workspace.snapshot();
    await this.seen.look(first, { since: this.seen.moment });
    this.#source = await watchFolders({
      root: workspace.root,
      watchPaths: this.#options.watchPaths,
      isIgnored: (path) => this.#isIgnored(path),
      onPath: (path) => this.#debouncer.push(path),
      onFault: (error) => this.#fault(error),
    });
    this.#healthy = true;
    if (sinceTree !== undefined && sinceTree !== first.tree) {
      for (const path of await this.#changesSince(sinceTree, first.tree)) this.#undelivered.add(path);
      this.#enqueue(() => this.#deliver());
    }
    // Changes between the first snapshot and `ready` came without an event.
    this.#enqueue(() => this.#reconcile());
    void this.#reconcileForEver();
    await this.#work;
    return first;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#healthy = false;
    await this.#source?.close();
    // Only now: an event on the way would start it again.
    this.#debouncer.close();
    await this.#work;
  }

  /** Asks the tree itself, now. */
  reconcile(): Promise<void> {
    this.#enqueue(() => this.#reconcile());
    return this.#work;
  }

  #enqueue(job: () => Promise<void>): void {
    this.#work = this.#work.then(async () => {
      if (this.#stop.signal.aborted) return;
      try {
        await job();
      } catch (error) {
        this.#fault(error);
      }
    });
  }

  #fault(error: unknown): void {
    const code = codeOf(error);
    const remedy =
      code === 'ENOSPC'
        ? ' The system has no more inotify watches: raise them with `sysctl fs.inotify.max_user_watches=1048576`. Until then changes are found once a minute.'
        : '';
    if (code === 'ENOSPC' || code === 'EMFILE') this.#healthy = false;
    this.#options.onFault(`${messageOf(error)}.${remedy}`);
  }

  #isIgnored(path: string): boolean {
    if (path === '.git' || path.startsWith('.git/') || /(^|\/)node_modules(\/|$)/.test(path)) return true;
    if (temporaryFile.test(path)) return true;
    return this.#ignored.has(path);
  }

  /** Keeps the paths whose content is not what was last seen. */
  async #sift(paths: readonly string[]): Promise<void> {
    const unsure: string[] = [];
    for (const path of paths) {
      const known = this.seen.blob(path);
      const now = await this.#blobNow(path);
      if (now === 'unsure' || (known === undefined && now !== undefined)) unsure.push(path);
      else if (now !== known) {
        this.seen.note(path, now);
        this.#undelivered.add(path);
      }
    }
    try {
      // Only a snapshot knows the ignore rules: a path never seen before is asked there.
      if (unsure.length > 0) await this.#look(unsure);
    } finally {
      await this.#deliver();
    }
  }

  async #look(asked?: readonly string[]): Promise<void> {
    const since = this.seen.moment;
    const snapshot = await this.#options.workspace.snapshot(asked);
    const news = await this.seen.look(snapshot, asked === undefined ? { since } : { since, asked });
    for (const path of news) if (isWatched(path, this.#options.watchPaths)) this.#undelivered.add(path);
  }

  async #deliver(): Promise<void> {
    if (this.#undelivered.size === 0) return;
    await this.#options.onBatch({ files: [...this.#undelivered] });
    this.#undelivered.clear();
  }

  async #blobNow(path: string): Promise<string | undefined | 'unsure'> {
    const file = join(this.#options.workspace.root, path);
    try {
      const stats = await lstat(file);
      if (!stats.isFile() || stats.size > maxHashBytes) return 'unsure';
      return this.#options.workspace.blobId(await readFile(file));
    } catch (error) {
      return codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR' ? undefined : 'unsure';
    }
  }

  async #reconcile(): Promise<void> {
    try {
      await this.#look();
    } finally {
      await this.#deliver();
    }
  }

  async #changesSince(from: string, to: string): Promise<readonly string[]> {
    try {
      const changes = await this.#options.workspace.changes(from, to);
      return changes.map(({ path }) => path).filter((path) => isWatched(path, this.#options.watchPaths));
    } catch {
      // The shadow repository was emptied since: then there is nothing to compare with.
      return [];
    }
  }

  async #reconcileForEver(): Promise<void> {
    const { clock, reconcileMs } = this.#options;
    for (;;) {
      try {
        await clock.sleep(reconcileMs, this.#stop.signal);
      } catch {
        return;
      }
      await this.reconcile();
    }
  }
}
